"""What a customer asks a plan to be, message by message: the newest words count, what they leave open stays as it was.

Pure functions. "60 a month", then "every two weeks instead", then "from the 15th" is one wish that grows (K4).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from actions.reading.terms import Proposed
from bot.billing.plans.counter_offers import Wish
from bot.billing.plans.schedules import Rhythm
from bot.models import Frequency, Plan
from bot.money import Money

NOTHING = Wish()
_WEEKS = {Frequency.WEEKLY: 1, Frequency.FORTNIGHTLY: 2}


def added(said: Proposed, before: Wish, whole: Money) -> Wish:
    """`before` with what was `said` now, over `whole`. Raises `InvalidInput` for an amount or a count of nothing.

    Another rhythm keeps how long it takes, not the amount: 60 a month is never taken for 60 a week (K7).
    """
    frequency = _frequency(said, before)
    other_rhythm = before.frequency not in (None, frequency)
    if said.amount and (said.count or said.months):
        frequency = frequency or Frequency.MONTHLY
    each, count, months = _how_much(said)
    if each is None and count is None and months is None:
        each, count, months = before.each, before.count, before.months
        if other_rhythm and (each or count):
            each, count, months = None, None, lasts(before, whole)
    first, pay_day = _days(said, frequency)
    if first is None and pay_day is None and not other_rhythm:
        first, pay_day = before.first, before.pay_day
    return Wish(each, frequency, count, months, first, pay_day, _down(said, whole) or before.down)


def going_on(wish: Wish, plan: Plan, next_day: dt.date | None) -> Wish:
    """`wish` for the rest of `plan`: in its rhythm, and from the day that was agreed for the next part, unless it says
    otherwise. What was agreed is never brought forward by itself (K7)."""
    frequency = wish.frequency or plan.frequency
    if wish.first is not None or wish.pay_day is not None:
        return replace(wish, frequency=frequency)
    pay_day = plan.pay_day if frequency == plan.frequency else None
    return replace(wish, frequency=frequency, first=next_day, pay_day=pay_day)


def lasts(wish: Wish, whole: Money) -> int:
    """How many months `wish` takes for `whole`, rounded up."""
    if wish.months is not None:
        return wish.months
    left = whole.minor - (wish.down.minor if wish.down else 0)
    count = max(1, -(-left // wish.each.minor)) if wish.each else wish.count or 1
    weeks = _WEEKS.get(wish.frequency or Frequency.MONTHLY)
    return count if weeks is None else max(1, -(-count * weeks * 12 // 52))


def of_plan(plan: Plan) -> Wish:
    """The wish that `plan` would be the answer to."""
    down = next((Money(part.amount, plan.currency) for part in plan.instalments if part.number == 0), None)
    parts = [part for part in plan.instalments if part.number > 0]
    # A smaller rest at the end comes from a chosen amount, a larger one from equal parts.
    each = Money(parts[0].amount, plan.currency) if parts[-1].amount < parts[0].amount else None
    count = None if each else len(parts)
    return Wish(each, plan.frequency, count, None, parts[0].due_on, plan.pay_day, down)


def rhythm(wish: Wish) -> Rhythm:
    """How often and on which day `wish` asks for."""
    return Rhythm(wish.frequency or Frequency.MONTHLY, wish.pay_day, wish.first)


def in_slot(wish: Wish) -> dict[str, Any] | None:
    """`wish` as it is remembered; amounts in minor units."""
    return wish.asked() or None


def from_slot(kept: Mapping[str, Any] | None, currency: str) -> Wish:
    """The wish that was remembered."""
    if not kept:
        return NOTHING
    return Wish(
        each=Money(kept["each"], currency) if "each" in kept else None,
        frequency=Frequency(kept["frequency"]) if "frequency" in kept else None,
        count=kept.get("count"),
        months=kept.get("months"),
        first=dt.date.fromisoformat(kept["first"]) if "first" in kept else None,
        pay_day=kept.get("pay_day"),
        down=Money(kept["down"], currency) if "down" in kept else None,
    )


def needs_rhythm(wish: Wish) -> bool:
    """Whether an amount was named and not how often: that is asked, never assumed (K4, K7)."""
    return wish.each is not None and wish.frequency is None and wish.count is None and wish.months is None


def names_size(wish: Wish) -> bool:
    """Whether it says how much or how long."""
    return not (wish.each is None and wish.count is None and wish.months is None)


def _frequency(said: Proposed, before: Wish) -> Frequency | None:
    """How often; "on Fridays" keeps every second week where that was wished for."""
    on_weekdays = said.weekday is not None and said.first_on is None
    if said.frequency is None and on_weekdays and before.frequency not in _WEEKS:
        return Frequency.WEEKLY
    return said.frequency or before.frequency


def _how_much(said: Proposed) -> tuple[Money | None, int | None, int | None]:
    return (said.amount, None, None) if said.amount is not None else (None, said.count, said.months)


def _days(said: Proposed, frequency: Frequency | None) -> tuple[dt.date | None, int | None]:
    """The first day and the pay day that were named; the day of another rhythm than the wish's is a first day only."""
    in_weeks = frequency in _WEEKS
    return said.first_on, said.weekday if in_weeks else said.month_day


def _down(said: Proposed, whole: Money) -> Money | None:
    if isinstance(said.down, Fraction):
        return Money(round(whole.minor * said.down), whole.currency)
    return said.down
