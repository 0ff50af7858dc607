"""One delivery handed to its provider, or looked for there, between transactions; and the answer written down."""

from __future__ import annotations

import time

import sqlalchemy as sa
import structlog
from prometheus_client import Counter, Histogram

from bot import clock, failpoints
from bot.channels.base import FailureReason, SendFailed
from bot.channels.outbox import outcomes
from bot.channels.outbox.queue import Taken
from bot.db import Database, lock
from bot.errors import GoodTermsError
from bot.models import Conversation, Delivery, DeliveryStatus
from bot.models.delivery import RANK

CALL_S = Histogram("goodterms_delivery_call_seconds", "A provider's answer to a message", ["channel"])
ATTEMPTS = Counter("goodterms_delivery_attempts", "Messages handed to a provider", ["channel", "outcome"])

log = structlog.get_logger()


def run(db: Database, taken: Taken) -> bool:
    """Send it, or look for it; whether the provider has it. Raises nothing for a failing provider."""
    failpoints.reach("outbox.claimed")
    try:
        return _send(db, taken) if taken.since is None else _look(db, taken)
    except SendFailed as error:
        _failed(db, taken, error.reason, error.provider_code, error.retry_after)
    except GoodTermsError as error:
        _failed(db, taken, FailureReason.REFUSED, code=error.code)
    return False


def _send(db: Database, taken: Taken) -> bool:
    began = time.perf_counter()
    sent = taken.sender.send(taken.outgoing)
    CALL_S.labels(taken.sender.name).observe(time.perf_counter() - began)
    failpoints.reach("outbox.sent")
    ATTEMPTS.labels(taken.sender.name, "sent").inc()
    with db.transaction() as session:
        row = lock(session, Delivery, taken.delivery_id)
        # The provider's own report may have come first, and a STOP meanwhile: that it went out is a fact nevertheless.
        if row is not None and (row.status == DeliveryStatus.WITHHELD or _is_before_sent(row)):
            outcomes.taken(row, DeliveryStatus.SENT, sent.provider_id)
    return True


def _look(db: Database, taken: Taken) -> bool:
    """Ask the provider whether it has what may have been sent. When it has not, and cannot have it any more, it goes
    out again.

    Meta cannot be asked: there the report that carries our id is waited for, and after two minutes without one the
    message is sent once more. It may so arrive twice, but is never lost.
    """
    assert taken.since is not None
    found = taken.sender.find(taken.outgoing, taken.since)
    with db.transaction() as session:
        row = lock(session, Delivery, taken.delivery_id)
        if row is None or row.status != DeliveryStatus.UNCERTAIN or row.changed_at != taken.since:
            return False
        others = sa.select(Delivery.provider_id).where(
            Delivery.provider_id.in_([sent.provider_id for sent in found]), Delivery.id != row.id
        )
        known = set(session.scalars(others))
        mine = next((sent for sent in found if sent.provider_id not in known | {row.provider_id}), None)
        if mine is not None:
            outcomes.taken(row, DeliveryStatus.SENT, mine.provider_id)
            return True
        over_at = row.changed_at + taken.sender.grace
        if over_at > clock.now():
            row.next_at = min(clock.now() + outcomes.LOOK_AFTER, over_at)
        else:
            row.status, row.next_at = DeliveryStatus.QUEUED, clock.now()
    return False


def _failed(
    db: Database,
    taken: Taken,
    reason: FailureReason,
    provider_code: int | None = None,
    retry_after: float | None = None,
    *,
    code: str = "",
) -> None:
    # What somebody has to mend is an error; what passes, or is one message's own fault, is not.
    tell = log.error if reason == FailureReason.SETUP else log.warning
    tell("delivery_failed", delivery=str(taken.delivery_id), reason=str(reason), code=provider_code or code)
    ATTEMPTS.labels(taken.sender.name, str(reason)).inc()
    with db.transaction() as session:
        row = session.get(Delivery, taken.delivery_id)
        if row is not None and row.conversation_id is not None:
            lock(session, Conversation, row.conversation_id)
        row = lock(session, Delivery, taken.delivery_id)
        if row is None or row.status != DeliveryStatus.UNCERTAIN:
            return
        if taken.since is not None:  # it was only asked about
            if outcomes.is_late(row):
                outcomes.over(row, DeliveryStatus.FAILED, "expired")
            else:
                row.next_at = clock.now() + outcomes.pause(reason, row.attempts, retry_after)
            return
        outcomes.failed(session, row, reason, provider_code, retry_after)


def _is_before_sent(row: Delivery) -> bool:
    return RANK[row.status] < RANK[DeliveryStatus.SENT]
