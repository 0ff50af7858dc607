"""How a language says what the readers of amounts, days and choices know in English (`policies/reading/*.yml`)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from bot.policies.file import Policy

Phrase = Annotated[str, Field(min_length=1, max_length=500)]
ByEnglish = dict[str, list[Phrase]]

PLACEHOLDERS = frozenset({"n", "m", "d", "dth", "t", "x", "month", "weekday", "kin"})
_PLACEHOLDER = re.compile(r"<(\w*)>")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_WRITTEN = re.compile(r"[\w '|()<>]+")


class ReadingPolicy(Policy):
    """One language. `words` tell it from the others; English has nothing else.

    Keys are plain English, values the phrases that mean it. In a phrase `(a|b)` leaves the choice, an empty part of it
    may be missing; `<n>` and `<m>` are figures, `<d>` is a day of the month (`<dth>` in the English), `<t>` a time of
    day, `<x>` so many times ("6x"), `<month>`, `<weekday>` and `<kin>` any of those. `exact` heeds accents;
    `alone` counts only where it stands between commas, stops or the ends of a message.
    """

    words: frozenset[str] = Field(min_length=10)
    numbers: tuple[str, ...] = ()
    one: frozenset[str] = frozenset()
    misspelt: dict[str, str] = Field(default_factory=dict)
    joins: str = ""
    thousand: str = ""
    months: ByEnglish = Field(default_factory=dict)
    weekdays: ByEnglish = Field(default_factory=dict)
    exact: ByEnglish = Field(default_factory=dict)
    alone: ByEnglish = Field(default_factory=dict)
    phrases: ByEnglish = Field(default_factory=dict)

    @field_validator("exact", "alone", "phrases")
    @classmethod
    def _written_well(cls, given: ByEnglish) -> ByEnglish:
        wrong = [fault for english, phrases in given.items() for each in phrases if (fault := fault_in(each, english))]
        if wrong:
            raise ValueError("; ".join(wrong))
        return given

    @model_validator(mode="after")
    def _one_meaning(self) -> ReadingPolicy:
        meant: dict[str, str] = {}
        wrong = []
        for english, phrases in self.phrases.items():
            for phrase in (each for written in phrases for each in spelt_out(written)):
                before = meant.setdefault(phrase, english)
                if before != english:
                    wrong.append(f"{phrase!r} means {before!r} and {english!r}")
        if wrong:
            raise ValueError("; ".join(wrong) + ": a phrase means one thing")
        return self


def spelt_out(phrase: str) -> list[str]:
    """Every phrase that `phrase` stands for: "a partir de(l|)" is "a partir del" and "a partir de"."""
    found = _BRACKETS.search(phrase)
    if found is None:
        return [" ".join(phrase.split())]
    before, after = phrase[: found.start()], phrase[found.end() :]
    return [one for part in found[1].split("|") for one in spelt_out(f"{before}{part}{after}")]


def fault_in(phrase: str, english: str) -> str | None:
    """What is wrong with `phrase`, which means `english`; None for nothing."""
    if not _WRITTEN.fullmatch(phrase) or re.search(r"[()|]", _BRACKETS.sub("", phrase)):
        return f"{phrase!r} may hold words, (a|b) and <n> only"
    said, meant = (set(_PLACEHOLDER.findall(text)) for text in (phrase, english))
    if unknown := sorted((said | meant) - PLACEHOLDERS):
        return f"{phrase!r}: there is no <{unknown[0]}>"
    lost = sorted({"d" if name == "dth" else name for name in meant} - said)
    return f"{phrase!r} names no <{lost[0]}> for {english!r}" if lost else None
