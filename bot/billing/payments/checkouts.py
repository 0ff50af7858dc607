"""Checkouts: what a click on a link's page asks of Stripe, and what the answers change.

This module never calls Stripe: `begin` says what to ask, `record` and `follow` write down what the answer was.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.gateway import CheckoutRequest, CheckoutSession
from bot.billing.payments import PageState, find, link, page_state
from bot.billing.payments.payment_states import UNPAID, may_become, told_by
from bot.billing.payments.settlement import lock_payment
from bot.errors import Conflict
from bot.models import Conversation, Customer, Mandate, MandateStatus, Payment, PaymentOrigin, PaymentStatus
from bot.money import Money

# Stripe opens no page that closes in less than half an hour.
CHECKOUT_LEFT = dt.timedelta(minutes=31)


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a click on the pay page leads to: `url`, the page that is open already, or else `request` to Stripe.

    `outdated` is the id of an open page that asks for a consent which was withdrawn since: close it at Stripe, `follow`
    what it says, then begin again. Until then nothing else is opened, so that nobody pays twice.
    """

    payment_id: uuid.UUID
    request: CheckoutRequest
    idempotency_key: str
    url: str | None
    outdated: str | None = None


def begin(session: Session, token: str) -> Checkout:
    """What to ask Stripe on the customer's click; commit before asking.

    The page that is open already is used again. A new attempt, with a key of its own, begins only when the former one
    has failed, has run out or asked for a consent that is withdrawn; until then the same key comes with the same
    parameters (S3). Raises `NotFound`, and `Conflict` when the payment cannot be paid now (`about` is the `PageState`).
    """
    payment = lock_payment(session, find(session, token).id)
    state = page_state(session, payment)
    if state is not PageState.PAYABLE:
        raise Conflict("This link cannot be paid any more. Ask in the chat for a new one.", about=state)
    customer = session.get_one(Customer, payment.customer_id)
    mandate = session.get_one(Mandate, payment.mandate_id) if payment.mandate_id else None
    withdrawn = mandate is not None and mandate.status == MandateStatus.WITHDRAWN
    if withdrawn and _is_open(payment):
        return _checkout(session, payment, customer, mandate, outdated=payment.checkout_session_id)
    if withdrawn or _needs_new_attempt(payment):
        if withdrawn:
            payment.mandate_id = mandate = None
        payment.attempt += 1
        payment.checkout_session_id = payment.checkout_url = None
        payment.checkout_expires_at = clock.now() + dt.timedelta(minutes=policies.payments().checkout_minutes)
        session.flush()
    return _checkout(session, payment, customer, mandate)


def record(
    session: Session, payment_id: uuid.UUID, checkout: CheckoutSession, idempotency_key: str | None = None
) -> Payment:
    """Write down the Checkout Session that was opened for `payment_id` with `idempotency_key`.

    One that was opened for a former attempt is not written down, as another page is open since or will be: close it
    at Stripe, so that nobody pays twice (S5). Raises `NotFound`; `Conflict` for another's.
    """
    payment = lock_payment(session, payment_id)
    _check_ours(payment, checkout)
    if idempotency_key is not None and idempotency_key != _key(payment):
        return payment
    if checkout.status == "open" and payment.status in UNPAID:
        payment.status = PaymentStatus.OPEN
        payment.checkout_session_id = checkout.id
        payment.checkout_url = checkout.url
        payment.checkout_expires_at = checkout.expires_at
        session.flush()
    return payment


def give_up(session: Session, payment_id: uuid.UUID, idempotency_key: str) -> None:
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
    if checkout.id != payment.checkout_session_id:
        return False
    if then is PaymentStatus.OPEN and checkout.status == "complete" and _is_open(payment):
        # Only the voucher of this page can be paid by now; whoever would rather pay otherwise needs a new page.
        payment.checkout_expires_at = clock.now()
        session.flush()
    if then is PaymentStatus.OPEN or not may_become(payment.status, then):
        return False
    payment.status = then
    payment.payment_intent_id = checkout.payment_intent or payment.payment_intent_id
    session.flush()
    return True


def _is_open(payment: Payment) -> bool:
    if payment.status != PaymentStatus.OPEN or payment.checkout_session_id is None:
        return False
    return payment.checkout_expires_at is not None and payment.checkout_expires_at > clock.now()


def _needs_new_attempt(payment: Payment) -> bool:
    if payment.attempt == 0 or payment.checkout_expires_at is None:
        return True
    left = payment.checkout_expires_at - clock.now()
    if payment.checkout_session_id is None:
        # Whether Stripe was reached is unknown, so the attempt is repeated for as long as Stripe would take it.
        return left < CHECKOUT_LEFT
    return left <= dt.timedelta(0) or payment.status in (PaymentStatus.FAILED, PaymentStatus.EXPIRED)


def _checkout(
    session: Session, payment: Payment, customer: Customer, mandate: Mandate | None, *, outdated: str | None = None
) -> Checkout:
    url = None if outdated else payment.checkout_url
    language = _language(session, payment, customer)
    return Checkout(payment.id, _request(payment, language, mandate), _key(payment), url, outdated)


def _language(session: Session, payment: Payment, customer: Customer) -> str:
    """The customer's; a guest's is that of their own conversation, since the account's would tell of it (P4)."""
    if payment.origin == PaymentOrigin.GUEST and payment.conversation_id:
        return session.get_one(Conversation, payment.conversation_id).locale
    return customer.language


def _request(payment: Payment, language: str, mandate: Mandate | None) -> CheckoutRequest:
    assert payment.checkout_expires_at is not None
    words = policies.in_language(policies.payments().description, language)
    return CheckoutRequest(
        payment_id=str(payment.id),
        amount=Money(payment.amount, payment.currency),
        description=words.format(brand=policies.brand_name()),
        locale=language,
        success_url=f"{link(payment)}?returned=1",
        cancel_url=link(payment),
        expires_at=payment.checkout_expires_at,
        # No e-mail address: whoever holds the link opens the page (P1).
        customer_email=None,
        consent=mandate.wording if mandate else None,
    )


def _key(payment: Payment) -> str:
    return f"payment:{payment.id}:attempt:{payment.attempt}"


def _check_ours(payment: Payment, checkout: CheckoutSession) -> None:
    if checkout.payment_id != str(payment.id):
        raise Conflict("This checkout page belongs to another payment.", about=payment.id)
