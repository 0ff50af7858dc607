"""A customer whose instalments are taken from a saved card, set up as customers do it: consent, link, page."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import mandates, payments
from bot.billing.gateway import Decline
from bot.billing.payments import checkouts
from bot.conversations import autopay, transcript
from bot.db import Database
from bot.models import (
    Customer,
    Invoice,
    Mandate,
    Payment,
    PaymentOrigin,
    PaymentStatus,
    Plan,
    PlanInvoice,
    PlanStatus,
)
from bot.models import Instalment as Part
from bot.money import Money
from tests import factories
from tests.billing.fake_gateway import FakeGateway

MARCH = ((dt.date(2026, 3, 9), 5_000), (dt.date(2026, 4, 9), 5_000), (dt.date(2026, 5, 9), 5_050))


class Autopaid:
    """The plan covers one invoice of exactly its sum; the card was saved by paying another, of 5.00.

    `parts` are the days and minor units of the instalments. Without `card` the mandate is still pending.
    """

    def __init__(
        self,
        db: Database,
        parts: tuple[tuple[dt.date, int], ...] = MARCH,
        *,
        card: bool = True,
        expires: tuple[int, int] = (12, 2034),
        gateway: FakeGateway | None = None,
        **customer: Any,
    ) -> None:
        self.db = db
        self.gateway = gateway or FakeGateway()
        with db.transaction() as session:
            made = factories.customer(session, **customer)
            self.customer_id = made.id
            proven = clock.now() + dt.timedelta(days=400)
            self.conversation_id = factories.conversation(session, customer_id=made.id, verified_until=proven).id
            self.invoice_id, self.plan_id = planned(session, made, parts)
            small = Money(500, made.currency)
            self.other_id = factories.invoice(session, made, str(small.major), late=-60).id
            plan = session.get_one(Plan, self.plan_id)
            mandates.consent(session, made, plan, conversation_id=self.conversation_id, locale=made.language)
        if card:
            self.save_card(small, expires=expires)

    def save_card(self, amount: Money, *, expires: tuple[int, int] = (12, 2034)) -> Mandate:
        """The customer pays `amount` of the other invoice by a link, and Stripe keeps the card."""
        link = self.link(amount, invoice_ids=[self.other_id])
        with self.db.transaction() as session:
            begun = checkouts.begin(session, link.token)
        page = self.gateway.create_checkout(begun.request, begun.idempotency_key)
        with self.db.transaction() as session:
            checkouts.record(session, link.id, page)
        return self.pay(page.id, expires=expires)

    def link(self, amount: Money, **given: Any) -> Payment:
        """A link that the customer asked for."""
        with self.db.transaction() as session:
            customer = session.get_one(Customer, self.customer_id)
            return payments.open_link(session, customer, amount, **({"conversation_id": self.conversation_id} | given))

    def pay(self, page: str, *, expires: tuple[int, int] = (12, 2034)) -> Mandate:
        """The customer pays on a page by card, and Stripe's word is taken in."""
        paid = self.gateway.pay(page, expires=expires)
        with self.db.transaction() as session:
            payment = session.get_one(Payment, uuid.UUID(paid.payment_id))
            payments.settle(session, payment.id, paid)
            assert paid.saved_card is not None
            assert payment.mandate_id is not None
            return mandates.activate(session, payment.mandate_id, paid.saved_card)

    def sweep(self) -> list[uuid.UUID]:
        """What the worker does every few minutes."""
        return autopay.sweep(self.db, self.gateway)

    def decline(self, how: Decline | None) -> None:
        """From now on the saved card is declined like this."""
        method = self.mandate().payment_method
        assert method is not None
        self.gateway.decline(method, how)

    def mandate(self) -> Mandate:
        """The one in force, else the newest."""
        with self.db.reading() as session:
            newest = sa.select(Mandate).where(Mandate.customer_id == self.customer_id).order_by(Mandate.id.desc())
            found = session.scalars(newest).all()
            return next((each for each in found if each.withdrawn_at is None), found[0])

    def withdraw(self) -> None:
        """The customer says stop."""
        with self.db.transaction() as session:
            mandates.withdraw(session, session.get_one(Customer, self.customer_id))

    def tries(self, *statuses: PaymentStatus) -> list[Payment]:
        """The tries so far, in their order, or those that stand so."""
        with self.db.reading() as session:
            ours = sa.select(Payment).where(
                Payment.customer_id == self.customer_id, Payment.origin == PaymentOrigin.AUTOPAY
            )
            found = session.scalars(ours.order_by(Payment.instalment_number, Payment.try_number)).all()
            return [each for each in found if not statuses or each.status in statuses]

    def taken(self) -> list[tuple[int | None, int]]:
        """What was charged and came: (instalment, minor units)."""
        return [(each.instalment_number, each.amount) for each in self.tries(PaymentStatus.SUCCEEDED)]

    def charges(self) -> int:
        """How often Stripe took money for instalments."""
        return sum(self.gateway.charges[str(each.id)] for each in self.tries())

    def told(self) -> list[str]:
        """What the customer read."""
        with self.db.reading() as session:
            return [message.text for message in transcript.after(session, self.conversation_id)]


def planned(
    session: Session, customer: Customer, parts: tuple[tuple[dt.date, int], ...], **given: Any
) -> tuple[uuid.UUID, uuid.UUID]:
    """An overdue invoice of the sum of `parts`, and the plan in force over it: their ids."""
    sum_ = Money(sum(minor for _, minor in parts), customer.currency)
    invoice: Invoice = factories.invoice(session, customer, str(sum_.major))
    values: dict[str, Any] = {"status": PlanStatus.ACTIVE, "total": sum_.minor, "currency": customer.currency}
    plan = Plan(
        customer_id=customer.id,
        instalments=[Part(number=number, due_on=day, amount=minor) for number, (day, minor) in enumerate(parts, 1)],
        invoices=[PlanInvoice(position=0, invoice_id=invoice.id, amount=sum_.minor)],
        **(values | given),
    )
    session.add(plan)
    session.flush()
    return invoice.id, plan.id
