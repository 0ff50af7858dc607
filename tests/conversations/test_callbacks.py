"""Calls that were promised (C13): one agent has one, how it ended is written down, and a missed one is owned up to."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.conversations import callbacks, transcript
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import Author, Callback, Case, CaseStatus, Channel, Conversation, Customer, HoldKind, Role
from tests import factories
from tests.conftest import SetClock

HOUR = dt.timedelta(hours=1)


def promised(session: Session, *, within: dt.timedelta = HOUR, who: Customer | None = None) -> Callback:
    """A call that begins so soon from now and is expected for an hour."""
    talk = factories.conversation(session, customer_id=who.id if who else None)
    case = Case(conversation_id=talk.id, customer_id=who.id if who else None, kind="callback", summary="About the bill")
    session.add(case)
    session.flush()
    at = clock.now() + within
    made = Callback(
        case_id=case.id,
        conversation_id=talk.id,
        customer_id=who.id if who else None,
        phone="+12125550142",
        starts_at=at,
        ends_at=at + HOUR,
    )
    session.add_all([made, Callback(conversation_id=talk.id, phone="+12125550143")])  # one is only being spoken of
    session.flush()
    return made


def said(session: Session, call: Callback) -> list[str]:
    """What we said in its conversation."""
    return [each.text for each in transcript.after(session, call.conversation_id) if each.author != Author.CUSTOMER]


def test_calls_stand_in_the_order_in_which_they_are_due(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        later, sooner = promised(session, within=3 * HOUR), promised(session)
        assert [call.callback.id for call in callbacks.open_calls(session)] == [sooner.id, later.id]


def test_of_calls_that_ended_the_newest_are_listed_the_last_one_first(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        ana = factories.agent(session)
        first, second, third = (promised(session, within=hours * HOUR) for hours in (3, 2, 1))
        for call in (second, first, third):
            clock.advance(minutes=1)
            callbacks.take(session, call.id, ana)
            callbacks.finish(session, call.id, ana, answered=True, note="Spoke at length")
        assert [each.callback.id for each in callbacks.ended_calls(session, 2)] == [third.id, first.id]


def test_one_agent_has_a_call_and_may_give_it_back(db: Database) -> None:
    with db.transaction() as session:
        ana, ben = factories.agent(session), factories.agent(session, name="Ben")
        call = promised(session)
        for _ in range(2):
            assert callbacks.take(session, call.id, ana).taken_by == ana.id
        assert len(callbacks.open_calls(session)[0].events) == 1
        with pytest.raises(Conflict, match="Ana has this call"):
            callbacks.take(session, call.id, ben)
        with pytest.raises(NotAllowed):
            callbacks.give_back(session, call.id, ben)
        assert callbacks.give_back(session, call.id, ana).taken_by is None
        assert callbacks.take(session, call.id, ben).taken_by == ben.id
        with pytest.raises(NotFound):
            callbacks.take(session, uuid.uuid4(), ana)


def test_how_it_ended_is_written_down_once_and_the_case_is_done(db: Database) -> None:
    with db.transaction() as session:
        ana, sol = factories.agent(session), factories.agent(session, name="Sol", role=Role.SUPERVISOR)
        call = promised(session)
        with pytest.raises(NotAllowed, match="Take the call first"):
            callbacks.finish(session, call.id, sol, answered=True, note="Spoke at length")
        callbacks.take(session, call.id, ana)
        with pytest.raises(InvalidInput):
            callbacks.finish(session, call.id, ana, answered=True, note=" ok ")
        for _ in range(2):
            ended = callbacks.finish(session, call.id, ana, answered=True, note="Spoke at length")
        assert (ended.case.status, ended.end and ended.end.note) == (CaseStatus.DONE, "Spoke at length")
        assert (callbacks.open_calls(session), said(session, call)) == ([], [])
        assert [each.callback.id for each in callbacks.ended_calls(session, 5)] == [call.id]
        for work in (callbacks.take, callbacks.give_back):
            with pytest.raises(Conflict):
                work(session, call.id, ana)


def test_who_did_not_answer_hears_that_we_tried_and_how_to_ask_again_p1(db: Database) -> None:
    with db.transaction() as session:
        ana = factories.agent(session)
        call = promised(session)
        callbacks.take(session, call.id, ana)
        for _ in range(2):
            callbacks.finish(session, call.id, ana, answered=False, note="Rang ten times")
        [told] = transcript.after(session, call.conversation_id)
        assert "tried to call you" in told.text
        assert [button["payload"] for button in told.buttons or []] == ["/request_callback", "/request_human"]


def test_a_missed_call_is_owned_up_to_once_and_stays_on_the_list(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        ana = factories.agent(session)
        missed, taken = promised(session), promised(session)
        callbacks.take(session, taken.id, ana)
    assert callbacks.sweep(db) == 0
    clock.advance(hours=3)
    assert (callbacks.sweep(db), callbacks.sweep(db)) == (1, 0)
    with db.reading() as session:
        [told] = said(session, missed)
        assert "I'm sorry" in told
        assert said(session, taken) == []
        assert [call.was_told for call in callbacks.open_calls(session)] == [True, False]


def test_where_contact_is_stopped_or_it_is_long_ago_nothing_is_said_c8(sqlite_db: Database, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        who = factories.customer(session)
        factories.hold_customer(session, who, HoldKind.ATTORNEY)
        held = promised(session, who=who)
        wrong = promised(session)
        row = session.get_one(Conversation, wrong.conversation_id)
        row.channel, row.address = Channel.SMS, "+12125550142"
        factories.hold_customer(session, who, HoldKind.WRONG_PERSON, customer_id=None, address="+12125550142")
    clock.advance(hours=3)
    assert callbacks.sweep(sqlite_db) == 0
    with sqlite_db.transaction() as session:
        assert said(session, held) == said(session, wrong) == []
        old = promised(session)
    clock.advance(days=4)
    assert callbacks.sweep(sqlite_db) == 0
    with sqlite_db.reading() as session:
        assert said(session, old) == []
        assert session.scalar(sa.select(sa.func.count()).select_from(Callback)) == 6
