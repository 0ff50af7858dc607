"""Payments: links that a customer pays by, written down before Stripe is asked (design section 3).

This module never calls Stripe: `begin_checkout` says what to ask, `record_checkout` and `follow` write down what the
answer was. How a payment's money reaches the ledger stands in `settlement`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import invoices
from bot.billing.invoices import OpenInvoice, Standing
from bot.billing.payment_states import PAID, UNPAID, may_become, told_by
from bot.billing.settlement import Settlement, lock_payment, settle
from bot.billing.stripe import CheckoutRequest, CheckoutSession, check_amount
from bot.db import lock
from bot.errors import Conflict, InvalidInput, NotFound
from bot.keyed_hash import new_token
from bot.models import Customer, Payment, PaymentShare, PaymentStatus
from bot.money import Money
from bot.settings import settings

__all__ = [
    "Checkout",
    "PageState",
    "Settlement",
    "begin_checkout",
    "due_for_reconciliation",
    "find",
    "follow",
    "give_up_attempt",
    "history",
    "left_open",
    "link",
    "open_link",
    "page_state",
    "record_checkout",
    "settle",
    "told_by",
]

# Stripe opens no page that closes in less than half an hour.
CHECKOUT_LEFT = dt.timedelta(minutes=31)


class PageState(StrEnum):
    """What the pay page says. `settled_elsewhere`: less is owed by now than the link asks for."""

    PAYABLE = "payable"
    PAID = "paid"
    PROCESSING = "processing"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    SETTLED_ELSEWHERE = "settled_elsewhere"


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a click on the pay page leads to: `url`, the page that is open already, or else `request` to Stripe."""

    payment_id: uuid.UUID
    request: CheckoutRequest
    idempotency_key: str
    url: str | None


def open_link(
    session: Session,
    customer: Customer,
    amount: Money,
    *,
    conversation_id: uuid.UUID | None,
    invoice_ids: Sequence[uuid.UUID] | None = None,
) -> Payment:
    """A payment of `amount` with shares: the invoices in `invoice_ids` first, then the oldest, none that is disputed
    unless it is named (C9). What no invoice takes will be credit (S5).

    It replaces the customer's older unpaid links (design section 10, 6), but the same request made again in the same
    conversation gives the same link. Raises `InvalidInput` with a sentence for an amount that Stripe would not charge
    or that is above the whole balance (`about` is the balance), `NotFound` for an invoice that is not theirs or paid.
    """
    lock(session, Customer, customer.id)
    check_amount(amount)
    standing = invoices.standing(session, customer)
    _check_owed(amount, standing, customer)
    _check_not_on_its_way(session, amount, standing, customer)
    named = _named(standing, invoice_ids or ())
    digest = _input_hash(customer, amount, conversation_id, [item.invoice.id for item in named])
    earlier = list(_live(session, customer))
    for payment in earlier:
        if payment.input_hash == digest and not _is_old(payment):
            return payment
    for payment in earlier:
        payment.superseded_at = clock.now()
    payment = Payment(
        customer_id=customer.id,
        conversation_id=conversation_id,
        amount=amount.minor,
        currency=amount.currency,
        token=new_token(),
        input_hash=digest,
    )
    session.add(payment)
    session.flush()
    session.add_all(_shares(payment, amount, standing, named))
    session.flush()
    return payment


def link(payment: Payment) -> str:
    """Our own short address of `payment`'s page."""
    return f"{settings().public_url}/pay/{payment.token}"


def find(session: Session, token: str) -> Payment:
    """The payment behind `/pay/<token>`. Raises `NotFound`."""
    payment = session.scalars(sa.select(Payment).where(Payment.token == token)).first()
    if payment is None:
        raise NotFound("There is no payment at this address. Ask in the chat for a new link.")
    return payment


def page_state(session: Session, payment: Payment) -> PageState:
    """What the page of `payment` should say at this moment."""
    if payment.status in PAID:
        return PageState.PAID
    if payment.status == PaymentStatus.PROCESSING:
        return PageState.PROCESSING
    if payment.superseded_at is not None:
        return PageState.SUPERSEDED
    if _is_old(payment):
        return PageState.EXPIRED
    customer = session.get_one(Customer, payment.customer_id)
    if invoices.standing(session, customer).total < Money(payment.amount, payment.currency):
        return PageState.SETTLED_ELSEWHERE
    return PageState.PAYABLE


def begin_checkout(session: Session, token: str) -> Checkout:
    """What to ask Stripe on the customer's click; commit before asking.

    The page that is open already is used again. A new attempt, with a key of its own, begins only when the former one
    has failed or run out; until then the same key comes with the same parameters (S3). Raises `NotFound`, and
    `Conflict` when the payment cannot be paid now (`about` is the `PageState`).
    """
    payment = lock_payment(session, find(session, token).id)
    state = page_state(session, payment)
    if state is not PageState.PAYABLE:
        raise Conflict("This link cannot be paid any more. Ask in the chat for a new one.", about=state)
    if _needs_new_attempt(payment):
        payment.attempt += 1
        payment.checkout_session_id = payment.checkout_url = None
        payment.checkout_expires_at = clock.now() + dt.timedelta(minutes=policies.payments().checkout_minutes)
        session.flush()
    customer = session.get_one(Customer, payment.customer_id)
    return Checkout(payment.id, _request(payment, customer), _key(payment), payment.checkout_url)


def record_checkout(session: Session, payment_id: uuid.UUID, checkout: CheckoutSession) -> Payment:
    """Write down the Checkout Session that was opened for `payment_id`. Raises `NotFound`; `Conflict` for another's."""
    payment = lock_payment(session, payment_id)
    _check_ours(payment, checkout)
    if checkout.status == "open" and payment.status in UNPAID:
        payment.status = PaymentStatus.OPEN
        payment.checkout_session_id = checkout.id
        payment.checkout_url = checkout.url
        payment.checkout_expires_at = checkout.expires_at
        session.flush()
    return payment


def give_up_attempt(session: Session, payment_id: uuid.UUID, idempotency_key: str) -> None:
    """Asking Stripe with `idempotency_key` failed: the next click begins a new attempt.

    Stripe answers a key whose request ended in a server error with that error again for a day, so the same key would
    keep the customer from paying. Nobody has the address of a page that may have been opened, so nobody can pay it.
    Changes nothing once a page is recorded or a newer attempt has begun. Raises `NotFound`.
    """
    payment = lock_payment(session, payment_id)
    if payment.checkout_session_id is None and _key(payment) == idempotency_key:
        payment.checkout_expires_at = None
        session.flush()


def follow(session: Session, payment_id: uuid.UUID, checkout: CheckoutSession) -> bool:
    """Take over what Stripe says of an unpaid payment: processing, failed or expired. True when the status changed.

    Whatever is late, repeated or about a former attempt changes nothing. What is paid goes to `settle`, here it raises
    `Conflict`, as does another payment's session; `NotFound` when there is no such payment.
    """
    payment = lock_payment(session, payment_id)
    _check_ours(payment, checkout)
    then = told_by(checkout)
    if then is PaymentStatus.SUCCEEDED:
        raise Conflict("This payment is paid and has to be settled.", about=payment_id)
    if then is PaymentStatus.OPEN or checkout.id != payment.checkout_session_id or not may_become(payment.status, then):
        return False
    payment.status = then
    payment.payment_intent_id = checkout.payment_intent or payment.payment_intent_id
    session.flush()
    return True


def due_for_reconciliation(session: Session, before: dt.datetime, limit: int = 100) -> list[Payment]:
    """Payments that Stripe may know more of than we do, begun before `before`, oldest first (S1: a lost webhook loses
    nothing). Superseded ones are among them: theirs can still be paid on a page that was open."""
    waiting = (PaymentStatus.OPEN, PaymentStatus.PROCESSING)
    return list(
        session.scalars(
            sa.select(Payment)
            .where(Payment.status.in_(waiting), Payment.created_at < before, Payment.checkout_session_id.is_not(None))
            .order_by(Payment.created_at)
            .limit(limit)
        )
    )


def left_open(session: Session, limit: int = 100) -> list[Payment]:
    """Payments that a newer link has replaced while their checkout page is open (design section 10, 6).

    Close the page at Stripe, then `follow` what it says.
    """
    return list(
        session.scalars(
            sa.select(Payment)
            .where(Payment.status == PaymentStatus.OPEN, Payment.superseded_at.is_not(None))
            .order_by(Payment.superseded_at)
            .limit(limit)
        )
    )


def history(session: Session, customer: Customer, limit: int = 50) -> list[Payment]:
    """What `customer` has paid or is paying, newest first: every payment with money in it or on its way."""
    unpaid = sorted(UNPAID)
    return list(
        session.scalars(
            sa.select(Payment)
            .where(Payment.customer_id == customer.id, Payment.status.not_in(unpaid))
            .order_by(Payment.created_at.desc())
            .limit(limit)
        )
    )


def _check_owed(amount: Money, standing: Standing, customer: Customer) -> None:
    if amount.currency != standing.currency:
        raise InvalidInput(f"This account is kept in {standing.currency}.", about=standing.total)
    if not standing.total:
        raise InvalidInput("Nothing is open on this account.", about=standing.total)
    if amount > standing.total:
        owed = standing.total.format(customer.language)
        raise InvalidInput(f"That is more than what is open on this account, {owed}.", about=standing.total)


def _check_not_on_its_way(session: Session, amount: Money, standing: Standing, customer: Customer) -> None:
    """What a bank is still confirming must not be paid a second time (S2, S5)."""
    processing = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0)).where(
            Payment.customer_id == customer.id, Payment.status == PaymentStatus.PROCESSING
        )
    )
    on_its_way = Money(int(processing or 0), standing.currency)
    if on_its_way and amount > standing.total - on_its_way:
        words = on_its_way.format(customer.language)
        raise InvalidInput(f"A payment of {words} is already on its way from your bank.", about=on_its_way)


def _named(standing: Standing, invoice_ids: Iterable[uuid.UUID]) -> list[OpenInvoice]:
    wanted = set(invoice_ids)
    found = [item for item in standing.items if item.invoice.id in wanted]
    if len(found) < len(wanted):
        raise NotFound("That invoice is not open on this account.")
    return found


def _input_hash(
    customer: Customer, amount: Money, conversation_id: uuid.UUID | None, invoice_ids: Iterable[uuid.UUID]
) -> str:
    asked = [str(customer.id), str(conversation_id), amount.minor, amount.currency, sorted(map(str, invoice_ids))]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _live(session: Session, customer: Customer) -> Iterable[Payment]:
    return session.scalars(
        sa.select(Payment)
        .where(Payment.customer_id == customer.id, Payment.status.in_(sorted(UNPAID)), Payment.superseded_at.is_(None))
        .order_by(Payment.created_at.desc())
        .with_for_update()
    )


def _is_old(payment: Payment) -> bool:
    return clock.now() >= payment.created_at + dt.timedelta(days=policies.payments().link_days)


def _shares(payment: Payment, amount: Money, standing: Standing, named: list[OpenInvoice]) -> list[PaymentShare]:
    chosen = {item.invoice.id for item in named}
    others = [item for item in standing.items if item.invoice.id not in chosen and not item.disputed]
    shares: list[PaymentShare] = []
    left = amount.minor
    for item in (*named, *others):
        part = min(left, item.owed.minor)
        if part == 0:
            break
        shares.append(
            PaymentShare(
                payment_id=payment.id,
                position=len(shares),
                invoice_id=item.invoice.id,
                amount=part,
                named=item.invoice.id in chosen,
            )
        )
        left -= part
    return shares


def _needs_new_attempt(payment: Payment) -> bool:
    if payment.attempt == 0 or payment.checkout_expires_at is None:
        return True
    left = payment.checkout_expires_at - clock.now()
    if payment.checkout_session_id is None:
        # Whether Stripe was reached is unknown, so the attempt is repeated for as long as Stripe would take it.
        return left < CHECKOUT_LEFT
    return left <= dt.timedelta(0) or payment.status in (PaymentStatus.FAILED, PaymentStatus.EXPIRED)


def _request(payment: Payment, customer: Customer) -> CheckoutRequest:
    assert payment.checkout_expires_at is not None
    words = policies.in_language(policies.payments().description, customer.language)
    return CheckoutRequest(
        payment_id=str(payment.id),
        amount=Money(payment.amount, payment.currency),
        description=words.format(brand=policies.brand_name()),
        locale=customer.language,
        success_url=f"{link(payment)}?returned=1",
        cancel_url=link(payment),
        expires_at=payment.checkout_expires_at,
        # No e-mail address: whoever holds the link opens the page (P1).
        customer_email=None,
    )


def _key(payment: Payment) -> str:
    return f"payment:{payment.id}:attempt:{payment.attempt}"


def _check_ours(payment: Payment, checkout: CheckoutSession) -> None:
    if checkout.payment_id != str(payment.id):
        raise Conflict("This checkout page belongs to another payment.", about=payment.id)
