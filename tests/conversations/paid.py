"""Customers who have opened Stripe's page, and what became of their money: for tests of the sweeps."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from bot.billing import ledger, payments
from bot.billing.payments import checkouts
from bot.db import Database
from bot.models import ExternalEvent, Message, Payment, Posting
from bot.money import Money
from tests import factories
from tests.billing.fake_gateway import FakeGateway


@dataclass(frozen=True)
class Opened:
    """A payment whose page is open at Stripe."""

    id: uuid.UUID
    conversation_id: uuid.UUID
    checkout: str


class Shop:
    """A database and a Stripe."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.gateway = FakeGateway()

    def opened(self, amount: str = "80.50") -> Opened:
        """A customer of their own with a page open over `amount`, of 100.00 that they owe."""
        with self.db.transaction() as session:
            customer = factories.customer(session)
            factories.invoice(session, customer, "100.00")
            conversation = factories.conversation(session, customer_id=customer.id)
            payment = payments.open_link(session, customer, Money.of(amount, "USD"), conversation_id=conversation.id)
            begun = checkouts.begin(session, payment.token)
        page = self.gateway.create_checkout(begun.request, begun.idempotency_key)
        with self.db.transaction() as session:
            checkouts.record(session, payment.id, page)
        return Opened(payment.id, conversation.id, page.id)

    def paid(self, amount: str = "80.50") -> Opened:
        """The same, paid; nobody has told us."""
        opened = self.opened(amount)
        self.gateway.pay(opened.checkout)
        return opened

    def intent(self, opened: Opened) -> str:
        """Stripe's id of the money."""
        return self.gateway.sessions[opened.checkout].payment_intent or ""

    def payment(self, opened: Opened) -> Payment:
        """Its row as it is now."""
        with self.db.reading() as session:
            return session.get_one(Payment, opened.id)

    def received(self) -> int:
        """Minor units that Stripe's account holds."""
        with self.db.reading() as session:
            return ledger.balance(session, ledger.STRIPE, "USD").minor

    def receipts(self, opened: Opened) -> int:
        """How often the customer was thanked."""
        with self.db.reading() as session:
            cards = session.scalars(sa.select(Message.card).where(Message.conversation_id == opened.conversation_id))
            return sum((card or {}).get("kind") == "receipt" for card in cards)

    def count(self, kind: type[ExternalEvent] | type[Posting]) -> int:
        """How many rows there are."""
        with self.db.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0
