"""The nearest terms to a wish that the policy allows: pure reckoning (K4, K7, S4, S7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bot import policies
from bot.billing.plans.coverage import Coverage, in_steps, step
from bot.billing.plans.instalments import Terms, can_be_charged, equal_parts, parts_of
from bot.billing.plans.schedules import WEEKS, Rhythm
from bot.errors import InvalidInput
from bot.models import Frequency
from bot.money import Money

Parts = list[tuple[dt.date, int]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer asks a plan to be; what is None is left to us. `each` is an instalment, `down` is paid today.

    `months` and `count` are how long; with `each` that follows from the sum. "I can afford 60 a month" is a wish with
    `each`. Raises `InvalidInput` for an amount, a count or a length of nothing.
    """

    each: Money | None = None
    frequency: Frequency | None = None
    count: int | None = None
    months: int | None = None
    first: dt.date | None = None
    pay_day: int | None = None
    down: Money | None = None

    def __post_init__(self) -> None:
        sums = [amount.minor for amount in (self.each, self.down) if amount is not None]
        lengths = [number for number in (self.count, self.months) if number is not None]
        if any(number <= 0 for number in (*sums, *lengths)):
            raise InvalidInput("An instalment is more than nothing, and there is one at least.", about=self)

    def asked(self) -> dict[str, Any]:
        """What is kept of it: what was named. Amounts in minor units."""
        named = {
            "each": self.each.minor if self.each else None,
            "frequency": self.frequency,
            "count": self.count,
            "months": self.months,
            "first": self.first.isoformat() if self.first else None,
            "pay_day": self.pay_day,
            "down": self.down.minor if self.down else None,
        }
        return {key: value for key, value in named.items() if value is not None}


class Limit(StrEnum):
    """What of a wish is outside the policy, or not possible."""

    FREQUENCY = "frequency"
    FIRST = "first"
    DOWN = "down"
    LENGTH = "length"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Answer:
    """The terms that meet a wish, exactly when there are no `limits`; more than one when the length was left open."""

    terms: list[Terms]
    limits: frozenset[Limit]
    fits: Money
    lasts: int | None


def answer_to(wish: Wish, over: Coverage, today: dt.date, before: Rhythm | None = None) -> Answer:
    """The terms that are nearest to `wish`: nearest in the amount first, on the customer's days.

    `before` is the rhythm of the plan in force, which is kept where the wish leaves it open. Raises `InvalidInput` when
    nothing can be charged at all, or for a day of another rhythm.
    """
    limits: set[Limit] = set()
    rhythm = _rhythm(wish, before, limits)
    if rhythm.nearest(today) != rhythm:
        limits.add(Limit.FIRST)
        rhythm = rhythm.nearest(today)
    down = _down(wish, over, limits)
    if down and rhythm.first == today:  # two payments on one day are one
        limits.add(Limit.FIRST)
        rhythm = replace(rhythm, first=None, pay_day=rhythm.beginning(today).pay_day)
    rhythm = rhythm.beginning(today, after_down=down is not None)
    left = over.total - down if down else over.total
    found, lasts = [], None
    for parts in _parts(wish, left, rhythm, limits):
        paid_now = [(today, down.minor)] if down else []
        terms = Terms(over, rhythm, (*paid_now, *parts), has_down=down is not None)
        if terms.can_be_charged():
            found.append(terms)
    if not found:
        raise InvalidInput("No part of this amount can be paid by itself.", about=over.total)
    if Limit.LENGTH in limits:
        lasts = _lasts(wish, left, rhythm.frequency)
    fits = Money(found[0].parts[1 if down else 0][1], over.currency)
    return Answer(found, frozenset(limits), fits, lasts)


def _rhythm(wish: Wish, before: Rhythm | None, limits: set[Limit]) -> Rhythm:
    frequency = wish.frequency or (before.frequency if before else Frequency.MONTHLY)
    pay_day = wish.pay_day
    if pay_day is None and before and wish.first is None and before.frequency == frequency:
        pay_day = before.pay_day
    if frequency not in policies.plans().frequencies:
        limits.add(Limit.FREQUENCY)
        frequency, pay_day = Frequency.MONTHLY, None
    return Rhythm(frequency, pay_day, wish.first)


def _down(wish: Wish, over: Coverage, limits: set[Limit]) -> Money | None:
    if wish.down is None:
        return None
    down = in_steps(wish.down)
    if down < over.total and can_be_charged(down) and can_be_charged(over.total - down):
        if down != wish.down:
            limits.add(Limit.DOWN)
        return down
    limits.add(Limit.DOWN)
    return None


def _parts(wish: Wish, left: Money, rhythm: Rhythm, limits: set[Limit]) -> Iterator[Parts]:
    dates = rhythm.within(policies.plans().longest_months)
    if wish.each is not None:
        yield _by_amount(wish.each, left, dates, limits)
        return
    if wish.count is None and wish.months is None:
        lengths = [rhythm.within(months) for months in policies.plans().offered_months]
        offered = [equal_parts(left, some) for some in lengths]
        yield from [parts for parts in offered if _all_chargeable(parts, left.currency)] or [
            _fewest(left, lengths[0], limits)
        ]
        return
    count = wish.count
    if count is None and wish.months is not None:
        longest = policies.plans().longest_months
        count = len(rhythm.within(wish.months)) if wish.months <= longest else len(dates) + 1
    assert count is not None
    if count > len(dates):
        limits.add(Limit.LENGTH)
    yield _fewest(left, dates[:count], limits)


def _by_amount(each: Money, left: Money, dates: list[dt.date], limits: set[Limit]) -> Parts:
    """Parts of `each`, the smaller rest last; of the nearest amount where that would take too long or is too little."""
    wanted = in_steps(each)
    parts = parts_of(left, wanted, dates) if wanted else None
    if parts and (wanted == each or each >= left) and _all_chargeable(parts, left.currency):
        return parts
    limits.add(Limit.LENGTH if wanted and parts is None else Limit.AMOUNT)
    unit = step(left.currency)
    plainest = [-(-left.minor // (count * unit)) * unit for count in range(1, len(dates) + 1)]
    amounts = sorted({wanted.minor, *plainest}, key=lambda minor: (abs(minor - each.minor), minor))
    for minor in filter(None, amounts):
        nearest = parts_of(left, Money(minor, left.currency), dates)
        if nearest and _all_chargeable(nearest, left.currency):
            return nearest
    return [(dates[0], left.minor)]


def _fewest(left: Money, dates: list[dt.date], limits: set[Limit]) -> Parts:
    """Equal parts on `dates`, or on fewer of them where so many would be too small to charge."""
    for count in range(len(dates), 1, -1):
        parts = equal_parts(left, dates[:count])
        if _all_chargeable(parts, left.currency):
            return parts
        limits.add(Limit.AMOUNT)
    return [(dates[0], left.minor)]


def _all_chargeable(parts: Parts, currency: str) -> bool:
    return all(can_be_charged(Money(minor, currency)) for _, minor in parts)


def _lasts(wish: Wish, left: Money, frequency: Frequency) -> int:
    """How many months the wish would take, rounded up."""
    if wish.each is None and wish.months is not None:
        return wish.months
    count = -(-left.minor // wish.each.minor) if wish.each else wish.count or 1
    return count if frequency == Frequency.MONTHLY else -(-count * 12 * WEEKS[frequency] // 52)
