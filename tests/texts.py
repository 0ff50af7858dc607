"""Every text that a customer may read, with plain values where an action fills one in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyphen
import yaml

from bot.settings import ROOT


class Text(NamedTuple):
    """What a customer may read, with where it stands and its buttons."""

    where: str
    language: str
    words: str
    buttons: tuple[dict[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The response or key, without its place among variations."""
        return self.where.split(":")[1].split(" ")[0]


HYPHENS = pyphen.Pyphen(lang="en_US")
LANGUAGES = {"en", "es", "pt"}
# Files of policies/ and keys in them that are not our sentences: what customers say, names that help lines have, and
# what the law words for who collects for others (12 CFR 1006.18(e)).
NOT_OURS = {
    "br.yml",
    "uk.yml",
    "us.yml",
    "us_collector.yml",
    "distress.yml",
    "help_lines.yml",
    "keywords.yml",
    "kindness.yml",
    "languages.yml",
    "tones.yml",
    "heard",
    "collector",
    "collector_purpose",
}

# Folders of policies/: what the assistant says (`of_responses` reads it), and what customers say.
ELSEWHERE = {"responses", "reading", "telling"}

DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RESPONSES: dict[str, list[dict[str, Any]]] = DOMAIN["responses"]
INTENTS = {next(iter(intent)) for intent in DOMAIN["intents"]}


def of_responses() -> Iterator[Text]:
    """Each variation of each response, in each language."""
    yield from _english()
    for path in sorted((ROOT / "policies" / "responses").glob("*.yml")):
        yield from _translated(path.stem, yaml.safe_load(path.read_text(encoding="utf-8")))


def _english() -> Iterator[Text]:
    for name, variations in RESPONSES.items():
        for number, variation in enumerate(variations, start=1):
            conditions = {one["name"]: one["value"] for one in variation.get("condition", [])}
            language = next((part for part in name.split("_") if part in LANGUAGES), conditions.get("language", "en"))
            buttons = tuple(variation.get("buttons", []))
            yield Text(f"domain.yml:{name} {number}", language, variation.get("text", ""), buttons)


def _translated(language: str, said: dict[str, Any]) -> Iterator[Text]:
    for name, variations in said["responses"].items():
        english = RESPONSES.get(name, [{}])
        for number, words in enumerate(variations, start=1):
            titles = (english[number - 1] if number <= len(english) else english[0]).get("buttons", [])
            buttons = tuple({**one, "title": said["titles"].get(one["title"], one["title"])} for one in titles)
            yield Text(f"responses/{language}.yml:{name} {number}", language, words, buttons)


def of_policies() -> Iterator[Text]:
    """Each sentence of a policy: a string of several words, or a short one under a language."""
    for path in sorted((ROOT / "policies").rglob("*.yml")):
        if path.name not in NOT_OURS and path.parent.name not in ELSEWHERE:
            spoken = tuple(part for part in (path.parent.name, path.stem) if part in LANGUAGES)
            yield from _leaves(path, yaml.safe_load(path.read_text(encoding="utf-8")), spoken)


def of_widget() -> Iterator[Text]:
    """Each sentence of the widget, which stands in its script by language."""
    language = ""
    for line in (ROOT / "widget" / "widget.js").read_text(encoding="utf-8").splitlines():
        if opening := re.fullmatch(r"    (\w\w): \{", line):
            language = opening[1]
        elif line == "    },":
            language = ""
        elif language and (said := re.fullmatch(r"      (\w+): \"(.*)\",", line)):
            yield Text(f"widget.js:{said[1]}", language, said[2])


def _leaves(path: Path, value: Any, keys: tuple[str, ...]) -> Iterator[Text]:
    if isinstance(value, dict):
        for key, inner in ((key, inner) for key, inner in value.items() if key not in NOT_OURS):
            yield from _leaves(path, inner, (*keys, str(key)))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(path, inner, keys)
    elif isinstance(value, str) and (LANGUAGES & set(keys) or len(value.split()) > 3):
        language = next((key for key in keys if key in LANGUAGES), "en")
        yield Text(f"{path.name}:{'.'.join(key for key in keys if key not in LANGUAGES)}", language, value.strip())


FILLED = {
    **dict.fromkeys(("name", "agent"), "Maya"),
    **dict.fromkeys(("day", "first", "was", "next_day", "month", "issued_on", "date", "start", "time"), "May 5"),
    **dict.fromkeys(
        ("days", "minutes", "count", "done", "months", "longest", "lasts", "place", "limit", "length"), "3"
    ),
    "number": "INV-1001",
    "url": "this link.",
    "lines": "",
    "reasons": "",
    "sentence": "",
    "standing": "",
    "invoices": "two invoices",
    "rhythm": "six parts, one each month",
    "terms": "six parts of $80",
    "wording": "I allow the shop to save this card. I can stop this at any time.",
    "brand": "Visa",
    "last4": "4242",
}


def filled(words: str) -> str:
    """The text with plain values in its braces, and amounts in those that are left."""
    return re.sub(r"\{(\w+)\}", lambda field: FILLED.get(field[1], "$80"), words.replace("{{", "{").replace("}}", "}"))


def sentences(words: str) -> str:
    """What is read as sentences: without lists, and with an end to each paragraph."""
    paragraphs = [line.strip() for line in filled(words).split("\n") if line.strip() and not line.startswith("•")]
    return " ".join(line if line[-1] in ".?!" else f"{line.rstrip(':')}." for line in paragraphs)


def grade(words: str) -> float:
    """The years of school that `words` ask for: the Flesch-Kincaid grade level, rather too high than too low."""
    count = len(words.split())
    ends = len(re.findall(r"[.?!]+(?:\s|$)", words))
    syllables = sum(_syllables(word) for word in re.findall(r"[a-z']+", words.lower()))
    return 0.39 * count / ends + 11.8 * syllables / count - 15.59


def _syllables(word: str) -> int:
    # Hyphens miss those of one letter ("o-pen"), and groups of vowels those that meet ("be-ing").
    vowels = len(re.findall(r"[aeiouy]+", word))
    silent = re.search(r"[^aeiouyl]e$|[^aeiouytd]ed$|[^aeiouysxzc]es$", word) is not None
    return max(len(HYPHENS.positions(word)) + 1, vowels - silent, 1)
