"""Makers of test data, a function a table: everything has a sensible value, and any can be given."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import invoices
from bot.billing.gateway import CheckoutSession, Intent, Return, ReturnKind
from bot.conversations import places
from bot.models import (
    Agent,
    Channel,
    Conversation,
    Customer,
    Handoff,
    Hold,
    Holder,
    HoldKind,
    HoldStatus,
    Invoice,
    Payment,
)
from bot.money import Money

_numbers = itertools.count(1)


def customer(session: Session, **given: Any) -> Customer:
    """A customer in the United States with a phone and an e-mail address of their own."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "account_number": f"T-{number}",
        "name": "Robin Park",
        "email": f"robin{number}@example.com",
        "phone": f"+1212555{number:04d}",
        "language": "en-US",
        "time_zone": "America/Chicago",
        "country": "US",
        "currency": "USD",
    }
    made = Customer(**(values | given))
    session.add(made)
    session.flush()
    return made


def invoice(
    session: Session, to: Customer, amount: str = "100.00", *, late: int = 10, disputed: bool = False, **given: Any
) -> Invoice:
    """An invoice of `to` with its posting, due `late` days ago in the customer's zone (negative: ahead)."""
    due_on = clock.today(to.time_zone) - dt.timedelta(days=late)
    values: dict[str, Any] = {
        "number": f"T-INV-{next(_numbers):06}",
        "description": "Goods",
        "issued_on": due_on - dt.timedelta(days=30),
        "due_on": due_on,
    }
    made = invoices.issue(session, to, amount=Money.of(amount, to.currency), **(values | given))
    if disputed:
        hold(session, made)
    return made


def hold(session: Session, on: Invoice, kind: HoldKind = HoldKind.DISPUTE, **given: Any) -> Hold:
    """A confirmed hold on an invoice."""
    values: dict[str, Any] = {"customer_id": on.customer_id, "invoice_id": on.id, "status": HoldStatus.CONFIRMED}
    made = Hold(kind=kind, **(values | given))
    session.add(made)
    session.flush()
    return made


def hold_customer(session: Session, on: Customer, kind: HoldKind, **given: Any) -> Hold:
    """A reported hold on a customer."""
    made = Hold(kind=kind, **({"customer_id": on.id} | given))
    session.add(made)
    session.flush()
    return made


def maya(session: Session) -> Customer:
    """GT-1001 of the demo: 200.50 overdue on two invoices, 60.00 more to come."""
    made = customer(
        session, account_number="GT-1001", name="Maya Torres", phone="+12105550101", email="maya@example.com"
    )
    invoice(session, made, "120.00", late=45, number="INV-1001")
    invoice(session, made, "80.50", late=15, number="INV-1002")
    invoice(session, made, "60.00", late=-10, number="INV-1003")
    return made


def agent(session: Session, **given: Any) -> Agent:
    """An agent at the desk who cannot sign in."""
    number = next(_numbers)
    values: dict[str, Any] = {"email": f"agent{number}@example.com", "name": "Ana", "password_hash": "-"}
    made = Agent(**(values | given))
    session.add(made)
    session.flush()
    return made


def conversation(session: Session, **given: Any) -> Conversation:
    """A conversation on the web, nobody verified."""
    made = Conversation(**({"channel": Channel.WEB, "address": f"203.0.113.{next(_numbers) % 250}"} | given))
    session.add(made)
    session.flush()
    return made


def checkout(payment: Payment, **given: Any) -> CheckoutSession:
    """Stripe's word about `payment`: by default that it is paid in full. One session has one payment intent."""
    id = str(given.get("id") or payment.checkout_session_id or f"cs_test_{next(_numbers)}")
    values: dict[str, Any] = {
        "id": id,
        "url": None,
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": id.replace("cs_", "pi_", 1),
        "amount": Money(payment.amount, payment.currency),
        "payment_id": str(payment.id),
        "created_at": clock.now(),
        "expires_at": clock.now() + dt.timedelta(hours=1),
        "intent_status": "succeeded",
    }
    return CheckoutSession(**(values | given))


def intent(payment: Payment, *returns: Return, **given: Any) -> Intent:
    """Stripe's word about the money of `payment`: by default that it came in full, and what went back of it since."""
    values: dict[str, Any] = {
        "id": payment.payment_intent_id or f"pi_test_{next(_numbers)}",
        "status": "succeeded",
        "amount": Money(payment.amount, payment.currency),
        "payment_id": str(payment.id),
        "created_at": clock.now(),
        "returns": returns,
    }
    return Intent(**(values | given))


def refund(amount: Money, **given: Any) -> Return:
    """Stripe's word about a refund: by default that it went through."""
    return _returned(ReturnKind.REFUND, "re", amount, "succeeded", given)


def chargeback(amount: Money, **given: Any) -> Return:
    """Stripe's word about a dispute: by default that the money is withdrawn."""
    return _returned(ReturnKind.CHARGEBACK, "dp", amount, "needs_response", given)


def _returned(kind: ReturnKind, prefix: str, amount: Money, status: str, given: dict[str, Any]) -> Return:
    values: dict[str, Any] = {
        "id": f"{prefix}_test_{next(_numbers)}",
        "kind": kind,
        "amount": amount,
        "withdrawn": True,
        "status": status,
        "created_at": clock.now(),
    }
    return Return(**(values | given))


def in_line(session: Session) -> list[Handoff]:
    """The hand-overs that wait for a person, each at its place."""
    waiting = session.scalars(sa.select(Conversation).where(Conversation.holder == Holder.QUEUE))
    by_place = {places.place(session, each): each.handoff_id for each in waiting}
    return [session.get_one(Handoff, by_place[place]) for place in sorted(by_place)]
