"""When an agent disappears their conversations go back to the queue, and everybody is told."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from bot.conversations import handoff, transcript, transfers
from bot.conversations.assignment import notices, presence, returning
from bot.db import Database, lock
from bot.errors import Conflict, InvalidInput
from bot.models import Agent, Author, Availability, Conversation, Handoff, HandoffEventKind, Holder, NoticeKind
from bot.words import say
from tests import factories
from tests.conftest import SetClock
from tests.conversations.at_work import TOO_LONG_S, available, holder_of, presence_of, unheard_of, waiting


def held_by(db: Database, agent: Agent, **given: object) -> uuid.UUID:
    """A conversation that the agent has."""
    with db.transaction() as session:
        conversation_id = waiting(session, **given)
        handoff.claim(session, conversation_id, agent)
    return conversation_id


def says(db: Database, conversation_id: uuid.UUID, text: str) -> dt.datetime:
    """The customer writes; when that was."""
    with db.transaction() as session:
        row = lock(session, Conversation, conversation_id)
        assert row is not None
        return transcript.append(session, row, author=Author.CUSTOMER, text=text).created_at


def told(db: Database, conversation_id: uuid.UUID) -> list[str]:
    """What the customer was told of who speaks."""
    with db.reading() as session:
        return [each.text for each in transcript.after(session, conversation_id) if each.author == Author.SYSTEM]


def test_a_conversation_of_an_agent_who_is_gone_returns_to_its_old_place_and_all_are_told(
    db: Database, clock: SetClock
) -> None:
    with db.transaction() as session:
        ana = available(session)
    first = held_by(db, ana, priority=4)
    asked_at = clock.now()
    clock.advance(minutes=3)
    with db.transaction() as session:
        later, urgent = waiting(session, priority=4), waiting(session, priority=1)
        unheard_of(session, ana, TOO_LONG_S)
    assert returning.sweep(db) == 1
    assert returning.sweep(db) == 0
    row = holder_of(db, first)
    assert (row.holder, row.agent_id, row.waiting_since) == (Holder.QUEUE, None, asked_at)
    with db.reading() as session:
        assert [each.conversation_id for each in factories.in_line(session)] == [urgent, first, later]
        event = session.get_one(Handoff, row.handoff_id).events[-1]
        assert (event.kind, event.actor) == (HandoffEventKind.TRANSFERRED, "system")
        assert transcript.after(session, first)[-1].text == say("requeued", "en-US", agent="Ana")
        [told] = notices.unseen(session, ana.id)
    assert (told.kind, told.conversation_id, told.by) == (NoticeKind.TAKEN_BACK, first, None)
    with db.transaction() as session:
        notices.seen(session, ana.id)
        assert notices.unseen(session, ana.id) == []


def test_who_was_answered_waits_since_what_they_wrote_after_that(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        ana = available(session)
    conversation_id = held_by(db, ana)
    clock.advance(minutes=1)
    with db.transaction() as session:
        handoff.reply(session, conversation_id, ana, "Hello", "1")
    clock.advance(minutes=1)
    unanswered = says(db, conversation_id, "One more thing")
    clock.advance(minutes=1)
    says(db, conversation_id, "And another")
    with db.transaction() as session:
        unheard_of(session, ana, TOO_LONG_S)
    returning.sweep(db)
    assert holder_of(db, conversation_id).waiting_since == unanswered


def test_who_is_put_back_by_hand_waits_since_the_same_moment(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        ana = available(session)
    heard, unheard = held_by(db, ana), held_by(db, ana)
    asked_at = clock.now()
    clock.advance(minutes=1)
    with db.transaction() as session:
        handoff.reply(session, heard, ana, "Hello", "1")
    clock.advance(minutes=1)
    unanswered = says(db, heard, "One more thing")
    says(db, unheard, "Is anybody there?")
    clock.advance(minutes=1)
    with db.transaction() as session:
        for each in (heard, unheard):
            transfers.transfer(session, each, ana, None)
    assert (holder_of(db, heard).waiting_since, holder_of(db, unheard).waiting_since) == (unanswered, asked_at)


def test_to_be_handed_a_conversation_is_no_sign_of_an_open_desk(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        ana, ben = available(session), available(session, name="Ben")
        unheard_of(session, ben, TOO_LONG_S)
    conversation_id = held_by(db, ana)
    clock.advance(minutes=1)
    with db.transaction() as session:
        transfers.transfer(session, conversation_id, ana, ben)
    row = presence_of(db, ben)
    assert (presence.availability(row), row.idle_since) == (Availability.OFFLINE, clock.now())
    assert "Ben, a colleague, will answer you here" in told(db, conversation_id)[-1], "nobody reads who is not there"
    assert returning.sweep(db) == 1


def test_who_comes_back_in_time_or_is_not_known_yet_keeps_theirs(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        ana, ben = available(session), factories.agent(session)
        unheard_of(session, ana, TOO_LONG_S)
    mine, theirs = held_by(db, ana), held_by(db, ben)
    with db.transaction() as session:
        session.delete(presence.own(session, ben.id))  # as it was before there was presence
    assert returning.sweep(db) == 0, "claiming is a sign of life"
    assert (holder_of(db, mine).agent_id, holder_of(db, theirs).agent_id) == (ana.id, ben.id)
    clock.advance(days=1)  # as the demo's clock does
    assert returning.sweep(db) == 0
    with db.transaction() as session:
        unheard_of(session, ben, TOO_LONG_S)
    assert returning.sweep(db) == 1


def test_what_a_disabled_agent_had_goes_back_at_once_and_so_does_what_is_given_up(
    db: Database, clock: SetClock
) -> None:
    with db.transaction() as session:
        ana, ben = available(session), available(session)
    mine, theirs, other = held_by(db, ana), held_by(db, ben), held_by(db, ben)
    with db.transaction() as session:
        session.get_one(Agent, ana.id).disabled_at = clock.now()
    assert returning.sweep(db) == 1
    assert returning.all_of(db, ben.id) == 2
    assert {holder_of(db, each).holder for each in (mine, theirs, other)} == {Holder.QUEUE}


def test_a_sign_of_life_is_written_now_and_then_and_who_is_offline_leaves_none(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        agent = factories.agent(session)
    presence.sign(sqlite_db, agent.id)
    row = presence_of(sqlite_db, agent)
    assert presence.availability(row) == Availability.AWAY, "until they choose"
    presence.sign(sqlite_db, agent.id)
    assert presence_of(sqlite_db, agent).seen_at == row.seen_at
    with sqlite_db.transaction() as session:
        presence.choose(session, agent, Availability.OFFLINE)
        unheard_of(session, agent, TOO_LONG_S)
    presence.sign(sqlite_db, agent.id)
    assert presence.is_gone(presence_of(sqlite_db, agent))
    with sqlite_db.transaction() as session:
        presence.choose(session, agent, Availability.AVAILABLE)
    assert presence.availability(presence_of(sqlite_db, agent)) == Availability.AVAILABLE


def test_a_colleague_who_gets_or_loses_a_conversation_is_told_by_whom_and_a_team_by_its_name(db: Database) -> None:
    with db.transaction() as session:
        ana, ben, sol = (factories.agent(session, name=name) for name in ("Ana", "Ben", "Sol"))
    conversation_id = held_by(db, ana)
    with db.transaction() as session:
        transfers.transfer(session, conversation_id, sol, ben, "Speaks Spanish")
    with db.reading() as session:
        [given] = notices.unseen(session, ben.id)
        [taken] = notices.unseen(session, ana.id)
    assert (given.kind, given.by, taken.kind, taken.by) == (
        NoticeKind.HANDED_OVER, sol.id, NoticeKind.TAKEN_BACK, sol.id,
    )  # fmt: skip
    said = len(told(db, conversation_id))
    with db.transaction() as session, pytest.raises(Conflict, match="Ben has this conversation already"):
        transfers.transfer(session, conversation_id, sol, ben, anyway=True)
    assert len(told(db, conversation_id)) == said, "nobody is told twice"
    with db.transaction() as session, pytest.raises(InvalidInput, match="care"):
        transfers.transfer(session, conversation_id, ben, None, skill="magic")
    with db.transaction() as session:
        transfers.transfer(session, conversation_id, ben, None, skill="care")
    row = holder_of(db, conversation_id)
    with db.reading() as session:
        assert (row.holder, session.get_one(Handoff, row.handoff_id).skill) == (Holder.QUEUE, "care")
        assert session.scalars(sa.select(Handoff.skill)).all() == ["care"]
