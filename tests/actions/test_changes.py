"""What is to change in a plan: read as said, or not at all (K4, K7)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.plans.changes import Change, from_slot, in_slot, is_all_following, read
from bot.models import Frequency

TODAY = dt.date(2026, 3, 2)  # a Monday
AHEAD = {2: dt.date(2026, 3, 9), 3: dt.date(2026, 4, 9), 4: dt.date(2026, 5, 9)}


def day(month: int, of_month: int) -> dt.date:
    return dt.date(2026, month, of_month)


def change(text: str, frequency: Frequency = Frequency.MONTHLY, **given: Any) -> Change:
    return read(text, AHEAD, frequency, "USD", "en-US", TODAY, **given)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("move my next payment to the 15th", {"to": day(3, 15), "number": 2}),
        ("can I pay on Friday instead", {"to": day(3, 6), "number": 2}),
        ("I'll pay on Friday", {"to": day(3, 6), "number": 2}),
        ("push it back a week", {"to": day(3, 16), "number": 2}),
        ("can I have another week", {"to": day(3, 16), "number": 2}),
        ("could I have two more weeks", {"to": day(3, 23), "number": 2}),
        ("a day later", {"to": day(3, 10), "number": 2}),
        ("can it be 3 days earlier", {"to": day(3, 6), "number": 2}),
        ("move the april payment to April 20", {"to": day(4, 20), "number": 3}),
        ("can I move the one from the 9th to the 12th", {"to": day(3, 12), "number": 2}),
        ("the last one a week later", {"to": day(5, 16), "number": 4}),
        ("change my payment day to the 28th", {"to": day(3, 28), "number": 2, "following": True}),
        ("can I do it on the 20th of each month", {"to": day(3, 20), "number": 2, "following": True}),
        ("all my payments a week later", {"to": day(3, 16), "number": 2, "following": True}),
        ("just this one to the 12th", {"to": day(3, 12), "number": 2}),
        ("can I skip this month", {"pause": True}),
        ("can I skip the next one", {"pause": True, "days": 1}),
        ("could I miss one payment", {"pause": True, "days": 1}),
        ("pause it for two weeks", {"pause": True, "days": 14}),
        ("I need a break of a month", {"pause": True, "days": 30}),
        ("make it 150 instead of 225", {"terms": True}),
        ("change it from 225 to 150 a month", {"terms": True}),
        ("weekly instead", {"terms": True}),
        ("smaller payments please", {"terms": True}),
        ("I need more time", {"terms": True}),
        ("I can't make this payment", {}),
        ("something came up", {}),
        ("all the following ones too please", {}),
        ("", {}),
    ],
)
def test_a_change_is_read_as_it_is_said(text: str, expected: dict[str, Any]) -> None:
    assert change(text) == Change(**expected)


def test_another_weekday_of_a_weekly_plan_is_a_move_and_of_a_monthly_one_a_new_rhythm() -> None:
    weekly = change("can we make it every Friday", Frequency.WEEKLY)
    assert weekly == Change(to=day(3, 6), number=2, following=True)
    assert change("can we make it every Friday") == Change(terms=True)


def test_a_bare_span_is_the_length_of_the_pause_that_is_spoken_of() -> None:
    assert change("two weeks", pausing=True) == Change(pause=True, days=14)
    assert change("the 15th instead", pausing=True).to == day(3, 15)


def test_the_dates_after_it_may_be_meant_too() -> None:
    assert is_all_following("all the following ones too please")
    assert not is_all_following("yes please")


@given(text=st.text(max_size=300), frequency=st.sampled_from(Frequency), pausing=st.booleans())
def test_nothing_that_is_written_breaks_the_reading(text: str, frequency: Frequency, pausing: bool) -> None:
    found = change(text, frequency, pausing=pausing)
    if not found.terms:
        assert from_slot(in_slot(found)) == found
