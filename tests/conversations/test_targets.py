"""By when a person answers first: counted in opening hours, written down once, warned of once, met or not (K13)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.conversations import handoff, hours
from bot.conversations.assignment import targets
from bot.db import Database
from bot.models import HandoffTarget
from tests import factories
from tests.conftest import SetClock
from tests.conversations.at_work import holder_of, waiting

MONDAY = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)  # 10 AM in New York


def target_of(db: Database, conversation_id: uuid.UUID) -> HandoffTarget:
    """The target of its present hand-over."""
    with db.reading() as session:
        return session.get_one(HandoffTarget, holder_of(db, conversation_id).handoff_id)


@pytest.mark.parametrize(
    ("asked_at", "minutes", "due_at"),
    [
        (MONDAY, 20, MONDAY + dt.timedelta(minutes=20)),
        (MONDAY.replace(hour=4), 20, MONDAY.replace(hour=13, minute=20)),  # before the desk opens at 8
        (dt.datetime(2026, 3, 3, 0, 50, tzinfo=dt.UTC), 20, dt.datetime(2026, 3, 3, 13, 10, tzinfo=dt.UTC)),
        (dt.datetime(2026, 3, 7, 21, 55, tzinfo=dt.UTC), 20, dt.datetime(2026, 3, 9, 12, 15, tzinfo=dt.UTC)),
        (dt.datetime(2026, 7, 4, 15, 0, tzinfo=dt.UTC), 1, dt.datetime(2026, 7, 6, 12, 1, tzinfo=dt.UTC)),
    ],
    ids=["while open", "before", "over the night", "over Sunday and the clocks' change", "over a holiday"],
)
def test_minutes_are_counted_in_opening_hours(asked_at: dt.datetime, minutes: int, due_at: dt.datetime) -> None:
    assert targets.due(asked_at, minutes) == due_at


@given(st.integers(0, 300 * 24 * 60), st.integers(1, 3_000), st.integers(1, 3_000))
def test_a_target_falls_into_opening_hours_and_more_minutes_never_end_sooner(
    later: int, minutes: int, more: int
) -> None:
    at = MONDAY + dt.timedelta(minutes=later)
    first, second = targets.due(at, minutes), targets.due(at, minutes + more)
    assert first is not None
    assert second is not None
    assert at < first < second
    assert hours.is_open(first - dt.timedelta(microseconds=1))


def test_the_less_patient_priority_has_the_shorter_target(db: Database, clock: SetClock) -> None:
    policy = policies.assignment()
    with db.transaction() as session:
        found = {priority: waiting(session, priority=priority) for priority in range(10)}
    minutes = [(target_of(db, found[priority]).target_at - clock.now()).total_seconds() / 60 for priority in range(10)]
    assert minutes == sorted(minutes) == [policy.target_minutes(priority) for priority in range(10)]
    assert minutes[2] == policy.targets[3]


def test_the_sweep_writes_warning_and_breach_once_and_an_answer_in_time_leaves_neither(
    db: Database, clock: SetClock
) -> None:
    with db.transaction() as session:
        ana = factories.agent(session)
        slow, quick = waiting(session), waiting(session)
        handoff.claim(session, quick, ana)
    targets.sweep(db)
    assert target_of(db, slow).warned_at is None
    clock.advance(minutes=16)
    with db.transaction() as session:
        handoff.reply(session, quick, ana, "Hello", "1")
    targets.sweep(db)
    warned_at = clock.now()
    with db.reading() as session:
        assert [conversation.id for conversation, _, _ in targets.late(session)] == [slow]
        assert targets.late_count(session) == 1
    clock.advance(minutes=5)
    targets.sweep(db)
    breached_at = clock.now()
    clock.advance(minutes=5)
    targets.sweep(db)
    row = target_of(db, slow)
    assert (row.warned_at, row.breached_at, row.answered_at) == (warned_at, breached_at, None)
    met = target_of(db, quick)
    assert (met.warned_at, met.breached_at, met.answered_at) == (None, None, warned_at)
    with db.transaction() as session:
        handoff.claim(session, slow, ana)
        for number in range(2):
            handoff.reply(session, slow, ana, "Sorry for the wait", str(number))
            clock.advance(minutes=1)
    assert target_of(db, slow).answered_at == breached_at + dt.timedelta(minutes=5)
    assert target_of(db, slow).breached_at == breached_at
    with db.reading() as session:
        assert (targets.late(session), targets.late_count(session)) == ([], 0)


def test_an_answer_after_the_target_is_a_breach_even_before_the_sweep_and_who_left_is_none(
    db: Database, clock: SetClock
) -> None:
    with db.transaction() as session:
        ana = factories.agent(session)
        late, left = waiting(session), waiting(session)
        handoff.claim(session, late, ana)
    with db.transaction() as session:
        handoff.withdraw(session, session.get_one(type(holder_of(db, left)), left))
    gone = target_of(db, left)
    clock.advance(hours=1)
    with db.transaction() as session:
        handoff.reply(session, late, ana, "Hello", "1")
    targets.sweep(db)
    assert target_of(db, late).breached_at == target_of(db, late).answered_at == clock.now()
    assert (gone.warned_at, target_of(db, left).breached_at) == (None, None)
