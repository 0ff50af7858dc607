"""Those who wait for each other's locks over one customer: each gets its turn, none is thrown out (S5)."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import autopay, ledger, payments
from bot.billing.payments import settlement
from bot.conversations import payment_news
from bot.db import Database, lock
from bot.models import Customer, Payment, PaymentStatus
from bot.money import Money
from tests import factories
from tests.billing.autopaid import Autopaid
from tests.conftest import SetClock

ROUNDS = 8
DUE = dt.datetime(2026, 3, 9, 16, tzinfo=dt.UTC)


class Customers:
    """One customer with a conversation and a link over 10.00, of 900.00 that they owe."""

    def __init__(self, db: Database) -> None:
        self.db = db
        with db.transaction() as session:
            self.customer = factories.customer(session)
            factories.invoice(session, self.customer, "900.00")
            self.conversation_id = factories.conversation(session, customer_id=self.customer.id).id
            self.link = self.open(session, 1_000)

    def open(self, session: Session, minor: int) -> Payment:
        """A link, told in the conversation."""
        customer = session.get_one(Customer, self.customer.id)
        return payments.open_link(session, customer, Money(minor, "USD"), conversation_id=self.conversation_id)


@pytest.fixture
def one(postgres_db: Database, clock: SetClock) -> Customers:
    """On PostgreSQL: SQLite has one writer at a time."""
    return Customers(postgres_db)


def test_s5_a_link_is_opened_while_a_webhook_of_the_same_conversation_waits_for_the_customer(one: Customers) -> None:
    both_hold = threading.Barrier(2)

    def webhook() -> None:
        with one.db.transaction() as session:
            payment = session.get_one(Payment, one.link.id)
            payment_news.listener(session, payment)
            both_hold.wait()
            settlement.settle(session, payment.id, factories.checkout(payment))

    def opening() -> None:
        with one.db.transaction() as session:
            lock(session, Customer, one.customer.id)
            both_hold.wait()
            one.open(session, 2_000)

    assert at_once([webhook, opening]) == []
    with one.db.reading() as session:
        assert session.get_one(Payment, one.link.id).status == PaymentStatus.SUCCEEDED


def test_s5_an_instalment_is_written_down_while_a_webhook_waits_for_the_customer(
    postgres_db: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Autopaid(postgres_db)
    link = plan.link(Money(1_000, "USD"))
    clock.set(DUE)
    both_hold = threading.Barrier(2)

    def webhook() -> None:
        with postgres_db.transaction() as session:
            payment = session.get_one(Payment, link.id)
            payment_news.listener(session, payment)
            both_hold.wait()
            settlement.settle(session, payment.id, factories.checkout(payment))

    def claiming() -> None:
        with postgres_db.transaction() as session:
            lock(session, Customer, plan.customer_id)
            both_hold.wait()
            autopay.claim_due(session)

    assert at_once([webhook, claiming]) == []
    assert len(plan.tries()) == 1


def test_s5_many_links_and_webhooks_of_one_customer_throw_nobody_out(one: Customers) -> None:
    def openings() -> None:
        for place in range(ROUNDS):
            with one.db.transaction() as session:
                one.open(session, 1_001 + place)

    def webhooks() -> None:
        for _ in range(ROUNDS):
            with one.db.transaction() as session:
                waiting = sa.select(Payment).where(Payment.status == PaymentStatus.CREATED).limit(1)
                payment = session.scalars(waiting).first()
                if payment is not None:
                    conversation = payment_news.listener(session, payment)
                    paid = factories.checkout(payment, id=f"cs_{payment.id}", payment_intent=f"pi_{payment.id}")
                    payment_news.receipt(session, settlement.settle(session, payment.id, paid), conversation)

    assert at_once([openings, openings, webhooks, webhooks]) == []
    with one.db.reading() as session:
        assert ledger.balance(session, ledger.STRIPE, "USD").minor > 0


def at_once(acts: list[Callable[[], None]]) -> list[BaseException]:
    """Each act in a thread of its own; what was raised."""
    raised: list[BaseException] = []

    def run(act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
