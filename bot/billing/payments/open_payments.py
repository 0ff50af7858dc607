"""Payments that Stripe may know more of than we do, shared out among the workers that ask (S1, S5)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.db import claim, lock
from bot.models import Payment, PaymentStatus

# For so long one worker has a payment to itself; a crash gives it back then.
LEASE = dt.timedelta(minutes=5)
BATCH = 20
# How long after the last question the next one comes, by how long ago the customer could last pay: webhooks bring
# nearly everything within seconds, a bank's answer may take days.
PATIENCE = (
    (dt.timedelta(hours=2), dt.timedelta(minutes=2)),
    (dt.timedelta(days=1), dt.timedelta(minutes=15)),
    (dt.timedelta(days=3650), dt.timedelta(hours=2)),
)


def take(session: Session, limit: int = BATCH) -> list[Payment]:
    """At most `limit` payments to ask Stripe about, leased to the caller: those not asked for longest come first.

    They are open or processing. One that a newer link has replaced while its page is open is asked about at once, for
    its page is to be closed (design section 10, 6). `checked` gives each back.
    """
    now = clock.now()
    query = (
        sa.select(Payment)
        .where(
            Payment.status.in_((PaymentStatus.OPEN, PaymentStatus.PROCESSING)),
            sa.or_(Payment.checkout_session_id.is_not(None), Payment.payment_intent_id.is_not(None)),
            sa.or_(Payment.claimed_until.is_(None), Payment.claimed_until <= now),
            sa.or_(_replaced(), *_due(now)),
        )
        .order_by(sa.nulls_first(Payment.checked_at), Payment.created_at)
        .limit(limit)
    )
    payments = claim(session, query)
    for payment in payments:
        payment.claimed_until = now + LEASE
    session.flush()
    return payments


def checked(session: Session, payment_id: uuid.UUID, *, asked: bool = True) -> None:
    """Give a payment back that `take` gave; `asked` says whether Stripe was asked about it."""
    payment = lock(session, Payment, payment_id)
    if payment is not None:
        payment.claimed_until = None
        payment.checked_at = clock.now() if asked else payment.checked_at
        session.flush()


def _replaced() -> sa.ColumnElement[bool]:
    not_asked_since = sa.or_(Payment.checked_at.is_(None), Payment.checked_at < Payment.superseded_at)
    return sa.and_(Payment.status == PaymentStatus.OPEN, Payment.superseded_at.is_not(None), not_asked_since)


def _due(now: dt.datetime) -> list[sa.ColumnElement[bool]]:
    payable_until = sa.func.coalesce(Payment.checkout_expires_at, Payment.created_at)
    asked_at = sa.func.coalesce(Payment.checked_at, Payment.created_at)
    return [sa.and_(payable_until > now - age, asked_at <= now - pause) for age, pause in PATIENCE]
