"""A wish grows message by message: the newest words count, the rest stays, no amount is assumed (K4, K7)."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.plans import wishes
from actions.reading.terms import Proposed
from bot.billing.plans.counter_offers import Wish
from bot.errors import InvalidInput
from bot.models import Frequency, Instalment, Plan
from bot.money import Money

WEEKLY, FORTNIGHTLY, MONTHLY = Frequency.WEEKLY, Frequency.FORTNIGHTLY, Frequency.MONTHLY
WHOLE = Money(20050, "USD")
FRIDAY = dt.date(2026, 3, 13)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def plan(*sums: int, frequency: Frequency = MONTHLY, first_number: int = 1) -> Plan:
    parts = [
        Instalment(number=number, due_on=dt.date(2026, 3, 9) + dt.timedelta(days=number), amount=minor)
        for number, minor in enumerate(sums, start=first_number)
    ]
    return Plan(total=sum(sums), currency="USD", frequency=frequency, pay_day=9, instalments=parts)


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        (Wish(), Proposed(amount=usd(6000), frequency=FORTNIGHTLY, weekday=4), Wish(usd(6000), FORTNIGHTLY, pay_day=4)),
        (Wish(usd(6000), MONTHLY), Proposed(amount=usd(4000)), Wish(usd(4000), MONTHLY)),
        (Wish(usd(6000), WEEKLY, pay_day=4), Proposed(months=3), Wish(None, WEEKLY, None, 3, pay_day=4)),
        (Wish(usd(6000), WEEKLY, pay_day=4), Proposed(first_on=FRIDAY), Wish(usd(6000), WEEKLY, first=FRIDAY)),
        (Wish(months=5), Proposed(frequency=WEEKLY), Wish(None, WEEKLY, None, 5)),
        (Wish(months=5, down=usd(5000)), Proposed(month_day=15, frequency=MONTHLY),
         Wish(None, MONTHLY, None, 5, None, 15, usd(5000))),
        (Wish(), Proposed(down=Fraction(1, 2), count=1), Wish(count=1, down=usd(10025))),
        (Wish(), Proposed(amount=usd(5000), count=4), Wish(usd(5000), MONTHLY)),
    ],
)  # fmt: skip
def test_what_is_left_open_stays_as_it_was_k4(before: Wish, said: Proposed, after: Wish) -> None:
    assert wishes.added(said, before, WHOLE) == after


def test_k7_an_amount_a_month_is_never_taken_for_one_a_week() -> None:
    weekly = wishes.added(Proposed(frequency=WEEKLY), Wish(usd(6000), MONTHLY), WHOLE)
    assert (weekly.each, weekly.months, weekly.frequency) == (None, 4, WEEKLY)
    monthly = wishes.added(Proposed(frequency=MONTHLY), Wish(count=13, frequency=WEEKLY), WHOLE)
    assert (monthly.count, monthly.months) == (None, 3)


def test_how_often_is_asked_for_an_amount_alone_k4() -> None:
    assert wishes.needs_rhythm(Wish(usd(4000)))
    assert not wishes.needs_rhythm(Wish(usd(4000), WEEKLY))
    assert not wishes.needs_rhythm(Wish(months=4))


def test_an_amount_of_nothing_makes_no_sense() -> None:
    with pytest.raises(InvalidInput):
        wishes.added(Proposed(amount=usd(0), frequency=WEEKLY), Wish(), WHOLE)


def test_the_wish_of_a_plan_is_what_it_would_be_the_answer_to() -> None:
    assert wishes.of_plan(plan(5012, 5012, 5012, 5014)).count == 4
    chosen = wishes.of_plan(plan(6000, 6000, 6000, 2050, frequency=FORTNIGHTLY))
    assert (chosen.each, chosen.count) == (usd(6000), None)
    assert wishes.of_plan(plan(5000, 7525, 7525, first_number=0)).down == usd(5000)


def test_k7_the_rest_of_a_plan_goes_on_from_its_next_day_in_its_rhythm() -> None:
    agreed = plan(5000, 5000, frequency=FORTNIGHTLY)
    assert wishes.going_on(Wish(usd(2500)), agreed, FRIDAY) == Wish(usd(2500), FORTNIGHTLY, first=FRIDAY, pay_day=9)
    assert wishes.going_on(Wish(frequency=WEEKLY), agreed, FRIDAY) == Wish(frequency=WEEKLY, first=FRIDAY)
    assert wishes.going_on(Wish(usd(2500), pay_day=1), agreed, FRIDAY) == Wish(usd(2500), FORTNIGHTLY, pay_day=1)


@given(
    each=st.none() | st.integers(1, 10**7).map(usd),
    frequency=st.none() | st.sampled_from(Frequency),
    count=st.none() | st.integers(1, 500),
    months=st.none() | st.integers(1, 500),
    first=st.none() | st.dates(),
    pay_day=st.none() | st.integers(0, 31),
    down=st.none() | st.integers(1, 10**7).map(usd),
)
def test_what_is_remembered_is_what_was_wished(
    each: Money | None,
    frequency: Frequency | None,
    count: int | None,
    months: int | None,
    first: dt.date | None,
    pay_day: int | None,
    down: Money | None,
) -> None:
    wish = Wish(each, frequency, count, months, first, pay_day, down)
    assert wishes.from_slot(wishes.in_slot(wish), "USD") == wish
