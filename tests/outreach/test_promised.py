"""After a promise: thanks where it was kept, one kind question where it was not, whoever sweeps (K1, K9, P1, C8)."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
import sqlalchemy as sa
import yaml

from bot.billing import payments, plans
from bot.billing.promises import promise
from bot.conversations import holder, transcript
from bot.db import Database, lock
from bot.models import (
    Conversation,
    Customer,
    Hold,
    Holder,
    HoldKind,
    Message,
    Payment,
    PaymentStatus,
    Promise,
    PromiseStatus,
)
from bot.money import Money
from bot.outreach import missed, promised
from bot.settings import ROOT
from tests import factories
from tests.conftest import SetClock

FRIDAY = dt.date(2026, 3, 6)


@pytest.fixture
def conversation(db: Database, clock: SetClock) -> Conversation:
    """Maya's, who promised 50 by Friday, the 6th; it is Monday."""
    with db.transaction() as session:
        maya = factories.maya(session)
        made = factories.conversation(session, customer_id=maya.id, verified_until=clock.now() + dt.timedelta(days=90))
        promise(session, maya, Money(5000, "USD"), FRIDAY, made.id)
    return made


def pay(db: Database, conversation: Conversation, minor: int = 5000) -> None:
    """So much arrives by a link that was given in the conversation."""
    with db.transaction() as session:
        customer = session.get_one(Customer, conversation.customer_id)
        payment = payments.open_link(session, customer, Money(minor, "USD"), conversation_id=conversation.id)
        payments.settle(session, payment.id, factories.checkout(payment))


def messages(db: Database, conversation: Conversation) -> list[Message]:
    with db.reading() as session:
        return transcript.after(session, conversation.id)


def status(db: Database) -> PromiseStatus:
    with db.reading() as session:
        return PromiseStatus(session.scalars(sa.select(Promise.status)).one())


def forget_proof(db: Database, conversation: Conversation) -> None:
    with db.transaction() as session:
        session.get_one(Conversation, conversation.id).verified_until = None


def test_k1_the_day_after_one_kind_question_is_asked_with_ways_forward(
    db: Database, conversation: Conversation, clock: SetClock
) -> None:
    clock.advance(days=4)
    assert promised.sweep(db) == []
    clock.advance(days=1)
    assert promised.sweep(db) == [conversation.id]
    clock.advance(days=1)
    assert promised.sweep(db) == []
    (asked,) = messages(db, conversation)
    for part in ("$50.00", "March 6, 2026", "no trouble", "another day"):
        assert part in asked.text
    assert [button["payload"] for button in asked.buttons or []] == [
        '/promise_to_pay{"amount": "5000"}', "/make_payment", "/request_plan", "/request_human",
    ]  # fmt: skip
    assert status(db) == PromiseStatus.BROKEN


def test_every_button_is_an_intent_of_the_dialogue(db: Database, conversation: Conversation, clock: SetClock) -> None:
    clock.advance(days=5)
    promised.sweep(db)
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    names = {name if isinstance(name, str) else next(iter(name)) for name in domain["intents"]}
    (asked,) = messages(db, conversation)
    assert {button["payload"][1:].partition("{")[0] for button in asked.buttons or []} <= names


def test_what_came_of_it_is_thanked_for_and_only_the_rest_is_asked_about(
    db: Database, conversation: Conversation, clock: SetClock
) -> None:
    pay(db, conversation, 2000)
    clock.advance(days=5)
    assert promised.sweep(db) == [conversation.id]
    asked = messages(db, conversation)[-1]
    assert "$20.00" in asked.text
    assert "$30.00" in asked.text


def test_k9_who_kept_it_is_thanked_once_in_the_talk_of_the_receipt(
    db: Database, conversation: Conversation, clock: SetClock
) -> None:
    clock.advance(days=1)
    pay(db, conversation)
    assert promised.sweep(db) == [conversation.id]
    assert promised.sweep(db) == []
    (thanks,) = messages(db, conversation)
    assert "thank you" in thanks.text
    assert status(db) == PromiseStatus.KEPT
    clock.advance(days=10)
    assert promised.sweep(db) == []


def test_p1_without_a_proof_the_question_implies_nothing_and_thanks_are_left_out(
    db: Database, conversation: Conversation, clock: SetClock
) -> None:
    forget_proof(db, conversation)
    clock.advance(days=5)
    assert promised.sweep(db) == [conversation.id]
    (asked,) = messages(db, conversation)
    for word in ("$", "promise", "owe", "due", "pay", "march"):
        assert word not in asked.text.lower()
    assert [button["payload"] for button in asked.buttons or []] == ["/check_balance", "/request_human"]


def test_p1_without_a_proof_nobody_is_thanked_for_what_was_agreed(db: Database, conversation: Conversation) -> None:
    forget_proof(db, conversation)
    pay(db, conversation)
    assert promised.sweep(db) == []
    assert status(db) == PromiseStatus.KEPT


@pytest.mark.parametrize("kind", [HoldKind.CEASE, HoldKind.WRONG_PERSON])
def test_c8_an_address_that_refused_is_left_alone(
    db: Database, conversation: Conversation, clock: SetClock, kind: HoldKind
) -> None:
    with db.transaction() as session:
        session.add(Hold(kind=kind, address=conversation.address, conversation_id=conversation.id))
    clock.advance(days=5)
    assert promised.sweep(db) == []
    assert messages(db, conversation) == []


def test_the_bot_does_not_ask_while_a_person_has_the_conversation(
    db: Database, conversation: Conversation, clock: SetClock
) -> None:
    with db.transaction() as session:
        held = lock(session, Conversation, conversation.id)
        assert held is not None
        holder.change(session, held, Holder.QUEUE)
    clock.advance(days=5)
    assert promised.sweep(db) == []
    assert status(db) == PromiseStatus.BROKEN  # the desk sees it


def test_the_newest_conversation_is_chosen(db: Database, conversation: Conversation, clock: SetClock) -> None:
    clock.advance(days=5)
    with db.transaction() as session:
        hour_ago = clock.now() - dt.timedelta(hours=1)
        newer = factories.conversation(session, customer_id=conversation.customer_id, last_message_at=hour_ago)
    assert promised.sweep(db) == [newer.id]


def test_who_has_no_conversation_is_not_asked(db: Database, conversation: Conversation, clock: SetClock) -> None:
    with db.transaction() as session:
        session.get_one(Conversation, conversation.id).customer_id = None
    clock.advance(days=5)
    assert promised.sweep(db) == []
    assert status(db) == PromiseStatus.BROKEN


def test_a_payment_on_its_way_stops_the_question(db: Database, conversation: Conversation, clock: SetClock) -> None:
    with db.transaction() as session:
        customer = session.get_one(Customer, conversation.customer_id)
        payment = payments.open_link(session, customer, Money(5000, "USD"), conversation_id=conversation.id)
        session.get_one(Payment, payment.id).status = PaymentStatus.PROCESSING
    clock.advance(days=5)
    assert promised.sweep(db) == []
    assert status(db) == PromiseStatus.OPEN


def test_a_conversation_at_work_is_passed_over_and_asked_later(postgres_db: Database, clock: SetClock) -> None:
    with postgres_db.transaction() as session:
        maya = factories.maya(session)
        conversation = factories.conversation(session, customer_id=maya.id)
        promise(session, maya, Money(5000, "USD"), FRIDAY, conversation.id)
    clock.advance(days=5)
    with postgres_db.transaction() as session:
        lock(session, Conversation, conversation.id)
        assert promised.sweep(postgres_db) == []
    assert status(postgres_db) == PromiseStatus.OPEN
    assert promised.sweep(postgres_db) == [conversation.id]


def test_ten_workers_ask_twelve_customers_once_each(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        for _ in range(12):
            customer = factories.customer(session)
            factories.invoice(session, customer)
            conversation = factories.conversation(session, customer_id=customer.id)
            promise(session, customer, Money(5000, "USD"), FRIDAY, conversation.id)
    clock.advance(days=5)
    told = at_once(db, 10)
    assert len(told) == len(set(told)) == 12
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 12
        assert set(session.scalars(sa.select(Promise.status))) == {PromiseStatus.BROKEN}


def test_s5_a_payment_that_arrives_at_the_same_moment_is_lost_to_nobody(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        conversation = factories.conversation(
            session, customer_id=maya.id, verified_until=clock.now() + dt.timedelta(days=90)
        )
        promise(session, maya, Money(5000, "USD"), FRIDAY, conversation.id)
        payment = payments.open_link(session, maya, Money(5000, "USD"), conversation_id=conversation.id)
    clock.advance(days=5)

    def settle() -> None:
        with db.transaction() as session:
            payments.settle(session, payment.id, factories.checkout(payment))

    at_once(db, 2, settle)
    with db.reading() as session:
        paid = session.get_one(Payment, payment.id)
        assert paid.status == PaymentStatus.SUCCEEDED
    assert status(db) in (PromiseStatus.KEPT, PromiseStatus.BROKEN)
    assert len(messages(db, conversation)) == 1


def test_a_question_about_an_instalment_and_one_about_a_promise_never_come_together(
    db: Database, conversation: Conversation, clock: SetClock
) -> None:
    with db.transaction() as session:
        maya = session.get_one(Customer, conversation.customer_id)
        plans.agree(session, plans.quote(session, maya, conversation_id=None, months=[4])[0].id, maya)
        clock.advance(hours=1)
        promise(session, maya, Money(4000, "USD"), dt.date(2026, 3, 9), conversation.id)
    clock.advance(days=8)
    assert promised.sweep(db) + missed.sweep(db) == [conversation.id]
    assert len(messages(db, conversation)) == 1


def at_once(db: Database, workers: int, *others: object) -> list[uuid.UUID]:
    """So many workers sweep, and the `others` run, at the same moment; who was told, with one sweep afterwards."""
    told: list[uuid.UUID] = []
    ready = threading.Barrier(workers + len(others))

    def sweep() -> None:
        ready.wait()
        told.extend(promised.sweep(db))

    def run(other: object) -> None:
        ready.wait()
        assert callable(other)
        other()

    threads = [threading.Thread(target=sweep) for _ in range(workers)]
    threads += [threading.Thread(target=run, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told + promised.sweep(db)
