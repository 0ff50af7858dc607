"""What became of a try to take an instalment: the money came, another day may do, or a link takes its place (K3)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import mandates, payments
from bot.billing.autopay.autopay_due import charge_at, retry_on, tries_of
from bot.billing.gateway import Decline, Intent
from bot.billing.payments.settlement import Settlement, lock_payment, settle
from bot.db import lock
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import (
    Customer,
    Mandate,
    MandateStatus,
    Payment,
    PaymentOrigin,
    PaymentShare,
    PaymentStatus,
    Plan,
    PlanStatus,
)
from bot.money import Money

_STILL_OPEN = ("processing", "requires_confirmation", "requires_capture")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try: `settlement` when the money came, the day of the next try, or the `link` that is open
    instead. Without any of them nothing is to be said: the consent has ended, or there is nothing to pay by a link."""

    payment: Payment
    settlement: Settlement | None = None
    retry_on: dt.date | None = None
    link: Payment | None = None


def follow(session: Session, payment_id: uuid.UUID, intent: Intent) -> Outcome | None:
    """Take over what Stripe says of a charge; None when that changes nothing, however often and late it is said.

    Money that came is settled (S5). A decline that another day may mend is tried again after the policy's days. One
    that it will not, or the last try, suspends the mandate and opens a link for the amount; the plan stays as it is.
    Raises `Conflict` for another payment's intent or one that no card was charged by; `NotFound` for no such payment.
    """
    payment = lock_payment(session, payment_id)
    if intent.payment_id != str(payment.id) or payment.origin != PaymentOrigin.AUTOPAY:
        raise Conflict("This charge belongs to another payment.", about=payment.id)
    mandate = mandate_of(session, payment)
    if intent.paid:
        settlement = settle(session, payment.id, intent)
        payment.claimed_until = None
        if settlement.first and mandate.status == MandateStatus.ACTIVE:
            mandate.next_at = clock.now()
        session.flush()
        return Outcome(payment, settlement=settlement) if settlement.first else None
    if payment.status != PaymentStatus.PROCESSING or payment.payment_intent_id not in (None, intent.id):
        return None
    payment.payment_intent_id, payment.checked_at, payment.claimed_until = intent.id, clock.now(), None
    if intent.status in _STILL_OPEN:
        session.flush()
        return None
    mark_failed(session, payment, intent.code or intent.decline or intent.status)
    return _after_decline(session, payment, mandate, intent.decline)


def card_gone(session: Session, payment_id: uuid.UUID) -> Outcome | None:
    """Stripe does not know the card any more, and has not charged it: as `follow` does with a card that will not do.
    Raises `NotFound`."""
    payment = lock_payment(session, payment_id)
    if payment.status != PaymentStatus.PROCESSING or payment.payment_intent_id is not None:
        return None
    mark_failed(session, payment, "card_gone")
    return _after_decline(session, payment, mandate_of(session, payment), Decline.HARD)


def fail(session: Session, payment_id: uuid.UUID, reason: str) -> None:
    """The card was not charged, and it was not the card's fault: `unanswered` when no charge can be found, `refused`
    when Stripe would not hear of it. The instalment is looked at again. Raises `NotFound`."""
    payment = lock_payment(session, payment_id)
    if payment.status == PaymentStatus.PROCESSING and payment.payment_intent_id is None:
        mark_failed(session, payment, reason)


def mandate_of(session: Session, payment: Payment) -> Mandate:
    """The mandate under which `payment` is charged, locked; the caller holds the customer. Raises `NotFound`."""
    mandate = lock(session, Mandate, payment.mandate_id)
    if mandate is None:
        raise NotFound("This payment has no consent.", about=payment.id)
    return mandate


def mark_failed(session: Session, payment: Payment, reason: str) -> None:
    """The locked `payment` was not charged, for `reason`: ours or Stripe's code."""
    payment.status, payment.failure_code, payment.claimed_until = PaymentStatus.FAILED, reason[:64], None
    session.flush()


def _after_decline(session: Session, payment: Payment, mandate: Mandate, decline: Decline | None) -> Outcome:
    if mandate.status != MandateStatus.ACTIVE:
        return Outcome(payment)
    customer = session.get_one(Customer, payment.customer_id)
    plan, number = lock(session, Plan, payment.plan_id), payment.instalment_number
    if plan is None or plan.status != PlanStatus.ACTIVE or number is None:
        return Outcome(payment)
    day = retry_on(tries_of(session, plan, number), mandate, customer.time_zone)
    if decline is Decline.SOFT and day is not None:
        mandate.next_at = charge_at(day, customer.time_zone)
        session.flush()
        return Outcome(payment, retry_on=day)
    mandates.suspend(session, mandate, payment.failure_code or "declined")
    return Outcome(payment, link=_link(session, payment, customer))


def _link(session: Session, payment: Payment, customer: Customer) -> Payment | None:
    """A link for what could not be taken. The card used there is saved for the suspended mandate."""
    shares = sa.select(PaymentShare).where(PaymentShare.payment_id == payment.id).order_by(PaymentShare.position)
    amount = Money(payment.amount, payment.currency)
    ids = [share.invoice_id for share in session.scalars(shares)]
    try:
        return payments.open_link(
            session, customer, amount, conversation_id=payment.conversation_id, invoice_ids=ids, named=False
        )
    except InvalidInput:
        return None
