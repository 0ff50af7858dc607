"""The question after a missed instalment: kind, once, in the right place, whoever sweeps at the same time."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session

from bot.billing import plans
from bot.conversations import holder, transcript
from bot.db import Database, lock
from bot.models import Case, Conversation, Customer, Hold, Holder, HoldKind, Message, PlanEvent, PlanEventKind
from bot.outreach import missed, reminders
from bot.settings import ROOT
from tests import factories
from tests.conftest import SetClock
from tests.outreach.reminded import decided, reminded, rows


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Today is Monday, 2 March 2026, nine in the morning in Chicago."""


@pytest.fixture
def conversation(db: Database, clock: SetClock) -> Conversation:
    """Maya's, who agreed a plan of 4 × 50.12 from 9 March; it is the day after that."""
    with db.transaction() as session:
        maya = factories.maya(session)
        plans.agree(session, plans.quote(session, maya, conversation_id=None, months=[4])[0].id, maya)
        made = factories.conversation(session, customer_id=maya.id)
    clock.advance(days=8)
    return made


def verify(db: Database, conversation: Conversation, clock: SetClock) -> None:
    with db.transaction() as session:
        session.get_one(Conversation, conversation.id).verified_until = clock.now().replace(hour=23)


def messages(session: Session, conversation: Conversation) -> list[Message]:
    return transcript.after(session, conversation.id)


def test_k1_a_kind_open_question_with_ways_forward_is_asked_once(
    db: Database, conversation: Conversation, clock: SetClock
) -> None:
    verify(db, conversation, clock)
    assert missed.sweep(db) == [conversation.id]
    assert missed.sweep(db) == []
    with db.reading() as session:
        (asked,) = messages(session, conversation)
    assert "$50.12" in asked.text
    assert "March 9, 2026" in asked.text
    assert "How are things?" in asked.text
    assert [button["payload"] for button in asked.buttons or []] == [
        "/request_plan", "/make_payment", "/request_human",
    ]  # fmt: skip


def test_p1_without_proof_of_identity_the_question_implies_nothing(db: Database, conversation: Conversation) -> None:
    assert missed.sweep(db) == [conversation.id]
    with db.reading() as session:
        (asked,) = messages(session, conversation)
    for word in ("$", "plan", "instal", "owe", "due", "pay", "March"):
        assert word not in asked.text.lower()
    assert [button["payload"] for button in asked.buttons or []] == ["/check_balance", "/request_human"]


def test_every_button_is_an_intent_of_the_dialogue(db: Database, conversation: Conversation, clock: SetClock) -> None:
    verify(db, conversation, clock)
    missed.sweep(db)
    intents = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"]
    names = {name if isinstance(name, str) else next(iter(name)) for name in intents}
    with db.reading() as session:
        (asked,) = messages(session, conversation)
    assert {button["payload"].removeprefix("/") for button in asked.buttons or []} <= names


def test_the_newest_conversation_is_chosen(db: Database, conversation: Conversation, clock: SetClock) -> None:
    with db.transaction() as session:
        hour_ago = clock.now() - dt.timedelta(hours=1)
        newer = factories.conversation(session, customer_id=conversation.customer_id, last_message_at=hour_ago)
    assert missed.sweep(db) == [newer.id]


def test_the_bot_does_not_ask_while_a_person_has_the_conversation(
    db: Database, conversation: Conversation, clock: SetClock
) -> None:
    with db.transaction() as session:
        held = lock(session, Conversation, conversation.id)
        assert held is not None
        holder.change(session, held, Holder.QUEUE)
    assert missed.sweep(db) == []
    with db.transaction() as session:
        assert messages(session, conversation) == []
        given_back = lock(session, Conversation, conversation.id)
        assert given_back is not None
        holder.change(session, given_back, Holder.BOT)
    clock.advance(days=1)
    assert missed.sweep(db) == [conversation.id]


def test_c8_an_address_that_refused_is_left_alone(db: Database, conversation: Conversation) -> None:
    with db.transaction() as session:
        session.add(Hold(kind=HoldKind.CEASE, address=conversation.address, conversation_id=conversation.id))
    assert missed.sweep(db) == []


def test_who_never_wrote_is_left_to_the_desk_once(db: Database, conversation: Conversation, clock: SetClock) -> None:
    with db.transaction() as session:
        session.get_one(Conversation, conversation.id).customer_id = None
    for _ in range(2):
        assert missed.sweep(db) == []
        clock.advance(days=1)
    with db.reading() as session:
        case = session.scalars(sa.select(Case)).one()
    assert (case.kind, case.customer_id) == ("instalment_missed", conversation.customer_id)


def test_a_conversation_at_work_is_passed_over_and_asked_later(postgres_db: Database, clock: SetClock) -> None:
    with postgres_db.transaction() as session:
        maya = factories.maya(session)
        plans.agree(session, plans.quote(session, maya, conversation_id=None, months=[4])[0].id, maya)
        conversation = factories.conversation(session, customer_id=maya.id)
    clock.advance(days=8)
    with postgres_db.transaction() as session:
        lock(session, Conversation, conversation.id)
        assert missed.sweep(postgres_db) == []
    assert missed.sweep(postgres_db) == [conversation.id]


def test_ten_workers_ask_twelve_customers_once_each(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        for _ in range(12):
            customer = factories.customer(session)
            factories.invoice(session, customer)
            plans.agree(session, plans.quote(session, customer, conversation_id=None)[0].id, customer)
            factories.conversation(session, customer_id=customer.id)
    clock.advance(days=8)
    told: list[uuid.UUID] = []
    ready = threading.Barrier(10)

    def run() -> None:
        ready.wait()
        told.extend(missed.sweep(db))

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told += missed.sweep(db)  # one that was passed over by everybody
    assert len(told) == len(set(told)) == 12
    with db.reading() as session:
        count = sa.select(sa.func.count())
        assert session.scalar(count.select_from(Message)) == 12
        assert session.scalar(count.where(PlanEvent.kind == PlanEventKind.MISSED)) == 12
        assert session.scalar(count.select_from(Customer)) == 12


def on_phone(db: Database, clock: SetClock, *, says_yes: bool) -> Customer:
    """Somebody with a plan of whom only a phone is known; its first instalment's day was yesterday."""
    with db.transaction() as session:
        customer = reminded(session) if says_yes else factories.customer(session)
        factories.invoice(session, customer)
        plans.agree(session, plans.quote(session, customer, conversation_id=None)[0].id, customer)
    clock.advance(days=8)
    return customer


def test_c1_on_a_phone_the_gate_is_asked_and_its_word_is_kept(on: Database, clock: SetClock) -> None:
    on_phone(on, clock, says_yes=True)
    clock.set(clock.now().replace(hour=4))  # eleven at night
    assert missed.sweep(on) == []
    clock.set(clock.now().replace(hour=14))
    assert len(missed.sweep(on)) == 1
    assert missed.sweep(on) == []
    (row,) = rows(on)
    assert (row.kind, row.step, row.medium, row.status) == ("instalment", 1, "sms", "sent")
    assert decided(on)[-1] == ("sms", "may_go")


def test_c2_after_a_reminder_on_the_same_day_the_question_waits(on: Database, clock: SetClock) -> None:
    customer = on_phone(on, clock, says_yes=True)
    with on.transaction() as session:
        factories.invoice(session, session.get_one(Customer, customer.id), late=0)
    assert len(reminders.sweep(on)) == 1
    assert missed.sweep(on) == []
    clock.advance(days=1)
    assert len(missed.sweep(on)) == 1


def test_c14_where_nobody_said_yes_it_is_left_to_the_desk_once(on: Database, clock: SetClock) -> None:
    on_phone(on, clock, says_yes=False)
    for _ in range(3):
        assert missed.sweep(on) == []
        clock.advance(days=1)
    with on.reading() as session:
        assert session.scalars(sa.select(Case.kind)).all() == ["instalment_missed"]
    assert decided(on) == [("whatsapp", "no_opt_in"), ("sms", "no_opt_in")]
