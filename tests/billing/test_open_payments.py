"""Payments that Stripe may know more of are asked about in turn, by one worker each (S1, S5)."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot import clock as bot_clock
from bot.billing.payments import open_payments
from bot.db import Database
from bot.models import Customer, Payment, PaymentStatus
from tests import factories
from tests.conftest import SetClock


def opened(session: Session, customer: Customer, **given: Any) -> Payment:
    """A payment whose checkout page is open for an hour from now."""
    token = uuid.uuid4().hex
    values: dict[str, Any] = {
        "status": PaymentStatus.OPEN,
        "checkout_session_id": f"cs_{token}",
        "checkout_expires_at": bot_clock.now() + dt.timedelta(hours=1),
    }
    payment = Payment(
        customer_id=customer.id, amount=100, currency="USD", token=token, input_hash="x", **(values | given)
    )
    session.add(payment)
    session.flush()
    return payment


def taken(db: Database, limit: int = open_payments.BATCH) -> list[uuid.UUID]:
    with db.transaction() as session:
        return [payment.id for payment in open_payments.take(session, limit)]


def ask(db: Database, ids: list[uuid.UUID]) -> None:
    for id_ in ids:
        with db.transaction() as session:
            open_payments.checked(session, id_)


def test_only_what_is_open_or_processing_and_known_to_stripe_is_asked_about(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        wanted = [opened(session, maya).id, opened(session, maya, status=PaymentStatus.PROCESSING).id]
        by_card = opened(session, maya, checkout_session_id=None, payment_intent_id="pi_1", status="processing")
        opened(session, maya, checkout_session_id=None)
        for status in set(PaymentStatus) - {PaymentStatus.OPEN, PaymentStatus.PROCESSING}:
            opened(session, maya, status=status)
    assert taken(db) == []
    clock.advance(minutes=2)
    assert set(taken(db)) == {*wanted, by_card.id}


def test_those_not_asked_about_for_longest_come_first_so_that_none_starves(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        ids = [opened(session, maya).id for _ in range(5)]
    clock.advance(minutes=3)
    seen: list[uuid.UUID] = []
    for _ in range(3):
        batch = taken(db, limit=2)
        ask(db, batch)
        seen += batch
        clock.advance(seconds=30)
    assert set(seen) == set(ids)
    clock.advance(minutes=2)
    assert taken(db, limit=2) == seen[:2]


@pytest.mark.parametrize(("age", "pause"), [({"hours": 1}, 2), ({"hours": 20}, 15), ({"days": 4}, 120)])
def test_the_older_a_payment_the_longer_the_pause(
    db: Database, clock: SetClock, age: dict[str, float], pause: int
) -> None:
    with db.transaction() as session:
        payable_until = bot_clock.now() - dt.timedelta(**age)
        status = PaymentStatus.PROCESSING
        id_ = opened(session, factories.maya(session), status=status, checkout_expires_at=payable_until).id
    ask(db, [id_])
    clock.advance(minutes=pause, seconds=-1)
    assert taken(db) == []
    clock.advance(seconds=1)
    assert taken(db) == [id_]


def test_s5_workers_that_take_at_once_ask_about_each_payment_once(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        ids = {opened(session, maya).id for _ in range(30)}
    clock.advance(minutes=3)
    ready = threading.Barrier(5)
    seen: list[uuid.UUID] = []

    def work() -> None:
        ready.wait()
        while batch := taken(db, limit=4):
            seen.extend(batch)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen))
    assert set(seen) | set(taken(db, limit=30)) == ids


def test_what_a_crashed_worker_held_is_taken_up_when_its_lease_is_over(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        id_ = opened(session, factories.maya(session)).id
    clock.advance(minutes=3)
    assert taken(db) == [id_]
    assert taken(db) == []
    clock.advance(minutes=5)
    assert taken(db) == [id_]


def test_what_was_not_asked_about_is_due_at_once_for_others(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        id_ = opened(session, factories.maya(session)).id
    clock.advance(minutes=3)
    assert taken(db) == [id_]
    with db.transaction() as session:
        open_payments.checked(session, id_, asked=False)
    assert taken(db) == [id_]


def test_the_page_of_a_replaced_link_is_looked_at_at_once_and_then_in_turn(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        payment = opened(session, factories.maya(session))
        payment.checked_at = bot_clock.now()
    clock.advance(seconds=10)
    assert taken(db) == []
    with db.transaction() as session:
        session.get_one(Payment, payment.id).superseded_at = bot_clock.now()
    assert taken(db) == [payment.id]
    ask(db, [payment.id])
    assert taken(db) == []
    clock.advance(minutes=2)
    assert taken(db) == [payment.id]
