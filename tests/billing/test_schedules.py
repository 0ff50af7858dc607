"""Schedules: instalments fall on the customer's pay day, whatever the calendar does (K4)."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.billing.plans.schedules import Rhythm, months_later, next_on, periods
from bot.errors import InvalidInput
from bot.models import Frequency

WEEKLY, FORTNIGHTLY, MONTHLY = Frequency.WEEKLY, Frequency.FORTNIGHTLY, Frequency.MONTHLY
DAY = dt.timedelta(days=1)
# A Monday.
TODAY = dt.date(2026, 3, 2)
days = st.dates(dt.date(2020, 1, 1), dt.date(2090, 1, 1))


@st.composite
def rhythms(draw: st.DrawFn, today: dt.date) -> Rhythm:
    """Any frequency, any pay day or none, any allowed first day or none."""
    frequency = draw(st.sampled_from(Frequency))
    pay_days = st.integers(1, 31) if frequency == MONTHLY else st.integers(0, 6)
    first = st.integers(0, 30).map(lambda ahead: today + ahead * DAY)
    return Rhythm(frequency, draw(st.none() | pay_days), draw(st.none() | first))


@pytest.mark.parametrize(
    ("rhythm", "dates"),
    [
        (Rhythm(), ["2026-03-09", "2026-04-09", "2026-05-09"]),
        (Rhythm(pay_day=15), ["2026-03-15", "2026-04-15", "2026-05-15"]),
        (Rhythm(pay_day=9), ["2026-03-09", "2026-04-09", "2026-05-09"]),
        (Rhythm(pay_day=8), ["2026-03-08", "2026-04-08", "2026-05-08"]),  # 8 April would be too far
        (Rhythm(pay_day=31), ["2026-03-31", "2026-04-30", "2026-05-31"]),
        (Rhythm(WEEKLY), ["2026-03-09", "2026-03-16", "2026-03-23"]),
        (Rhythm(WEEKLY, 4), ["2026-03-13", "2026-03-20", "2026-03-27"]),
        (Rhythm(FORTNIGHTLY, 4), ["2026-03-13", "2026-03-27", "2026-04-10"]),
        (Rhythm(FORTNIGHTLY, 4, dt.date(2026, 3, 6)), ["2026-03-06", "2026-03-20", "2026-04-03"]),
        (Rhythm(first=TODAY), ["2026-03-02", "2026-04-02", "2026-05-02"]),
        (Rhythm(first=dt.date(2026, 4, 1)), ["2026-04-01", "2026-05-01", "2026-06-01"]),
        # The first day is not the pay day: the next is at least half a period away.
        (Rhythm(MONTHLY, 1, dt.date(2026, 3, 10)), ["2026-03-10", "2026-04-01", "2026-05-01"]),
        (Rhythm(MONTHLY, 1, dt.date(2026, 3, 20)), ["2026-03-20", "2026-05-01", "2026-06-01"]),
        (Rhythm(WEEKLY, 4, dt.date(2026, 3, 3)), ["2026-03-03", "2026-03-13", "2026-03-20"]),
    ],
)
def test_dates_from_monday_2_march(rhythm: Rhythm, dates: list[str]) -> None:
    found = itertools.islice(rhythm.beginning(TODAY).dates(), 3)
    assert [day.isoformat() for day in found] == dates


@pytest.mark.parametrize(
    ("today", "dates"),
    [
        (dt.date(2026, 12, 20), ["2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        (dt.date(2028, 1, 20), ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"]),
        (dt.date(2026, 2, 15), ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]),
    ],
)
def test_a_plan_on_the_last_day_comes_back_to_the_31st_after_february(today: dt.date, dates: list[str]) -> None:
    found = itertools.islice(Rhythm(pay_day=31).beginning(today).dates(), 5)
    assert [day.isoformat() for day in found] == dates


@pytest.mark.parametrize(
    ("frequency", "counts"), [(MONTHLY, (1, 3, 6, 12)), (WEEKLY, (4, 13, 26, 52)), (FORTNIGHTLY, (2, 6, 13, 26))]
)
def test_three_months_are_thirteen_weeks_or_six_fortnights(frequency: Frequency, counts: tuple[int, ...]) -> None:
    assert tuple(periods(frequency, months) for months in (1, 3, 6, 12)) == counts
    rhythm = Rhythm(frequency).beginning(TODAY)
    assert tuple(len(rhythm.within(months)) for months in (1, 3, 6, 12)) == counts


@given(data=st.data(), today=days, months=st.integers(1, 24))
def test_dates_rise_stay_on_the_pay_day_and_end_within_the_length(
    data: st.DataObject, today: dt.date, months: int
) -> None:
    asked = data.draw(rhythms(today))
    rhythm = asked.beginning(today)
    dates = rhythm.within(months)
    assert rhythm.first is not None
    assert rhythm.pay_day is not None
    assert today <= dates[0] == rhythm.first <= today + 30 * DAY
    assert all(earlier < later for earlier, later in itertools.pairwise(dates))
    assert dates[-1] < months_later(dates[0], months)
    assert all(next_on(rhythm.frequency, rhythm.pay_day, day) == day for day in dates[1:])
    assert asked.pay_day is None or rhythm.pay_day == asked.pay_day
    if asked.first is None:
        assert next_on(rhythm.frequency, rhythm.pay_day, dates[0]) == dates[0]


@given(data=st.data(), today=days, away=st.integers(-400, 400))
def test_the_nearest_first_day_is_allowed_and_keeps_its_day(data: st.DataObject, today: dt.date, away: int) -> None:
    rhythm = Rhythm(data.draw(st.sampled_from(Frequency)), first=today + away * DAY)
    nearest = rhythm.nearest(today).beginning(today)
    assert nearest.first is not None
    assert rhythm.first is not None
    assert today <= nearest.first <= today + 30 * DAY
    assert nearest.pay_day == (rhythm.first.day if rhythm.frequency == MONTHLY else rhythm.first.weekday())
    if 0 <= away <= 30:
        assert nearest.first == rhythm.first


@pytest.mark.parametrize("first", [TODAY - DAY, TODAY + 31 * DAY])
def test_a_first_day_out_of_bounds_is_refused_with_the_last_that_would_do(first: dt.date) -> None:
    with pytest.raises(InvalidInput, match="2026-04-01"):
        Rhythm(first=first).beginning(TODAY)


@pytest.mark.parametrize(("frequency", "pay_day"), [(WEEKLY, 7), (FORTNIGHTLY, -1), (MONTHLY, 0), (MONTHLY, 32)])
def test_a_pay_day_that_there_is_not_is_refused(frequency: Frequency, pay_day: int) -> None:
    with pytest.raises(InvalidInput):
        Rhythm(frequency, pay_day)
