"""How it was is asked once after something was settled, never in hard times, never twice in a few days (K14)."""

from __future__ import annotations

import pytest

from bot import policies
from bot.conversations import feedback, handoff, router
from bot.db import Database
from bot.models import Author, Case, Conversation, Feedback, HoldKind, Message
from tests import factories
from tests.conftest import SetClock


def settled(db: Database) -> Conversation:
    """A talk in which a dispute was taken down."""
    with db.transaction() as session:
        conversation = factories.conversation(session)
        session.add(Case(conversation_id=conversation.id, kind="dispute", summary=""))
    return conversation


def due(db: Database, conversation: Conversation) -> str | None:
    """What may be asked about."""
    with db.reading() as session:
        return feedback.due(session, session.get_one(Conversation, conversation.id))


def test_it_is_asked_after_something_was_settled_and_not_before(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        fresh = factories.conversation(session)
    assert due(db, fresh) is None
    talk = settled(db)
    assert due(db, talk) == "dispute"
    clock.advance(hours=policies.desk().feedback.resolved_hours + 1)
    assert due(db, talk) is None


def test_it_is_not_asked_twice_in_a_few_days(db: Database, clock: SetClock) -> None:
    talk = settled(db)
    with db.transaction() as session:
        feedback.asked(session, session.merge(talk), "dispute")
    assert due(db, talk) is None
    clock.advance(days=policies.desk().feedback.quiet_days, hours=1)
    with db.transaction() as session:
        session.add(Case(conversation_id=talk.id, kind="dispute", summary=""))
    assert due(db, talk) == "dispute"


def test_nor_of_somebody_who_was_asked_elsewhere(db: Database, clock: SetClock) -> None:
    talk = settled(db)
    with db.transaction() as session:
        customer = factories.customer(session)
        other = factories.conversation(session, customer_id=customer.id)
        feedback.asked(session, other, "payment")
        session.merge(talk).customer_id = customer.id
    assert due(db, talk) is None


@pytest.mark.parametrize("kind", sorted(policies.desk().feedback.never_beside))
def test_it_is_never_asked_beside_a_hard_time(db: Database, clock: SetClock, kind: str) -> None:
    talk = settled(db)
    with db.transaction() as session:
        session.add(Case(conversation_id=talk.id, kind=kind, summary=""))
    assert due(db, talk) is None


@pytest.mark.parametrize("reason", ["crisis", "vulnerability"])
def test_it_is_never_asked_after_a_person_for_care_was_called_c12(db: Database, clock: SetClock, reason: str) -> None:
    talk = settled(db)
    with db.transaction() as session:
        handoff.request(session, talk.id, reason=reason, skill="care", summary={})
    assert due(db, talk) is None


def test_it_is_never_asked_under_a_hold_c8(db: Database, clock: SetClock) -> None:
    talk = settled(db)
    with db.transaction() as session:
        customer = factories.customer(session)
        session.merge(talk).customer_id = customer.id
        factories.hold_customer(session, customer, HoldKind.BREATHING_SPACE)
    assert due(db, talk) is None


def test_what_is_given_belongs_to_what_was_asked(db: Database, clock: SetClock) -> None:
    talk = settled(db)
    with db.transaction() as session:
        feedback.asked(session, session.merge(talk), "dispute")
    clock.advance(hours=1)
    with db.transaction() as session:
        given = feedback.give(session, session.merge(talk), 4, None, "plan")
        feedback.comment(session, given.id, "Quick.")
        feedback.comment(session, given.id, "And kind.")
    with db.reading() as session:
        (row,) = session.query(Feedback).all()
    assert (row.rating, row.comment, row.about) == (4, "Quick.\nAnd kind.", "dispute")


def test_what_is_given_unasked_is_kept_too(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        feedback.give(session, factories.conversation(session), None, "Nice.", "plan")
    with db.reading() as session:
        (row,) = session.query(Feedback).all()
    assert (row.rating, row.about, row.asked_at) == (None, "plan", None)


def test_after_a_talk_with_a_person_it_is_asked_with_five_choices(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        conversation, agent = factories.conversation(session), factories.agent(session)
        for _ in range(2):
            handoff.request(session, conversation.id, reason="request_human", skill="general", summary={})
            handoff.claim(session, conversation.id, agent)
            handoff.close(session, conversation.id, agent)
    with db.reading() as session:
        said = session.query(Message).filter_by(conversation_id=conversation.id, author=Author.SYSTEM).all()
    (asked,) = [message for message in said if message.buttons]
    assert [button["payload"] for button in asked.buttons or []] == [
        f'/give_feedback{{"rating": "{rating}"}}' for rating in range(1, 6)
    ]


def test_a_person_for_care_closes_without_the_question_c12(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        conversation, agent = factories.conversation(session), factories.agent(session)
        handoff.request(session, conversation.id, reason="vulnerability", skill="care", summary={})
        handoff.claim(session, conversation.id, agent)
        handoff.close(session, conversation.id, agent)
    with db.reading() as session:
        assert session.query(Feedback).count() == 0


def test_a_rating_leaves_a_closed_talk_closed_and_other_words_open_it(db: Database) -> None:
    for said, stays in (("5", True), ("4/5", True), ("5 more days please", False), (None, True)):
        with db.transaction() as session:
            agent, talk = factories.agent(session), factories.conversation(session)
            handoff.request(session, talk.id, reason="request_human", skill="general", summary={})
            handoff.claim(session, talk.id, agent)
            handoff.close(session, talk.id, agent)
        payload = '/give_feedback{"rating": "5"}' if said is None else None
        with db.transaction() as session:
            router.receive(session, talk.id, client_id="one", text=said, payload=payload)
        with db.reading() as session:
            assert (session.get_one(Conversation, talk.id).closed_at is not None) is stays, said
