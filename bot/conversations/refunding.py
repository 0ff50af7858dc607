"""Carrying out refunds: Stripe is asked between two transactions, and what it answers is followed (S3, S5, S6)."""

from __future__ import annotations

import datetime as dt
import uuid

import structlog

from bot import clock
from bot.billing.gateway import PaymentGateway, Return
from bot.billing.payments import refunds
from bot.conversations import stripe_events
from bot.db import Database
from bot.errors import GoodTermsError, OutsideService
from bot.models import Refund, RefundStatus
from bot.money import Money

ASK_AGAIN_AFTER = dt.timedelta(minutes=1)

log = structlog.get_logger()


def send(db: Database, gateway: PaymentGateway, refund_id: uuid.UUID) -> uuid.UUID | None:
    """Ask Stripe for a refund that was written down as `asked`, then bring the ledger to what it says.

    The conversation that was told, if any. One that is sent, refused or still proposed is left alone; sent twice, it
    is given back once. Raises `OutsideService`: when it is retryable the sweep asks again, else the refund is refused,
    once Stripe has none that can be this one: a repeated call may be refused though the first made it.
    """
    refund = db.in_reading(lambda session: session.get_one(Refund, refund_id))
    if refund.status != RefundStatus.ASKED:
        return None
    try:
        back = _asked(db, gateway, refund)
    except OutsideService as error:
        if error.retryable:
            raise
        made = _made(db, gateway, refund)
        if made is None:
            db.in_transaction(lambda session: refunds.refused(session, refund_id))
            raise
        back = made
    db.in_transaction(lambda session: refunds.sent(session, refund_id, back))
    return stripe_events.follow_up(db, gateway, refund.payment_intent)


def sweep(db: Database, gateway: PaymentGateway) -> list[uuid.UUID]:
    """Send what a crash or an outage left behind; the conversations that were told.

    Raises `OutsideService` while Stripe does not answer; the rest waits for the next sweep.
    """
    due = clock.now() - ASK_AGAIN_AFTER
    told = []
    for refund_id in db.in_reading(lambda session: refunds.unsent(session, due)):
        try:
            told.append(send(db, gateway, refund_id))
        except OutsideService as error:
            if error.retryable:
                raise
            log.warning("refund_refused", refund=str(refund_id))
        except GoodTermsError as error:
            log.error("refund_unclear", refund=str(refund_id), code=error.code)
    return [conversation_id for conversation_id in told if conversation_id is not None]


def _asked(db: Database, gateway: PaymentGateway, refund: Refund) -> Return:
    if refunds.key_may_be_forgotten(refund):
        found = _made(db, gateway, refund)
        if found is not None:
            return found
    amount = Money(refund.amount, refund.currency)
    return gateway.refund(refund.payment_intent, amount, refunds.key(refund))


def _made(db: Database, gateway: PaymentGateway, refund: Refund) -> Return | None:
    """The refund at Stripe that can only be this one. Raises `OutsideService` while Stripe does not answer."""
    try:
        intent = gateway.fetch_intent(refund.payment_intent)
    except OutsideService as error:
        if error.retryable:
            raise
        return None
    return db.in_reading(lambda session: refunds.answered_by(session, refund, intent))
