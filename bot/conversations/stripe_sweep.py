"""What a crash or a lost webhook left behind at Stripe, found and finished by the worker (S1, S5).

Every row is claimed before Stripe is asked about it, so any number of workers may sweep at once.
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
import structlog

from bot import clock
from bot.billing.gateway import PaymentGateway
from bot.billing.payments import open_payments
from bot.conversations.stripe_events import ATTEMPTS, act_on, follow_up
from bot.db import Database, claim, lock
from bot.errors import GoodTermsError, OutsideService
from bot.models import ExternalEvent, Payment, PaymentStatus, Source

# Whoever took the event in acts on it at once; the sweep waits for so long, and twice as long after each failure.
RETRY_AFTER = dt.timedelta(seconds=20)
LONGEST_REST = dt.timedelta(hours=1)
BATCH = 20
BATCHES = 25

log = structlog.get_logger()


def sweep(db: Database, gateway: PaymentGateway) -> list[uuid.UUID]:
    """Finish what a crash or a lost webhook left behind: stored events not acted on, payments still open at Stripe.

    The conversations that were told something. Raises `OutsideService` when Stripe does not answer; what is left waits
    for the next sweep.
    """
    return [*_act_on_stored(db, gateway), *_ask_about_open(db, gateway)]


def _act_on_stored(db: Database, gateway: PaymentGateway) -> list[uuid.UUID]:
    told: list[uuid.UUID | None] = []
    for _ in range(BATCHES):
        events = _claimed_events(db)
        for place, event_id in enumerate(events):
            try:
                told.append(act_on(db, gateway, event_id))
            except OutsideService:
                _give_back(db, events[place + 1 :])
                raise
        if len(events) < BATCH:
            break
    return [conversation_id for conversation_id in told if conversation_id is not None]


def _claimed_events(db: Database) -> list[uuid.UUID]:
    now = clock.now()
    waiting = (
        sa.select(ExternalEvent)
        .where(
            ExternalEvent.source == Source.STRIPE,
            ExternalEvent.processed_at.is_(None),
            ExternalEvent.attempts < ATTEMPTS,
            ExternalEvent.received_at < now - RETRY_AFTER,
            sa.or_(ExternalEvent.claimed_until.is_(None), ExternalEvent.claimed_until <= now),
        )
        .order_by(ExternalEvent.received_at, ExternalEvent.id)
        .limit(BATCH)
    )
    with db.transaction() as session:
        events = claim(session, waiting)
        for event in events:
            event.claimed_until = now + min(RETRY_AFTER * 2 ** (event.attempts + 1), LONGEST_REST)
        return [event.id for event in events]


def _give_back(db: Database, event_ids: list[uuid.UUID]) -> None:
    """Stripe was not asked about these, so they need no rest."""
    for event_id in event_ids:
        with db.transaction() as session:
            event = lock(session, ExternalEvent, event_id)
            if event is not None:
                event.claimed_until = None


def _ask_about_open(db: Database, gateway: PaymentGateway) -> list[uuid.UUID]:
    told: list[uuid.UUID | None] = []
    for _ in range(BATCHES):
        with db.transaction() as session:
            payments = open_payments.take(session)
        for place, payment in enumerate(payments):
            try:
                told.append(_ask(db, gateway, payment))
            except OutsideService:
                _let_go(db, payments[place:], asked=False)
                raise
            _let_go(db, [payment], asked=True)
        if len(payments) < open_payments.BATCH:
            break
    return [conversation_id for conversation_id in told if conversation_id is not None]


def _ask(db: Database, gateway: PaymentGateway, payment: Payment) -> uuid.UUID | None:
    """How one payment stands. Raises `OutsideService` only when asking for others would be in vain too."""
    try:
        if payment.superseded_at is not None and payment.status == PaymentStatus.OPEN:
            _close_page(gateway, payment)
        subject = payment.checkout_session_id or payment.payment_intent_id
        return follow_up(db, gateway, subject) if subject else None
    except OutsideService as error:
        log.warning("stripe_payment_waits", payment=str(payment.id), retryable=error.retryable)
        if error.retryable:
            raise
    except GoodTermsError as error:
        log.error("stripe_payment_unclear", payment=str(payment.id), code=error.code)
    return None


def _close_page(gateway: PaymentGateway, payment: Payment) -> None:
    """A newer link has replaced this one: nobody should pay on its page any more. What is paid by now is settled."""
    try:
        gateway.expire_checkout(payment.checkout_session_id or "")
    except OutsideService as error:
        if error.retryable:
            raise  # else it is closed already: what became of it is asked next


def _let_go(db: Database, payments: list[Payment], *, asked: bool) -> None:
    for payment in payments:
        with db.transaction() as session:
            open_payments.checked(session, payment.id, asked=asked)
