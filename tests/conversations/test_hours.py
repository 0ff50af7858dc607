"""When people are there, and what may be said about the wait (C13, C12)."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot import clock as product_clock
from bot import policies
from bot.conversations import distress, handoff, hours, router, waits
from bot.db import Database
from bot.models import Author, Conversation, Holder, Message
from tests import factories
from tests.conftest import SetClock

NEW_YORK = ZoneInfo("America/New_York")
INSTANTS = st.integers(0, 500_000).map(
    lambda minutes: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
)


def local(text: str) -> dt.datetime:
    """An instant by New York's clock."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("at", "is_open", "opens"),
    [
        ("2026-03-02 08:00", True, "2026-03-02 08:00"),  # Monday
        ("2026-03-02 07:59", False, "2026-03-02 08:00"),
        ("2026-03-02 19:59", True, "2026-03-02 19:59"),
        ("2026-03-02 20:00", False, "2026-03-03 08:00"),
        ("2026-03-07 16:59", True, "2026-03-07 16:59"),  # Saturday
        ("2026-03-07 17:00", False, "2026-03-09 08:00"),  # the clocks go on that Sunday
        ("2026-03-08 12:00", False, "2026-03-09 08:00"),
        ("2026-11-26 12:00", False, "2026-11-27 08:00"),  # Thanksgiving
        ("2026-12-25 09:00", False, "2026-12-26 09:00"),
    ],
)
def test_people_are_there_in_the_desks_hours_and_not_on_holidays(at: str, is_open: bool, opens: str) -> None:
    assert hours.is_open(local(at)) is is_open
    assert hours.next_open(local(at)) == local(opens)


@given(INSTANTS)
def test_the_next_opening_is_open_and_never_in_the_past(at: dt.datetime) -> None:
    opens = hours.next_open(at)
    assert opens is not None
    assert opens >= at
    assert hours.is_open(opens)
    assert hours.is_open(at) == (opens == at)


def test_an_instant_is_told_in_the_customers_zone_else_the_desks_is_named() -> None:
    at = local("2026-03-03 08:00")
    assert hours.spoken(at, "en-US", "America/Chicago").replace("\u202f", " ") == "Tuesday, March 3 at 7:00 AM"
    assert hours.spoken(at, "en-US", None).replace("\u202f", " ") == "Tuesday, March 3 at 8:00 AM EST"
    assert hours.spoken(at, "pt-BR", None).endswith("08:00 (Nova York)"), "where EST is read by nobody"
    assert hours.spoken(at, "en-GB", "Europe/London") == "Tuesday, 3 March at 13:00"


def wait(session: Session, clock: SetClock, minutes: int, **given: object) -> None:
    """One hand-over that took so long."""
    conversation = factories.conversation(session)
    handoff.request(session, conversation.id, reason="request_human", skill="general", summary={})
    clock.advance(minutes=minutes)
    handoff.claim(session, conversation.id, factories.agent(session))


def test_a_wait_is_estimated_from_enough_recent_claims_in_hours_alone(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        for minutes in (3, 4, 12, 12):
            wait(session, clock, minutes)
        assert waits.estimate(session) is None  # too few
        wait(session, clock, 14)
        assert waits.estimate(session) == 15
        clock.set(local("2026-03-02 20:30"))
        for _ in range(9):
            wait(session, clock, 60)  # asked out of hours: says nothing about the wait in hours
        assert waits.estimate(session) == 15
        clock.advance(days=policies.desk().wait.recent_days + 1)
        assert waits.estimate(session) is None


def test_a_wait_too_long_to_name_is_not_named(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        for _ in range(5):
            wait(session, clock, 90)
        assert waits.estimate(session) is None


def queued(session: Session, reason: str = "request_human") -> Conversation:
    """A conversation that waits."""
    conversation = factories.conversation(session)
    handoff.request(session, conversation.id, reason=reason, skill="general", summary={})
    return conversation


def test_in_hours_the_place_is_told_and_out_of_hours_when_they_are_back(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        queued(session)
        clock.advance(seconds=1)
        second = queued(session)
        assert waits.told(session, second) == "You're number 2 in line."
        clock.set(local("2026-03-08 12:00"))
        told = waits.told(session, second).replace("\u202f", " ")
        assert told.startswith("You're number 2 in line. Our team isn't in at the moment")
        assert told.endswith("is back on Monday, March 9 at 8:00 AM EDT.")


def test_a_crisis_is_told_no_minutes_and_truly_when_nobody_is_there_c12_c13(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        conversation = queued(session, "crisis")
        assert waits.told(session, conversation) == "You're next."
        clock.set(local("2026-03-08 12:00"))
        assert "is back on Monday, March 9" in waits.told(session, conversation)
        distress.answer(session, conversation)
        session.flush()
        said = session.query(Message).filter_by(conversation_id=conversation.id, author=Author.SYSTEM).one().text
    assert said.index("988") < said.index("is back on Monday, March 9")


def test_the_acknowledgement_says_what_is_true_of_the_wait(db: Database, clock: SetClock) -> None:
    clock.set(local("2026-03-08 12:00"))
    with db.transaction() as session:
        conversation = queued(session)
    with db.transaction() as session:
        router.receive(session, conversation.id, client_id=str(uuid.uuid4()), text="hello?")
    with db.reading() as session:
        said = session.query(Message).filter_by(conversation_id=conversation.id, author=Author.SYSTEM).one()
    assert "is back on Monday" in said.text


def test_a_call_instead_of_the_wait_goes_to_the_assistant(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        conversation = queued(session)
        session.flush()
        from bot.conversations import transcript

        buttons = [{"title": "Arrange a call", "payload": router.CALL_BACK}]
        transcript.append(session, conversation, author=Author.BOT, text="Closed.", buttons=buttons)
    with db.transaction() as session:
        received = router.receive(session, conversation.id, client_id="1", payload=router.CALL_BACK)
    assert received.begun is not None
    with db.reading() as session:
        assert session.get_one(Conversation, conversation.id).holder == Holder.BOT
    assert product_clock.now() == clock.now()
