"""Times of day from free text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reading import times
from actions.reading.times import DAY, Times


def at(text: str) -> int:
    """Minutes after midnight of "9:30"."""
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("after 5", "17:00", "24:00"),
        ("after 5pm please", "17:00", "24:00"),
        ("only after 17:30", "17:30", "24:00"),
        ("not before 10", "10:00", "24:00"),
        ("don't call before 10am", "10:00", "24:00"),
        ("nothing before nine", "9:00", "24:00"),
        ("before noon", "0:00", "12:00"),
        ("don't call me after 6pm", "0:00", "18:00"),
        ("not after 8", "0:00", "8:00"),
        ("between 9 and 11", "9:00", "11:00"),
        ("between 2 and 4 in the afternoon", "14:00", "16:00"),
        ("from 9am to 5pm", "9:00", "17:00"),
        ("9-5", "9:00", "17:00"),
        ("10 to noon", "10:00", "12:00"),
        ("tomorrow at 3", "15:00", "16:00"),
        ("at 10:30", "10:30", "11:30"),
        ("3pm works", "15:00", "16:00"),
        ("friday 3 p.m.", "15:00", "16:00"),
        ("half past two", "14:30", "15:30"),
        ("quarter to five", "16:45", "17:45"),
        ("around 8 am", "8:00", "9:00"),
        ("15:30", "15:30", "16:30"),
        ("tomorrow morning", "8:00", "12:00"),
        ("in the afternoon", "12:00", "17:00"),
        ("evenings are best", "17:00", "21:00"),
        ("not in the morning", "12:00", "24:00"),
        ("during my lunch break", "12:00", "14:00"),
        ("at midnight", "0:00", "1:00"),
    ],
)
def test_a_time_of_day_is_read_as_it_was_said(text: str, start: str, end: str) -> None:
    assert times.read(text) == Times(at(start), at(end))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "call me",
        "tomorrow",
        "in 3 days",
        "on the 15th",
        "50 dollars",
        "$9.50",
        "March 3",
        "by 5 March",
        "2 weeks",
        "after payday",
    ],
)
def test_what_names_no_time_is_none(text: str) -> None:
    assert times.read(text) is None


@given(st.text(max_size=200))
def test_any_text_gives_a_part_of_one_day_or_none(text: str) -> None:
    found = times.read(text)
    assert found is None or 0 <= found.start < found.end <= DAY


@given(st.integers(0, 23), st.integers(0, 59))
def test_every_time_on_the_clock_is_read(hour: int, minute: int) -> None:
    found = times.read(f"at {hour:02}:{minute:02}")
    half = found.start if found else -1
    assert half % (12 * 60) == (hour * 60 + minute) % (12 * 60)
