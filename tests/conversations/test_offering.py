"""Waiting conversations are offered to who can take them: one at a time, once, and to nobody who is not there."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from bot import policies
from bot.conversations import handoff, transfers
from bot.conversations.assignment import offering, offers, presence
from bot.db import Database
from bot.errors import Conflict, NotFound
from bot.models import Agent, Availability, Conversation, Holder, Offer, OfferOutcome
from tests import factories
from tests.conftest import SetClock
from tests.conversations.at_work import available, holder_of, offered, outcomes, unheard_of, waiting

pytestmark = pytest.mark.usefixtures("clock")


def test_k13_the_first_in_line_is_offered_to_who_has_the_skill_the_language_and_the_room(db: Database) -> None:
    with db.transaction() as session:
        everything = available(session)
        carer = available(session, skills=["care"], languages=["en"])
        full = available(session, skills=["care"], capacity=0)
        patient = waiting(session)
        spanish = waiting(session, locale="es-MX", skill="care", priority=2)
        crisis = waiting(session, skill="care", priority=0)
    assert offering.round_of(db) == 2
    assert offered(db) == {crisis: carer.id, spanish: everything.id}
    assert offering.round_of(db) == 0, "one open offer an agent"
    assert patient not in offered(db)
    assert full.id not in offered(db).values()


def test_accepting_is_claiming_and_others_may_still_claim_by_hand(db: Database) -> None:
    with db.transaction() as session:
        ana, ben = available(session), factories.agent(session, name="Ben")
        first, second = waiting(session, priority=1), waiting(session)
    offering.round_of(db)
    with db.transaction() as session:
        handoff.claim(session, first, ana)
    offering.round_of(db)
    with db.transaction() as session:
        handoff.claim(session, second, ben)
    assert outcomes(db) == [OfferOutcome.ACCEPTED, OfferOutcome.WITHDRAWN]
    assert holder_of(db, second).agent_id == ben.id


def test_an_offer_ends_when_the_customer_goes_back_to_the_assistant(db: Database) -> None:
    with db.transaction() as session:
        available(session)
        conversation_id = waiting(session)
    offering.round_of(db)
    with db.transaction() as session:
        handoff.withdraw(session, session.get_one(Conversation, conversation_id))
    assert outcomes(db) == [OfferOutcome.WITHDRAWN]


def test_what_is_not_accepted_in_time_or_declined_goes_to_the_next_and_after_a_rest_to_the_same_again(
    db: Database, clock: SetClock
) -> None:
    with db.transaction() as session:
        ana, ben = available(session, capacity=4), available(session, capacity=2, name="Ben")
        waiting(session)
    offering.round_of(db)
    [first] = offered(db).values()
    clock.advance(seconds=policies.assignment().accept_seconds)
    offering.round_of(db)
    [second] = offered(db).values()
    assert {first, second} == {ana.id, ben.id}
    assert outcomes(db)[0] == OfferOutcome.EXPIRED
    for _ in range(2):  # clicked twice
        with db.transaction() as session:
            offer = session.scalars(sa.select(Offer).where(Offer.agent_id == second)).one()
            offers.decline(session, offers.find(session, offer.id, second))
    offering.round_of(db)
    assert offered(db) == {}, "both had it"
    clock.advance(minutes=policies.assignment().rest_minutes)
    offering.round_of(db)
    assert list(offered(db).values()) == [ana.id]


def test_who_is_away_or_whose_desk_is_closed_is_asked_for_nothing_and_loses_what_is_open(db: Database) -> None:
    with db.transaction() as session:
        away, gone, disabled = available(session), available(session), available(session)
        presence.choose(session, away, Availability.AWAY)
        unheard_of(session, gone, policies.assignment().presence.stale_seconds + 1)
        disabled.disabled_at = away.created_at
        waiting(session)
    assert offering.round_of(db) == 0
    with db.transaction() as session:
        presence.choose(session, gone, Availability.AVAILABLE)
    assert offering.round_of(db) == 1
    with db.transaction() as session:
        presence.leave(session, gone.id)
    assert offering.round_of(db) == 0
    assert outcomes(db) == [OfferOutcome.WITHDRAWN]


def test_nothing_is_offered_while_the_desk_is_closed_and_the_oldest_promise_comes_first_when_it_opens(
    db: Database, clock: SetClock
) -> None:
    clock.set(dt.datetime(2026, 3, 3, 3, 0, tzinfo=dt.UTC))  # Monday, 10 PM in New York
    with db.transaction() as session:
        old = waiting(session)
    clock.advance(hours=2)
    with db.transaction() as session:
        available(session)
        waiting(session)
    assert offering.round_of(db) == 0
    clock.set(dt.datetime(2026, 3, 3, 13, 0, tzinfo=dt.UTC))
    assert offering.round_of(db) == 1
    assert list(offered(db)) == [old]


def test_who_gave_a_conversation_back_is_not_asked_for_it_first(db: Database) -> None:
    with db.transaction() as session:
        ana = available(session)
        conversation_id = waiting(session)
        handoff.claim(session, conversation_id, ana)
        transfers.transfer(session, conversation_id, ana, None, skill="plans")
    assert offering.round_of(db) == 0
    with db.transaction() as session:
        ben = available(session, skills=["plans"], name="Ben")
    offering.round_of(db)
    assert offered(db) == {conversation_id: ben.id}


def test_nobody_is_hidden_behind_those_whom_no_one_who_is_free_can_take(db: Database) -> None:
    with db.transaction() as session:
        english = available(session, languages=["en"])
        carer = available(session, skills=["care"], languages=["pt"])
        refusing = available(session, skills=["plans"])
        spanish = [waiting(session, locale="es-MX", priority=0) for _ in range(5)]
        refused = [waiting(session, skill="plans", locale="es_MX", priority=1) for _ in range(5)]
        for each in refused:
            offers.let_go(session, session.get_one(Conversation, each), refusing.id)
        first, _ = waiting(session, priority=3), waiting(session, priority=4)
        care = waiting(session, skill="care", locale="pt-BR", priority=5)
        plan = waiting(session, skill="plans", locale="es", priority=9)
    assert offering.round_of(db) == 3
    assert offered(db) == {first: english.id, care: carer.id, plan: refusing.id}
    assert not {*spanish, *refused} & set(offered(db))


def test_an_offer_is_the_agents_own_and_what_was_taken_cannot_be_declined(db: Database) -> None:
    with db.transaction() as session:
        ana, ben = available(session), factories.agent(session)
        conversation_id = waiting(session)
    offering.round_of(db)
    with db.transaction() as session:
        offer = session.scalars(sa.select(Offer)).one()
        for stranger, id in ((ben, offer.id), (ana, uuid.uuid4())):
            with pytest.raises(NotFound):
                offers.find(session, id, stranger.id)
        handoff.claim(session, conversation_id, ben)
        with pytest.raises(Conflict, match="ended already"):
            offers.decline(session, offer)


def test_the_policy_can_switch_offers_off(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    off = policies.assignment().model_copy(update={"offers": False})
    monkeypatch.setattr(policies, "assignment", lambda: off)
    with sqlite_db.transaction() as session:
        available(session)
        waiting(session)
    assert offering.round_of(sqlite_db) == 0


@contextmanager
def together(work: list[threading.Thread]) -> Iterator[None]:
    """All at once, and done."""
    for each in work:
        each.start()
    yield
    for each in work:
        each.join(60)


def test_many_processes_that_offer_at_once_make_one_offer_for_each_and_none_beyond_capacity(db: Database) -> None:
    with db.transaction() as session:
        agents = [available(session, capacity=2) for _ in range(6)]
        for _ in range(20):
            waiting(session)
    failed: list[BaseException] = []

    def process() -> None:
        try:
            for waits, free in db.in_reading(offering.pairs):
                with db.transaction() as session:
                    offers.make(session, waits, free.agent_id)
        except BaseException as error:
            failed.append(error)

    for _ in range(3):
        with together([threading.Thread(target=process) for _ in range(8)]):
            pass
        assert failed == []
        for conversation_id, agent_id in offered(db).items():
            with db.transaction() as session:
                handoff.claim(session, conversation_id, session.get_one(Agent, agent_id))
    with db.reading() as session:
        rows = session.execute(
            sa.select(Conversation.agent_id, sa.func.count().label("number"))
            .where(Conversation.holder == Holder.AGENT)
            .group_by(Conversation.agent_id)
        )
        held = {each.agent_id: each.number for each in rows}
    assert held == {agent.id: 2 for agent in agents}
    assert outcomes(db) == [OfferOutcome.ACCEPTED] * 12
