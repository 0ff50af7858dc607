"""What a text to a customer must not say (K2, K5, K6, C11, P1), by the lists of policies/kindness.yml."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

import yaml

from bot import policies
from bot.policies.kindness import Ban, whole_words
from bot.settings import ROOT

__all__ = ["Ban", "asked", "banned"]


def banned(text: str, allowed: Collection[Ban] = ()) -> list[str]:
    """What `text` says that it must not, each as "urgency: 'act now'"; [] when it is kind.

    `allowed` names what this text may speak of because the customer asked (`asked` tells from their words). The lines
    of policies/help_lines.yml are names that others gave, and are not judged; nor are links, whose letters are chance.
    """
    plain = _without_names(text)
    bans = [ban for ban in policies.kindness().bans if ban not in allowed]
    found = [f"{ban}: {said!r}" for ban in bans for said in _said(ban, plain)]
    return found + [f"{Ban.SHOUTING}: {said!r}" for said in _shouts(plain) if Ban.SHOUTING not in allowed]


def asked(words: str) -> frozenset[Ban]:
    """What the customer's own `words` open in the answer to them."""
    bans = policies.kindness().bans
    return frozenset(ban for ban, rules in bans.items() if rules.asked and re.search(rules.asked, words, re.IGNORECASE))


def _said(ban: Ban, text: str) -> Iterator[str]:
    rules = policies.kindness().bans[ban]
    return (found.group() for found in whole_words([*rules.everywhere, *rules.ours]).finditer(text))


def _shouts(text: str) -> Iterator[str]:
    text = re.sub(r"(?<=\d)\s(?:[AP]M\b|[ap]\.\s?m\.)(?:\s[A-Z]{2,5}\b)?", "", text)  # a time of day, with its zone
    codes = re.sub(r"\b[A-Z]{3}\s?(?=\d)|(?<=\d)\s?[A-Z]{3}\b|\b[A-Z]+-?\d[\w-]*|\b[A-Z]{1,2}\$", " ", text)
    yield from (word for word in re.findall(r"\b[A-Z]{2,}\b", codes) if word not in policies.kindness().capitals)
    if text.count("!") > 1:
        yield "!" * text.count("!")


def _without_names(text: str) -> str:
    for line in _help_lines():
        text = text.replace(line, "")
    text = re.sub(r"https?://\S+", "", text)
    return text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


@cache
def _help_lines() -> tuple[str, ...]:
    lines = yaml.safe_load((ROOT / "policies" / "help_lines.yml").read_text(encoding="utf-8"))
    crisis = [line for country in lines["crisis"].values() for line in country["lines"]]
    return (*crisis, *(line for country in lines["debt_advice"].values() for line in country))
