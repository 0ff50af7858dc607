"""What a provider says became of a message, after it took it: in any order, more than once, and sometimes never (T1).

A delivery never moves backwards (`models.delivery.RANK`). What a failure means is a fact about the address or the
conversation, and is acted on as if it had come with the answer to our request.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.channels import meta, twilio_api
from bot.channels.base import FailureReason
from bot.channels.email import answers as mail_answers
from bot.channels.outbox import outcomes
from bot.db import lock
from bot.models import Conversation, Delivery, DeliveryStatus, Provider
from bot.models.delivery import RANK

TWILIO = {
    "accepted": DeliveryStatus.SENT,
    "scheduled": DeliveryStatus.SENT,
    "queued": DeliveryStatus.SENT,
    "sending": DeliveryStatus.SENT,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}
META = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "played": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
}
# The least that is known of a message's parts is what is known of the message.
_LEAST = (
    DeliveryStatus.FAILED,
    DeliveryStatus.WITHHELD,
    DeliveryStatus.HELD,
    DeliveryStatus.QUEUED,
    DeliveryStatus.UNCERTAIN,
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.READ,
)


@dataclass(frozen=True, slots=True)
class DeliveryNews:
    """One report. `reference` is the delivery's id, if the report carries it; `code` the provider's number for why it
    failed; `at` (UTC) when it happened there."""

    provider: Provider
    provider_id: str
    reference: uuid.UUID | str | None
    status: DeliveryStatus
    code: int | None = None
    at: dt.datetime | None = None


def status_of(provider: Provider, word: str) -> DeliveryStatus | None:
    """What a provider's word for a state means; None for a word that we do not know."""
    return (TWILIO if provider == Provider.TWILIO else META).get(word.lower())


def take(session: Session, news: DeliveryNews) -> Delivery | None:
    """Note one report; the delivery that it changed, or None.

    One that we do not know, one that says less than is known already, and one about an attempt that was set aside for
    another change nothing. Takes the locks of the conversation's and the delivery's rows.
    """
    found = _found(session, news)
    if found is None:
        return None
    if found.conversation_id is not None:
        lock(session, Conversation, found.conversation_id)
    row = lock(session, Delivery, found.id)
    if row is None or not _is_about(row, news):
        return None
    if news.status == DeliveryStatus.FAILED:
        if RANK[row.status] >= RANK[DeliveryStatus.FAILED]:
            return None
        row.provider_id = news.provider_id
        outcomes.failed(session, row, _reason(news), news.code)
    elif RANK[news.status] > RANK[row.status]:
        outcomes.taken(row, news.status, news.provider_id)
    else:
        return None
    return row


def marks(session: Session, message_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, DeliveryStatus]:
    """How far each of these messages got: the state of that part of it which got least far. Messages that were not
    sent anywhere are not in it."""
    found: dict[uuid.UUID, DeliveryStatus] = {}
    query = sa.select(Delivery.message_id, Delivery.status).where(Delivery.message_id.in_(list(message_ids)))
    for message_id, status in session.execute(query.distinct()):
        assert message_id is not None
        found[message_id] = min(found.get(message_id, status), DeliveryStatus(status), key=_LEAST.index)
    return found


def _found(session: Session, news: DeliveryNews) -> Delivery | None:
    by_id = sa.select(Delivery).where(Delivery.provider_id == news.provider_id)
    known = session.scalar(by_id.limit(1)) if news.provider_id else None
    if known is None and news.reference:
        try:
            known = session.get(Delivery, uuid.UUID(str(news.reference)))
        except ValueError:
            return None
    return known if known is not None and (known.provider or news.provider) == news.provider else None


def _is_about(row: Delivery, news: DeliveryNews) -> bool:
    """Whether the report is about the attempt that counts. One that was set aside (held, or to be made again) keeps its
    id on the row until the next one has its own, so that its late reports are told apart."""
    if row.status in (DeliveryStatus.QUEUED, DeliveryStatus.HELD, DeliveryStatus.UNCERTAIN):
        return row.attempts > 0 and row.provider_id != news.provider_id
    return row.attempts > 0 and row.provider_id in (None, news.provider_id)


def _reason(news: DeliveryNews) -> FailureReason:
    if news.provider == Provider.SMTP:
        return mail_answers.of_code(news.code)
    known = twilio_api.reason_of(news.code) if news.provider == Provider.TWILIO else meta.reason_of(news.code)
    return known or FailureReason.REFUSED
