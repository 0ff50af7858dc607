"""Autopay: instalments taken from the saved card on their day (K11, S3, S5).

Nothing here calls Stripe. `claim_due` writes a payment down, `begin` says what to ask when its turn has come, `follow`
takes over the answer. Whatever crashes in between, `claim_unanswered` finds the payment again, and the same key comes
with the same parameters.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import mandates
from bot.billing.autopay.autopay_due import Due, look, tomorrow
from bot.billing.autopay.autopay_outcomes import Outcome, card_gone, fail, follow, mandate_of, mark_failed
from bot.billing.gateway import ChargeRequest
from bot.billing.payments.settlement import lock_payment
from bot.db import claim, lock
from bot.keyed_hash import new_token
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

__all__ = [
    "Ask",
    "Charge",
    "Outcome",
    "begin",
    "card_gone",
    "claim_due",
    "claim_unanswered",
    "fail",
    "follow",
    "is_any_due",
]

# For so long one worker has a charge to itself; a crash gives it back then.
LEASE = dt.timedelta(minutes=5)
# Stripe keeps an idempotency key for a day. Later than this we ask what became of the charge instead of repeating it.
KEY_LIVES = dt.timedelta(hours=23)
CLOCKS_DIFFER = dt.timedelta(hours=1)


class Ask(StrEnum):
    """What to ask Stripe: charge the card; or, of a charge whose answer was lost, whether it was made."""

    CHARGE = "charge"
    FIND = "find"


@dataclass(frozen=True, slots=True)
class Charge:
    """A question for Stripe about one try. A charge that cannot be found was not made: `fail` it then."""

    payment_id: uuid.UUID
    ask: Ask
    request: ChargeRequest
    idempotency_key: str
    since: dt.datetime


def claim_due(session: Session, limit: int = 20) -> list[Payment]:
    """Write down the charges that are due among the `limit` mandates that wait longest to be looked at.

    Any number of workers may claim at once: each customer is one's. The payments are `processing` and leased to the
    caller, who commits and then asks Stripe for each. Mandates of which nothing is due yet are told when they are.
    """
    due = (
        sa.select(Customer)
        .join(Mandate, Mandate.customer_id == Customer.id)
        .where(Mandate.status == MandateStatus.ACTIVE, Mandate.next_at <= clock.now())
        .order_by(Mandate.next_at)
        .limit(limit)
    )
    claimed = [_claim(session, customer) for customer in claim(session, due)]
    session.flush()
    return [payment for payment in claimed if payment is not None]


def is_any_due(session: Session) -> bool:
    """Whether a mandate waits to be looked at."""
    waiting = sa.select(Mandate.id).where(Mandate.status == MandateStatus.ACTIVE, Mandate.next_at <= clock.now())
    return session.scalars(waiting.limit(1)).first() is not None


def claim_unanswered(session: Session, limit: int = 20) -> list[Payment]:
    """Charges whose answer nobody has written down and whose lease has run out, leased to the caller: a crash, or a
    Stripe that did not answer. `begin` says for each what to ask."""
    query = (
        sa.select(Payment)
        .where(
            Payment.origin == PaymentOrigin.AUTOPAY,
            Payment.status == PaymentStatus.PROCESSING,
            Payment.payment_intent_id.is_(None),
            sa.or_(Payment.claimed_until.is_(None), Payment.claimed_until <= clock.now()),
        )
        .order_by(Payment.created_at)
        .limit(limit)
    )
    unanswered = claim(session, query)
    for payment in unanswered:
        payment.claimed_until = clock.now() + LEASE
    session.flush()
    return unanswered


def begin(session: Session, payment_id: uuid.UUID, conversation_id: uuid.UUID | None = None) -> Charge | None:
    """What to ask Stripe about a claimed payment; commit before asking. None when it has its answer already, or when it
    fails here: what was never asked for is not charged once the consent has ended or the instalment is paid otherwise.

    This is the last look. What changes afterwards finds the charge on its way. `conversation_id` is where the customer
    is told. Raises `NotFound`.
    """
    payment = lock_payment(session, payment_id)
    if payment.status != PaymentStatus.PROCESSING or payment.payment_intent_id is not None:
        return None
    mandate, now = mandate_of(session, payment), clock.now()
    reason = _reason_against(session, payment, mandate)
    if reason is not None and payment.checked_at is None:
        mark_failed(session, payment, reason)
        return None
    ask = Ask.FIND if reason is not None or now >= payment.created_at + KEY_LIVES else Ask.CHARGE
    payment.checked_at, payment.claimed_until = now, now + LEASE
    payment.conversation_id = conversation_id or payment.conversation_id
    session.flush()
    return Charge(
        payment.id, ask, _request(payment, mandate), _key(payment), payment.created_at - dt.timedelta(hours=1)
    )


def _claim(session: Session, customer: Customer) -> Payment | None:
    # Found by a snapshot, so it is read again now that the customer is ours.
    mandate = mandates.current(session, customer)
    if mandate is None or mandate.status != MandateStatus.ACTIVE:
        return None
    if mandate.next_at is None or mandate.next_at > clock.now():
        return None
    plan = lock(session, Plan, mandate.plan_id)
    if plan is None or plan.status != PlanStatus.ACTIVE:
        mandates.withdraw(session, customer, by="system")
        return None
    if _was_taken_back(session, mandate):
        mandates.suspend(session, mandate, "charged_back")
        return None
    seen = look(session, mandate, plan, customer)
    mandate.next_at = seen.next_at if seen.due is None else tomorrow(customer)
    return _write_down(session, mandate, plan, seen.due) if seen.due else None


def _was_taken_back(session: Session, mandate: Mandate) -> bool:
    """Whether the customer's bank has taken a charge under this mandate back: then nothing more is charged unasked."""
    taken = sa.select(Payment.id).where(
        Payment.origin == PaymentOrigin.AUTOPAY,
        Payment.mandate_id == mandate.id,
        Payment.status == PaymentStatus.CHARGED_BACK,
    )
    return session.scalars(taken.limit(1)).first() is not None


def _write_down(session: Session, mandate: Mandate, plan: Plan, due: Due) -> Payment:
    payment = Payment(
        customer_id=mandate.customer_id,
        conversation_id=mandate.conversation_id,
        amount=due.amount.minor,
        currency=due.amount.currency,
        status=PaymentStatus.PROCESSING,
        token=new_token(),
        origin=PaymentOrigin.AUTOPAY,
        mandate_id=mandate.id,
        plan_id=plan.id,
        instalment_number=due.number,
        try_number=due.try_number,
        claimed_until=clock.now() + LEASE,
    )
    said = f"{_key(payment)} {payment.amount} {payment.currency} {mandate.payment_method}"
    payment.input_hash = hashlib.sha256(said.encode()).hexdigest()
    session.add(payment)
    session.flush()
    named = {part.invoice_id for part in plan.invoices if part.named}
    session.add_all(
        PaymentShare(
            payment_id=payment.id, position=position, invoice_id=invoice_id, amount=part, named=invoice_id in named
        )
        for position, (invoice_id, part) in enumerate(due.shares)
    )
    return payment


def _reason_against(session: Session, payment: Payment, mandate: Mandate) -> str | None:
    """Why a claimed payment must not be charged any more; None when it is due as it was."""
    plan = lock(session, Plan, payment.plan_id)
    if mandate.status != MandateStatus.ACTIVE or mandate.plan_id != payment.plan_id:
        return "withdrawn"
    if plan is None or plan.status != PlanStatus.ACTIVE:
        return "not_due"
    customer = session.get_one(Customer, payment.customer_id)
    due = look(session, mandate, plan, customer, besides=payment).due
    same = due is not None and due.number == payment.instalment_number and due.amount.minor >= payment.amount
    return None if same else "not_due"


def _request(payment: Payment, mandate: Mandate) -> ChargeRequest:
    assert mandate.stripe_customer is not None
    assert mandate.payment_method is not None
    words = policies.in_language(policies.payments().description, mandate.locale)
    return ChargeRequest(
        payment_id=str(payment.id),
        amount=Money(payment.amount, payment.currency),
        description=words.format(brand=policies.brand_name()),
        customer=mandate.stripe_customer,
        payment_method=mandate.payment_method,
    )


def _key(payment: Payment) -> str:
    return f"instalment:{payment.plan_id}:{payment.instalment_number}:attempt:{payment.try_number}"
