"""Terms of a plan in free text: read as said, or not at all (K4, K7)."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reading.terms import Proposed, other_count, read
from bot.models import Frequency
from bot.money import Money

TODAY = dt.date(2026, 3, 2)  # a Monday
WEEKLY, FORTNIGHTLY, MONTHLY = Frequency.WEEKLY, Frequency.FORTNIGHTLY, Frequency.MONTHLY


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60 every second Friday", {"amount": usd("60"), "frequency": FORTNIGHTLY, "weekday": 4}),
        ("sixty every other friday", {"amount": usd("60"), "frequency": FORTNIGHTLY, "weekday": 4}),
        ("$40 a week", {"amount": usd("40"), "frequency": WEEKLY}),
        ("could i do 25 per week on tuesdays?", {"amount": usd("25"), "frequency": WEEKLY, "weekday": 1}),
        ("20 every friday", {"amount": usd("20"), "frequency": WEEKLY, "weekday": 4}),
        ("20/wk", {"amount": usd("20"), "frequency": WEEKLY}),
        ("I can only afford 100 a month", {"amount": usd("100"), "frequency": MONTHLY}),
        ("80 monthly", {"amount": usd("80"), "frequency": MONTHLY}),
        ("150 per month on the 15th", {"amount": usd("150"), "frequency": MONTHLY, "month_day": 15}),
        ("on the 1st of every month, fifty", {"amount": usd("50"), "frequency": MONTHLY, "month_day": 1}),
        ("75 at the end of each month", {"amount": usd("75"), "frequency": MONTHLY, "month_day": 31}),
        ("biweekly, 45.50 please", {"amount": usd("45.50"), "frequency": FORTNIGHTLY}),
        ("fortnightly would suit me", {"frequency": FORTNIGHTLY}),
        ("a tenner a week", {"amount": usd("10"), "frequency": WEEKLY}),
        ("2 hundred a month", {"amount": usd("200"), "frequency": MONTHLY}),
        ("60 not 50 a month", {"amount": usd("60"), "frequency": MONTHLY}),
        ("100 a month is too much, could do 40", {"amount": usd("40"), "frequency": MONTHLY}),
        ("40 or 50 a month", {"frequency": MONTHLY}),
        ("５０ a month", {"amount": usd("50"), "frequency": MONTHLY}),
        (
            "50 now and the rest on friday",
            {"down": usd("50"), "count": 1, "first_on": dt.date(2026, 3, 6), "weekday": 4},
        ),
        (
            "half now and half on the 20th",
            {"down": Fraction(1, 2), "count": 1, "first_on": dt.date(2026, 3, 20)},
        ),
        ("a third now, rest next month", {"down": Fraction(1, 3), "count": 1, "frequency": MONTHLY, "month_day": 2}),
        ("thirty every two weeks", {"amount": usd("30"), "frequency": FORTNIGHTLY}),
        ("every fortnight, 60 quid", {"amount": usd("60"), "frequency": FORTNIGHTLY}),
        ("twice a month 50", {"amount": usd("50"), "frequency": FORTNIGHTLY}),
        ("four payments", {"count": 4}),
        ("4 equal payments of 50", {"count": 4, "amount": usd("50")}),
        ("split it into 5", {"count": 5}),
        ("over eight months", {"months": 8}),
        ("can I have a year", {"months": 12}),
        ("weekly over 3 months", {"frequency": WEEKLY, "months": 3}),
        ("over 10 weeks, every week", {"frequency": WEEKLY, "months": 3}),
        ("50 now and the rest over four months", {"down": usd("50"), "months": 4}),
        ("half now, the rest in 3 payments", {"down": Fraction(1, 2), "count": 3}),
        ("100 down then 50 a month", {"down": usd("100"), "amount": usd("50"), "frequency": MONTHLY}),
        ("a deposit of 40 and then 20 a week", {"down": usd("40"), "amount": usd("20"), "frequency": WEEKLY}),
        (
            "100 a month from the 15th",
            {"amount": usd("100"), "frequency": MONTHLY, "first_on": dt.date(2026, 3, 15)},
        ),
        (
            "50 a week starting next Friday",
            {"amount": usd("50"), "frequency": WEEKLY, "weekday": 4, "first_on": dt.date(2026, 3, 13)},
        ),
        ("monthly, first payment on March 20", {"frequency": MONTHLY, "first_on": dt.date(2026, 3, 20)}),
        ("can I pay the 200.50 in instalments", {"amount": usd("200.50")}),
        ("300 in two parts", {"amount": usd("300"), "count": 2}),
        ("half now and half next month", {"down": Fraction(1, 2), "count": 1, "frequency": MONTHLY, "month_day": 2}),
        ("half today, the rest in a month", {"down": Fraction(1, 2), "count": 1, "frequency": MONTHLY, "month_day": 2}),
        ("on mondays", {"weekday": 0}),
        ("20 every fortnight on a thursday", {"amount": usd("20"), "frequency": FORTNIGHTLY, "weekday": 3}),
        ("fifty each payday", {"amount": usd("50")}),
        ("from 225 to 150 a month", {"amount": usd("150"), "frequency": MONTHLY}),
        (
            "60 a month but not before the 20th",
            {"amount": usd("60"), "frequency": MONTHLY, "first_on": dt.date(2026, 3, 20)},
        ),
        ("maybe 40 or so", {"amount": usd("40")}),
        ("I missed one, the following ones too", {}),
        ("twenty one a week", {"amount": usd("21"), "frequency": WEEKLY}),
        ("every three weeks 60", {"amount": usd("60"), "odd": True}),
        ("1.50 a day", {"amount": usd("1.50"), "odd": True}),
        ("50 now", {"amount": usd("50"), "first_on": None}),
        ("I lost my job", {}),
        ("", {}),
        ("what happens then?", {}),
    ],
)
def test_terms_are_read_as_they_are_said_k4(text: str, expected: dict[str, Any]) -> None:
    assert read(text, "USD", "en-US", TODAY) == Proposed(**expected)


def test_two_amounts_are_none_rather_than_a_guess() -> None:
    assert read("40 or 50 a month", "USD", "en-US", TODAY) == Proposed(frequency=MONTHLY)


@given(st.integers(1, 9_999), st.sampled_from(["a week", "every two weeks", "a month", "every second Friday"]))
def test_an_amount_is_read_beside_any_rhythm(amount: int, rhythm: str) -> None:
    found = read(f"{amount} {rhythm}", "USD", "en-US", TODAY)
    assert found.amount == Money(amount * 100, "USD")
    assert found.frequency is not None


@given(st.text(max_size=300))
def test_nothing_that_is_written_breaks_the_reading(text: str) -> None:
    read(text, "USD", "en-US", TODAY)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("over eight paychecks", 8),
        ("in three bits", 3),
        ("spread across my next 4 paydays", 4),
        ("into 5 pays", 5),
        ("50 my job pays", None),
        ("2 bits of paper", None),
    ],
)
def test_instalments_have_many_names(text: str, count: int | None) -> None:
    assert read(text, "USD", "en-US", TODAY).count == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("make it ten instead of eight", 10),
        ("not 8, 10", 10),
        ("10 rather than 8 please", 10),
        ("make it 60 instead of 80", None),
        ("$10 instead of 8", None),
        ("make it ten", None),
    ],
)
def test_a_count_takes_the_place_of_the_count_that_was_spoken_of(text: str, count: int | None) -> None:
    assert other_count(text, 8) == count


def test_a_month_alone_begins_on_its_first_day() -> None:
    for text, month in (("nothing until may", 5), ("can we start in june", 6), ("not before february", 2)):
        first = read(text, "USD", "en-US", dt.date(2026, 3, 2)).first_on
        assert first == dt.date(2026 if month > 3 else 2027, month, 1), text
