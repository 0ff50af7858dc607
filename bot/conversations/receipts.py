"""What Stripe tells us, carried into the ledger and told to the customer: exactly once (S1, S2, S5).

An event only says that something changed; the Checkout Session is fetched again before anything moves. The postings,
the payment's state and the receipt in the transcript are one transaction.
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import payments
from bot.billing.stripe import CheckoutSession, GatewayEvent, PaymentGateway
from bot.conversations import transcript
from bot.db import Database, lock
from bot.errors import GoodTermsError, NotFound, OutsideService
from bot.models import Author, Conversation, ExternalEvent, Holder, Payment, PaymentStatus, Source
from bot.money import Money
from bot.words import say

ATTEMPTS = 12
RETRY_AFTER = dt.timedelta(seconds=20)
ASK_AGAIN_AFTER = dt.timedelta(minutes=2)

log = structlog.get_logger()


def take_in(session: Session, event: GatewayEvent, raw: bytes) -> uuid.UUID | None:
    """Write a verified event down; its row's id, or None when it was there before (a duplicate stops here)."""
    known = sa.select(ExternalEvent.id).where(
        ExternalEvent.source == Source.STRIPE, ExternalEvent.external_id == event.id
    )
    if session.scalar(known) is not None:
        return None
    row = ExternalEvent(
        source=Source.STRIPE, external_id=event.id, kind=event.type, object_id=_session_id(session, event), body=raw
    )
    session.add(row)
    session.flush()
    return row.id


def process(db: Database, gateway: PaymentGateway, event_id: uuid.UUID) -> uuid.UUID | None:
    """Act on a stored event: ask Stripe for the session, then settle or follow. The conversation that was told, if any.

    A failing Stripe leaves the event for the next sweep; any number of runs for one event act once.
    """
    try:
        return _act_on(db, gateway, event_id)
    except OutsideService:
        return None


def _act_on(db: Database, gateway: PaymentGateway, event_id: uuid.UUID) -> uuid.UUID | None:
    """The same, but raises `OutsideService` while Stripe does not answer, so that a sweep need not ask on."""
    with db.transaction() as session:
        row = lock(session, ExternalEvent, event_id)
        if row is None or row.processed_at is not None or row.attempts >= ATTEMPTS:
            return None
        row.attempts += 1
        session_id = row.object_id
    if session_id is None:
        _processed(db, event_id, None)
        return None
    try:
        told = follow_up(db, gateway, session_id)
    except OutsideService as error:
        log.warning("stripe_event_waits", event_row=str(event_id), retryable=error.retryable)
        if error.retryable:
            raise
        _processed(db, event_id, error.code)
        return None
    except GoodTermsError as error:
        log.error("stripe_event_unclear", event_row=str(event_id), code=error.code)
        _processed(db, event_id, error.code)
        return None
    _processed(db, event_id, None)
    return told


def follow_up(db: Database, gateway: PaymentGateway, session_id: str) -> uuid.UUID | None:
    """Ask Stripe how a Checkout Session stands, and bring the payment to that state. The conversation told, if any."""
    checkout = gateway.fetch_checkout(session_id)
    with db.transaction() as session:
        return _apply(session, checkout)


def sweep(db: Database, gateway: PaymentGateway) -> list[uuid.UUID]:
    """What a crash or a lost webhook left behind: stored events not acted on, payments still open at Stripe.

    Raises `OutsideService` when Stripe does not answer; the rest waits for the next sweep.
    """
    now = clock.now()
    with db.reading() as session:
        events = list(
            session.scalars(
                sa.select(ExternalEvent.id)
                .where(
                    ExternalEvent.processed_at.is_(None),
                    ExternalEvent.attempts < ATTEMPTS,
                    ExternalEvent.received_at < now - RETRY_AFTER,
                )
                .order_by(ExternalEvent.received_at)
                .limit(200)
            )
        )
    told: list[uuid.UUID | None] = [_act_on(db, gateway, event_id) for event_id in events]
    _close_replaced(db, gateway)
    with db.reading() as session:
        open_ = [
            payment.checkout_session_id for payment in payments.due_for_reconciliation(session, now - ASK_AGAIN_AFTER)
        ]
    for session_id in open_:
        try:
            told.append(follow_up(db, gateway, session_id) if session_id else None)
        except OutsideService as error:
            log.warning("stripe_session_waits", retryable=error.retryable)
            if error.retryable:
                break
        except GoodTermsError as error:
            log.error("stripe_session_unclear", code=error.code)
    return [conversation_id for conversation_id in told if conversation_id is not None]


def _close_replaced(db: Database, gateway: PaymentGateway) -> None:
    """A newer link has replaced these: nobody should pay on their pages any more. What is paid by now is settled."""
    with db.reading() as session:
        replaced = [payment.checkout_session_id for payment in payments.left_open(session)]
    for session_id in replaced:
        if session_id is None:
            continue
        try:
            gateway.expire_checkout(session_id)
        except OutsideService as error:
            if error.retryable:
                log.warning("replaced_page_left_open")
                return
        # The reconciliation that follows asks how it stands now, whether or not it could be closed.


def _apply(session: Session, checkout: CheckoutSession) -> uuid.UUID | None:
    payment_id = _ours(checkout)
    # The conversation is locked first, as the dialogue does it, so that the two never wait for each other.
    conversation_id = session.scalar(sa.select(Payment.conversation_id).where(Payment.id == payment_id))
    if conversation_id is not None:
        lock(session, Conversation, conversation_id)
    if payments.told_by(checkout) is PaymentStatus.SUCCEEDED:
        settlement = payments.settle(session, payment_id, checkout)
        return _give_receipt(session, settlement) if settlement.first else None
    if not payments.follow(session, payment_id, checkout):
        return None
    payment = session.get_one(Payment, payment_id)
    key = {PaymentStatus.PROCESSING: "payment_processing", PaymentStatus.FAILED: "payment_failed"}.get(payment.status)
    conversation = _conversation(session, payment)
    if key is None or conversation is None:
        return None
    amount = Money(payment.amount, payment.currency).format(conversation.locale)
    transcript.append(
        session, conversation, author=_author(conversation), text=say(key, conversation.locale, amount=amount)
    )
    return conversation.id


def _ours(checkout: CheckoutSession) -> uuid.UUID:
    """The payment that a session is for. Raises `NotFound` for one that the business opened for something else."""
    try:
        return uuid.UUID(checkout.payment_id)
    except ValueError as error:
        raise NotFound("This checkout page is none of ours.", about=checkout.id) from error


def _give_receipt(session: Session, settlement: payments.Settlement) -> uuid.UUID | None:
    """The receipt in the transcript: thanks, what is open now and a way that suits (K3, K9). Credit is said (S5)."""
    payment = settlement.payment
    conversation = _conversation(session, payment)
    if conversation is None:
        return None
    locale = conversation.locale
    standing = (
        say("receipt_rest", locale, balance=settlement.balance.format(locale))
        if settlement.balance.minor > 0
        else say("receipt_clear", locale)
    )
    if settlement.credit:
        standing = f"{standing} {say('receipt_credit', locale, credit=settlement.credit.format(locale))}"
    message = transcript.append(
        session,
        conversation,
        author=_author(conversation),
        text=say("receipt", locale, amount=settlement.amount.format(locale), standing=standing),
        card={
            "kind": "receipt",
            "payment_id": str(payment.id),
            "amount": settlement.amount.minor,
            "currency": settlement.amount.currency,
            "paid_at": (payment.settled_at or clock.now()).isoformat(),
            "balance": settlement.balance.minor,
        },
    )
    session.flush()
    payment.receipt_message_id = message.id
    return conversation.id


def _conversation(session: Session, payment: Payment) -> Conversation | None:
    return lock(session, Conversation, payment.conversation_id) if payment.conversation_id else None


def _author(conversation: Conversation) -> Author:
    return Author.BOT if conversation.holder == Holder.BOT else Author.SYSTEM


def _session_id(session: Session, event: GatewayEvent) -> str | None:
    """The Checkout Session that an event is about: its own object, or the session of the payment that it names."""
    if event.object_type == "checkout.session":
        return event.object_id
    try:
        payment = session.get(Payment, uuid.UUID(event.payment_id)) if event.payment_id else None
    except ValueError:
        return None
    return payment.checkout_session_id if payment else None


def _processed(db: Database, event_id: uuid.UUID, error: str | None) -> None:
    with db.transaction() as session:
        row = session.get_one(ExternalEvent, event_id)
        row.processed_at, row.error = clock.now(), error
