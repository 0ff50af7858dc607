"""The outbox: what is queued goes out, once, between transactions; what fails for a while is tried again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from functools import lru_cache

import sqlalchemy as sa
import structlog

from bot import clock, failpoints
from bot.channels.base import Outgoing, Sender, SendFailed
from bot.channels.twilio import sms
from bot.db import Database, lock
from bot.errors import GoodTermsError
from bot.models import Channel, Delivery, DeliveryStatus
from bot.settings import settings

# While one process sends a delivery, the others leave it alone for so long.
LEASE = dt.timedelta(seconds=60)
ATTEMPTS = 6
BATCH = 100

log = structlog.get_logger()


def send_due(db: Database, delivery_ids: Sequence[uuid.UUID] | None = None, *, sender: Sender | None = None) -> int:
    """Send what is queued and due, or only `delivery_ids`; how many were handed to a provider.

    Raises nothing for a failing provider: the delivery waits (seconds, doubled each time) or is marked failed.
    """
    return sum(_send(db, delivery_id, sender) for delivery_id in _due(db, delivery_ids))


def _due(db: Database, delivery_ids: Sequence[uuid.UUID] | None) -> list[uuid.UUID]:
    query = sa.select(Delivery.id).where(Delivery.status == DeliveryStatus.QUEUED, Delivery.next_at <= clock.now())
    if delivery_ids is not None:
        query = query.where(Delivery.id.in_(delivery_ids))
    with db.reading() as session:
        return list(session.scalars(query.order_by(Delivery.next_at).limit(BATCH)))


def _send(db: Database, delivery_id: uuid.UUID, sender: Sender | None) -> bool:
    delivery = _claim(db, delivery_id)
    if delivery is None:
        return False
    failpoints.reach("outbox.claimed")
    outgoing = Outgoing(to=delivery.address, body=delivery.body, reference=str(delivery.id))
    try:
        sent = (sender or _sender(delivery.channel)).send(outgoing)
    except GoodTermsError as error:
        retry = isinstance(error, SendFailed) and error.retryable and delivery.attempts < ATTEMPTS
        log.warning("delivery_failed", delivery=str(delivery_id), code=error.code, again=retry)
        _failed(db, delivery_id, error, retry=retry)
        return False
    failpoints.reach("outbox.sent")
    with db.transaction() as session:
        row = session.get_one(Delivery, delivery_id)
        row.status, row.provider_id = DeliveryStatus.SENT, sent.provider_id
        _forget_secret(row)
    return True


def _claim(db: Database, delivery_id: uuid.UUID) -> Delivery | None:
    now = clock.now()
    with db.transaction() as session:
        row = lock(session, Delivery, delivery_id)
        if row is None or row.status != DeliveryStatus.QUEUED or row.next_at > now:
            return None
        if row.expires_at is not None and row.expires_at <= now:
            row.status, row.error = DeliveryStatus.FAILED, "expired"
            _forget_secret(row)
            return None
        row.attempts += 1
        row.next_at = now + LEASE
        return row


def _failed(db: Database, delivery_id: uuid.UUID, error: GoodTermsError, *, retry: bool) -> None:
    with db.transaction() as session:
        row = session.get_one(Delivery, delivery_id)
        reason = error.reason if isinstance(error, SendFailed) else error.code
        row.error = str(reason)
        if retry:
            row.next_at = clock.now() + dt.timedelta(seconds=2 ** min(row.attempts, 8))
        else:
            row.status = DeliveryStatus.FAILED
            _forget_secret(row)


def _forget_secret(row: Delivery) -> None:
    if row.secret:
        row.body = ""


@lru_cache(maxsize=4)
def _sender(channel: Channel) -> Sender:
    if channel == Channel.SMS:
        return sms(settings())
    raise GoodTermsError(f"Nothing goes out by {channel} yet.")
