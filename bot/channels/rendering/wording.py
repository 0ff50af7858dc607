"""Amounts and days of a card in the words of one locale."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from babel.dates import format_date

from bot.money import Money
from bot.words import say

# Days between two instalments, and the rhythm that they are.
_RHYTHMS = {7: "weekly", 14: "fortnightly", **dict.fromkeys(range(28, 32), "monthly")}
SPELLED = 4  # instalments of different amounts that are named one by one
FORMATS = ("long", "medium", "full", "short")


@dataclass(frozen=True, slots=True)
class Wording:
    """What a card's values are in the language and currency of those who read it. Amounts are in minor units, days ISO
    8601."""

    locale: str
    currency: str

    def say(self, key: str, **values: object) -> str:
        """The sentence `key`, filled."""
        return say(f"card_{key}", self.locale, **values)

    def money(self, minor: int) -> str:
        """$80.50, £75.25, R$ 480,00."""
        return Money(minor, self.currency).format(self.locale)

    def day(self, day: str, format: str = "medium") -> str:
        """Dec 1, 2026."""
        return str(format_date(dt.date.fromisoformat(day[:10]), format, locale=self.locale.replace("-", "_")))

    def terms(self, instalments: Sequence[dict[str, Any]]) -> str:
        """How a row of instalments goes: 3 monthly parts of $66.83 from Dec 1, 2026; the last $66.84."""
        amounts = [part["amount"] for part in instalments]
        if len(amounts) > 2 and len(set(amounts[1:-1])) == 1 and amounts[0] != amounts[1]:
            return self.say("first", first=self._once(instalments[0]), terms=self.terms(instalments[1:]))
        if len(amounts) == 1 or (len(set(amounts[:-1])) > 1 and len(amounts) <= SPELLED):
            return ", ".join(self._once(part) for part in instalments)
        if len(set(amounts[:-1])) > 1:
            low, high = self.money(min(amounts)), self.money(max(amounts))
            return self.say("parts_vary", **self._span(instalments), low=low, high=high)
        terms = self.say(f"parts_{_rhythm(instalments)}", **self._span(instalments), amount=self.money(amounts[0]))
        return terms if amounts[-1] == amounts[0] else self.say("last", terms=terms, amount=self.money(amounts[-1]))

    def is_said(self, text: str, *, amount: int | None = None, day: str | None = None) -> bool:
        """Whether `text` names that amount and that day, in whatever length it writes days."""
        amounts = [] if amount is None else [[self.money(amount)]]
        days = [] if day is None else [[self.day(day, format) for format in FORMATS]]
        return all(any(_holds(text, one) for one in ways) for ways in (*amounts, *days))

    def _once(self, part: dict[str, Any]) -> str:
        return self.say("once", amount=self.money(part["amount"]), day=self.day(part["due_on"]))

    def _span(self, instalments: Sequence[dict[str, Any]]) -> dict[str, object]:
        first, last = self.day(instalments[0]["due_on"]), self.day(instalments[-1]["due_on"])
        return {"count": len(instalments), "first": first, "last": last}


def _rhythm(instalments: Sequence[dict[str, Any]]) -> str:
    days = [dt.date.fromisoformat(part["due_on"]) for part in instalments]
    found = {_RHYTHMS.get((after - before).days) for before, after in pairwise(days)}
    return (found.pop() or "dates") if len(found) == 1 else "dates"


def _holds(text: str, words: str) -> bool:
    """Whether `words` stand in `text` by themselves: "1 de mayo" does not stand in "11 de mayo"."""
    return re.search(rf"(?<![\d.,]){re.escape(words)}(?!\d|[.,]\d)", text) is not None
