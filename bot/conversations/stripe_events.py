"""What Stripe tells us, carried into the ledger and told to the customer: exactly once (S1, S2, S5, S6).

An event only says that something changed; the object is fetched again before anything moves. The postings, the
payment's state, what the customer is told and the case for the desk are one transaction.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot import clock, failpoints
from bot.billing import mandates
from bot.billing.gateway import GatewayEvent, Intent, PaymentGateway, Takings
from bot.billing.payments import checkouts, reversals
from bot.billing.payments.settlement import settle
from bot.conversations import autopay_news, payment_news
from bot.db import Database, lock
from bot.errors import GoodTermsError, OutsideService
from bot.models import ExternalEvent, Payment, PaymentOrigin, Source

ATTEMPTS = 12

log = structlog.get_logger()


def take_in(session: Session, event: GatewayEvent, raw: bytes) -> uuid.UUID | None:
    """Write a verified event down; its row's id, or None when it was there before (a duplicate stops here)."""
    known = sa.select(ExternalEvent.id).where(
        ExternalEvent.source == Source.STRIPE, ExternalEvent.external_id == event.id
    )
    if session.scalar(known) is not None:
        return None
    row = ExternalEvent(
        source=Source.STRIPE, external_id=event.id, kind=event.type, object_id=_subject(session, event), body=raw
    )
    session.add(row)
    session.flush()
    return row.id


def process(db: Database, gateway: PaymentGateway, event_id: uuid.UUID) -> uuid.UUID | None:
    """Act on a stored event: ask Stripe how it stands, then settle, follow or reverse. The conversation told, if any.

    A failing Stripe leaves the event for the next sweep; any number of runs for one event act once.
    """
    try:
        return act_on(db, gateway, event_id)
    except OutsideService:
        return None


def act_on(db: Database, gateway: PaymentGateway, event_id: uuid.UUID) -> uuid.UUID | None:
    """`process`, but it raises `OutsideService` while Stripe does not answer, so that a sweep need not ask on.

    What cannot be acted on as it is stays unprocessed, with the error's code, for the comparison of books.
    """
    with db.transaction() as session:
        row = lock(session, ExternalEvent, event_id)
        if row is None or row.processed_at is not None or row.attempts >= ATTEMPTS:
            return None
        row.attempts += 1
        subject = row.object_id
    if subject is None:
        _processed(db, event_id)
        return None
    failpoints.reach("event.claimed")
    try:
        told = follow_up(db, gateway, subject)
    except OutsideService as error:
        log.warning("stripe_event_waits", event_row=str(event_id), retryable=error.retryable)
        if error.retryable:
            raise
        _failed(db, event_id, error.code)
        return None
    except GoodTermsError as error:
        log.error("stripe_event_unclear", event_row=str(event_id), code=error.code)
        _failed(db, event_id, error.code)
        return None
    failpoints.reach("event.settled")
    _processed(db, event_id)
    failpoints.reach("event.processed")
    return told


def follow_up(db: Database, gateway: PaymentGateway, id: str) -> uuid.UUID | None:
    """Ask Stripe how a Checkout Session (`cs_…`) or a payment intent (`pi_…`) stands, and bring the payment to that
    state. The conversation told, if any; what is none of ours is left alone.

    Money that came is settled before anything of it goes back, whichever Stripe spoke of first (S6). Raises as
    `act_on` says.
    """
    if id.startswith("pi_"):
        return _follow_intent(db, gateway, gateway.fetch_intent(id))
    checkout = gateway.fetch_checkout(id)
    returned = checkout.payment_intent if checkout.paid and (checkout.refunded or checkout.disputed) else None
    intent = gateway.fetch_intent(returned) if returned else None
    failpoints.reach("event.fetched")
    with db.transaction() as session:
        payment = _payment(session, checkout.payment_id)
        if payment is None:
            return None
        if checkout.paid:
            return _take_in(session, payment, checkout, intent)
        conversation = payment_news.listener(session, payment)
        if not checkouts.follow(session, payment.id, checkout):
            return None
        return payment_news.progress(session, payment, conversation)


def _follow_intent(db: Database, gateway: PaymentGateway, intent: Intent) -> uuid.UUID | None:
    with db.transaction() as session:
        payment = _payment(session, intent.payment_id)
        if payment is None:
            return None
        if payment.origin == PaymentOrigin.AUTOPAY:
            told = autopay_news.take_over(session, payment.id, intent)
            return _take_back(session, payment, intent) or told
        if intent.paid:
            return _take_in(session, payment, intent, intent)
    # By a link the customer pays on a page, and what an unpaid intent means depends on how the page stands.
    return follow_up(db, gateway, payment.checkout_session_id) if payment.checkout_session_id else None


def _take_in(session: Session, payment: Payment, takings: Takings, intent: Intent | None) -> uuid.UUID | None:
    # The conversation is locked first, as the dialogue does it, so that the two never wait for each other.
    conversation = payment_news.listener(session, payment)
    settlement = settle(session, payment.id, takings)
    card = takings.saved_card
    if card is not None and payment.mandate_id is not None:
        mandates.activate(session, payment.mandate_id, card)
    told = payment_news.receipt(session, settlement, conversation) if settlement.first else None
    failpoints.reach("event.settling")
    return (_take_back(session, payment, intent) if intent else None) or told


def _take_back(session: Session, payment: Payment, intent: Intent) -> uuid.UUID | None:
    if not intent.returns:
        return None
    conversation = payment_news.listener(session, payment)
    return payment_news.money_back(session, reversals.converge(session, payment.id, intent), conversation)


def _payment(session: Session, id: str) -> Payment | None:
    """The payment of ours with this id; None for what the business sold elsewhere."""
    try:
        return session.get(Payment, uuid.UUID(id))
    except ValueError:
        return None


def _subject(session: Session, event: GatewayEvent) -> str | None:
    """What to ask Stripe about: a Checkout Session or a payment intent; None for an event that cannot be ours.

    A page, an intent and its charges carry our payment's id. Refunds and disputes do not: their intent is asked about.
    """
    if event.object_type in ("refund", "dispute"):
        return event.payment_intent
    if not event.payment_id or _payment(session, event.payment_id) is None:
        return None
    return event.object_id if event.object_type == "checkout.session" else event.payment_intent


def _failed(db: Database, event_id: uuid.UUID, code: str) -> None:
    """Asking again soon is in vain: the comparison of books reports it, and tries it now and then (`books`)."""
    with db.transaction() as session:
        row = session.get_one(ExternalEvent, event_id)
        row.attempts, row.error = ATTEMPTS, code


def _processed(db: Database, event_id: uuid.UUID) -> None:
    with db.transaction() as session:
        row = session.get_one(ExternalEvent, event_id)
        row.processed_at, row.error = clock.now(), None
