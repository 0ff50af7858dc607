"""Days in free text: the next such day, or none."""

from __future__ import annotations

import datetime as dt

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from actions.reading.dates import answered, is_vague, read, without_dates

WEDNESDAY = dt.date(2026, 11, 18)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-18"),
        ("tomorrow", "2026-11-19"),
        ("the day after tomorrow", "2026-11-20"),
        ("friday", "2026-11-20"),
        ("I'll pay 50 on friday", "2026-11-20"),
        ("after payday on Friday", "2026-11-20"),
        ("next friday", "2026-11-27"),
        ("friday week", "2026-11-27"),
        ("wednesday", "2026-11-25"),
        ("the 15th", "2026-12-15"),
        ("on the fifteenth", "2026-12-15"),
        ("the 30th", "2026-11-30"),
        ("the 31st", "2026-12-31"),
        ("the 1st of the month", "2026-12-01"),
        ("end of the month", "2026-11-30"),
        ("end of next month", "2026-12-31"),
        ("in two weeks", "2026-12-02"),
        ("give me ten days", "2026-11-28"),
        ("in a fortnight", "2026-12-02"),
        ("2 weeks from now", "2026-12-02"),
        ("in a month", "2026-12-18"),
        ("Dec 3", "2026-12-03"),
        ("3rd of December", "2026-12-03"),
        ("2026-12-01", "2026-12-01"),
        ("12/15", "2026-12-15"),
        ("January 2nd", "2027-01-02"),
        ("1/1/2020", "2020-01-01"),
        ("a week on tuesday", "2026-12-01"),
        ("tuesday week", "2026-12-01"),
        ("a fortnight on friday", "2026-12-04"),
        ("a week tomorrow", "2026-11-26"),
        ("two weeks today", "2026-12-02"),
        ("monday next week", "2026-11-23"),
        ("friday of next week", "2026-11-27"),
        ("wednesday the week after next", "2026-12-02"),
        ("next payday (friday)", "2026-11-20"),
        ("friday the 11th", "2026-12-11"),
        ("last friday of the month", "2026-11-27"),
        ("the first monday of december", "2026-12-07"),
        ("mid december", "2026-12-15"),
        ("end of january", "2027-01-31"),
        ("next month on the 5th", "2026-12-05"),
        ("by the 25 please", "2026-11-25"),
        ("in a couple of weeks", "2026-12-02"),
        ("tmrw", "2026-11-19"),
        ("yesterday", "2026-11-17"),
        ("15-12-2026", "2026-12-15"),
        ("the ٢٥th", "2026-11-25"),
        ("your letter came today, I can pay on friday", "2026-11-20"),
        ("not today, friday", "2026-11-20"),
        ("can't do friday, maybe monday", "2026-11-23"),
        ("not before friday", "2026-11-20"),
        ("the 25th or so", "2026-11-25"),
        ("I'm away till friday, I'll pay on saturday", "2026-11-21"),
        ("seeing my bank on monday about it, and will pay you on tuesday", "2026-11-24"),
        ("I start my new job monday and pay from my first wage on the 28th", "2026-11-28"),
        ("I need another week", "2026-11-25"),
        ("monday first thing, I'll pay", "2026-11-23"),
        ("two weeks grace please", "2026-12-02"),
        ("I'll pay in the morning", "2026-11-19"),
        ("could you allow me ten more days?", "2026-11-28"),
        ("a week's grace please", "2026-11-25"),
    ],
)
def test_a_day_is_the_next_such_day(text: str, day: str) -> None:
    assert read(text, WEDNESDAY, "en-US") == dt.date.fromisoformat(day)


def test_figures_follow_the_locale() -> None:
    assert read("3/4", WEDNESDAY, "en-US") == dt.date(2027, 3, 4)
    assert read("3/4", WEDNESDAY, "en-GB") == dt.date(2027, 4, 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "payday",
        "when I get paid",
        "next month",
        "80.50",
        "the second one",
        "feb 30",
        "the sun",
        "may",
        "friday or monday",
        "on the 15th or the 20th",
        "between the 20th and 25th",
        "in 2-3 weeks",
        "in 2 or 3 weeks",
        "friday the 12th",
        "this weekend",
        "early next week",
        "in april",
    ],
)
def test_no_day_is_guessed(text: str) -> None:
    assert read(text, WEDNESDAY, "en-US") is None


@pytest.mark.parametrize("text", ["soon", "after payday", "not sure yet", "sometime next month", "when I'm paid"])
def test_a_vague_time_is_known_as_one(text: str) -> None:
    assert is_vague(text)


@pytest.mark.parametrize(("today", "day"), [("2026-11-23", "2026-12-04"), ("2026-11-27", "2026-12-04")])
def test_next_friday_is_the_friday_of_next_week(today: str, day: str) -> None:
    assert read("next friday", dt.date.fromisoformat(today), "en-US") == dt.date.fromisoformat(day)


@given(ahead=st.integers(0, 300))
def test_a_written_date_is_read_back(ahead: int) -> None:
    day = WEDNESDAY + dt.timedelta(days=ahead)
    assert read(f"by {day.isoformat()}", WEDNESDAY, "en-US") == day
    for locale in ("en_US", "en_GB"):
        assert read(f"by {format_date(day, format='long', locale=locale)}", WEDNESDAY, locale) == day


@given(text=st.text(max_size=300), ahead=st.integers(0, 4000))
def test_no_text_is_too_strange(text: str, ahead: int) -> None:
    read(text, WEDNESDAY + dt.timedelta(days=ahead), "en-US")


def test_no_amount_is_left_in_a_date() -> None:
    assert "15" not in without_dates("50 on Dec 15")


@pytest.mark.parametrize(
    ("text", "day"),
    [("6 weeks", "2026-12-30"), ("about two weeks", "2026-12-02"), ("a week", "2026-11-25"), ("ten days", "2026-11-28"),
     ("a month", "2026-12-18"), ("a couple of weeks", "2026-12-02"), ("friday", "2026-11-20")],
)  # fmt: skip
def test_a_bare_span_is_a_day_only_in_answer_to_which_day(text: str, day: str) -> None:
    assert answered(text, WEDNESDAY, "en-US") == dt.date.fromisoformat(day)
    assert text == "friday" or read(text, WEDNESDAY, "en-US") is None
