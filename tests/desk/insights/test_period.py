"""Days, weeks and clocks: where a period begins and ends, and which week an instant is of."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.billing import bulk
from bot.db import Database, new_id
from bot.desk.insights.filters import Filters
from bot.desk.insights.instants import week
from bot.desk.insights.period import Period
from bot.errors import InvalidInput
from bot.models import Message
from tests.conftest import SetClock
from tests.desk.insights.world import at, conversation

# Clocks forward, back, at midnight, by half an hour, never; and a day that was left out (Samoa, 2011).
ZONES = [
    "America/New_York",
    "Europe/London",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Apia",
]
COLUMNS = ("id", "conversation_id", "seq", "author", "text", "hidden", "pending", "created_at")
DAYS = st.dates(dt.date(2008, 1, 1), dt.date(2027, 12, 31))


def test_a_period_is_whole_days_of_its_zone() -> None:
    period = Period(dt.date(2026, 3, 7), dt.date(2026, 3, 8), "America/New_York")
    assert (period.since, period.until) == (at("2026-03-07 00:00"), at("2026-03-09 00:00"))
    assert period.until - period.since == dt.timedelta(hours=47), "the clocks went forward on the 8th"
    assert period.before == Period(dt.date(2026, 3, 5), dt.date(2026, 3, 6), "America/New_York")


def test_weeks_begin_on_monday_and_are_cut_at_the_ends() -> None:
    weeks = Period(dt.date(2026, 3, 4), dt.date(2026, 3, 16), "UTC").weeks
    assert [(each.first.day, each.last.day) for each in weeks] == [(4, 8), (9, 15), (16, 16)]
    one = Period(dt.date(2026, 3, 2), dt.date(2026, 3, 2), "UTC")
    assert one.weeks == [one]


@given(first=DAYS, days=st.integers(1, 400), zone=st.sampled_from(ZONES))
def test_weeks_share_out_the_period_and_the_one_before_ends_where_it_begins(
    first: dt.date, days: int, zone: str
) -> None:
    period = Period(first, first + dt.timedelta(days=days - 1), zone)
    weeks = period.weeks
    assert (weeks[0].since, weeks[-1].until) == (period.since, period.until)
    assert all(one.until == other.since for one, other in itertools.pairwise(weeks))
    assert all(each.last.weekday() == 6 for each in weeks[:-1])
    assert (period.before.until, period.before.days) == (period.since, period.days)


def test_the_database_puts_every_instant_into_the_week_that_its_local_day_is_of(db: Database) -> None:
    for zone in ZONES:
        for first in (dt.date(2011, 12, 1), dt.date(2018, 2, 1), dt.date(2026, 3, 1), dt.date(2026, 10, 1)):
            _every_hour_agrees(db, Period(first, first + dt.timedelta(days=45), zone))


def _every_hour_agrees(db: Database, period: Period) -> None:
    hours = int((period.until - period.since).total_seconds()) // 3600
    instants = [period.since + dt.timedelta(hours=hour, seconds=each) for hour in range(hours) for each in (0, 3599)]
    instants += [each.since + dt.timedelta(seconds=seconds) for each in period.weeks[1:] for seconds in (-1, 0)]
    with db.transaction() as session:
        here = conversation(session).id
        values = [(new_id(), here, seq, "customer", "", False, False, at) for seq, at in enumerate(instants)]
        bulk.insert(session, Message, COLUMNS, values)
    with db.reading() as session:
        query = sa.select(Message.seq, week(Message.created_at, period)).where(Message.conversation_id == here)
        found = dict(tuple(row) for row in session.execute(query))
    for seq, instant in enumerate(instants):
        local = instant.astimezone(ZoneInfo(period.zone)).date()
        assert found[seq] == (local - period.monday).days // 7, (period.zone, instant)


def test_without_days_it_is_the_last_four_weeks_in_the_desks_zone(clock: SetClock) -> None:
    clock.set(at("2026-03-02 23:30"))  # the 3rd, in UTC
    assert Filters.usual().period == Period(dt.date(2026, 2, 3), dt.date(2026, 3, 2), "America/New_York")
    assert Filters.read({"to": "2026-01-31"}).period.first == dt.date(2026, 1, 4)
    assert Filters.read({"from": "", "to": "", "zone": "", "channel": "", "language": ""}) == Filters.usual()


def test_what_an_address_says_is_said_again() -> None:
    asked = {"from": "2026-03-01", "to": "2026-03-02", "zone": "Europe/London", "channel": "sms", "language": "es"}
    assert Filters.read(asked).query() == asked


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "2026-03-02", "to": "2026-03-01"},
        {"from": "2024-01-01", "to": "2026-03-01"},
        {"from": "yesterday"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"to": "9999-12-31"},
        {"zone": "Mars/Olympus"},
        {"zone": "../../etc/passwd"},
        {"channel": "post"},
        {"language": "English"},
        {"language": "e%"},
    ],
)
def test_what_cannot_be_read_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        Filters.read(wrong)
