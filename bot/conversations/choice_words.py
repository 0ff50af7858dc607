"""Reading a number or a title that a customer typed to choose. The words are data (`policies/choices.yml`)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

import yaml

from bot.settings import ROOT

_AROUND = " \t\n.,;:!?()[]\"'\u201c\u201d\u201e\u2018\u00ab\u00bb*_"
# Pictures, their modifiers and joiners; not currency signs, with which a number is an amount.
_DECORATION = {"So", "Sk", "Cf", "Mn", "Me", "Mc"}


def number(text: str, locale: str) -> int | None:
    """The number that `text` is as a whole: "2", "#2", "no. 2", "option two", "the second one"; from 1 to 99.

    An amount ("2.50", "$2"), a day ("the 2nd") or a code is none.
    """
    said = _folded(text).strip(_AROUND)
    match = next((match for pattern, _ in _languages(locale) if (match := pattern.fullmatch(said))), None)
    if match is None:
        return None
    if match["figures"]:
        return int(match["figures"])
    return next(words[match["word"]] for _, words in _languages(locale) if match["word"] in words)


def whole(text: str, locale: str) -> set[str]:
    """`text` as titles are compared: plain, with and without the courtesy at its end."""
    said = plain(text)
    courtesy = "|".join(f" {word}" for language in _spoken(locale) for word in _heard()[language]["courtesy"])
    return {said, re.sub(rf"(?:{courtesy})+$", "", said)} - {""}


def means_back(text: str, locale: str) -> bool:
    """Whether `text` as a whole asks for the assistant again, in words that are not the title of that choice."""
    said = whole(text, locale)
    return any(said & set(_heard()[language]["back"]) for language in _spoken(locale))


def plain(text: str) -> str:
    """Letters and figures alone, in lower case and without accents, with one space between words."""
    # A text message writes × as x.
    return " ".join(re.findall(r"\w+", _folded(text).translate({ord("_"): " ", ord("'"): "", ord("\u00d7"): "x"})))


def _folded(text: str) -> str:
    """Lower case, plain figures; without accents, pictures and the edges of a pressed key (2️⃣)."""
    signs = unicodedata.normalize("NFKD", text.replace("\u2019", "'").casefold())
    letters = (sign for sign in signs if unicodedata.category(sign) not in _DECORATION)
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in letters)


def _languages(locale: str) -> list[tuple[re.Pattern[str], dict[str, int]]]:
    return [_language(language) for language in _spoken(locale)]


def _spoken(locale: str) -> list[str]:
    own = locale.replace("_", "-").split("-")[0].lower()
    return [language for language in dict.fromkeys((own, "en")) if language in _heard()]


@cache
def _language(language: str) -> tuple[re.Pattern[str], dict[str, int]]:
    heard = _heard()[language]
    words = {word: place for place, named in enumerate(heard["numbers"], start=1) for word in named}
    kinds, marks, articles, leads, ones, courtesy, names = (
        "|".join(re.escape(word) for word in of) or "(?!)"
        for of in (*(heard[name] for name in ("kinds", "marks", "articles", "leads", "ones", "courtesy")), words)
    )
    pattern = (
        rf"(?:(?:{leads})\s+)?(?:(?:{kinds})\s*)?(?:(?:#|(?:{marks})[.:]?)\s*)?(?P<figures>[1-9]\d?)"
        rf"|(?:(?:{articles})\s+)?(?:(?:{kinds})\s+)?(?P<word>{names})(?:\s+(?:{ones}))?"
    )
    return re.compile(rf"(?:{pattern})[.,!)]?(?:\s+(?:{courtesy}))*"), words


@cache
def _heard() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "policies" / "choices.yml").read_text(encoding="utf-8"))
    return {language: entry["heard"] for language, entry in loaded.items()}
