"""STOP, START and HELP pass what a phone sent before them and nobody has acted on yet (C4).

However long the assistant takes, a stop is heard at once. What it passes is written down after it, and not answered:
the stop was said later, and forbids it (C5).
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.channels import meta_webhook, twilio_webhook
from bot.channels.email import incoming
from bot.channels.inbound_message import InboundMessage
from bot.conversations import keywords
from bot.conversations.keywords import Keyword
from bot.models import ExternalEvent, Source

MESSAGE = "message"
KEYWORD = "keyword"
PASSED = "passed"

_READ: dict[Source, Callable[[ExternalEvent], InboundMessage | None]] = {
    Source.TWILIO: twilio_webhook.read,
    Source.META: meta_webhook.read,
    Source.SMTP: incoming.read,
}
log = structlog.get_logger()


def read(event: ExternalEvent) -> InboundMessage | None:
    """The message that was kept, whoever brought it; None for what is none."""
    return _READ[Source(event.source)](event)


def kind_of(event: ExternalEvent) -> str:
    """What kind of event this is as it is taken in: `KEYWORD` for a message that passes the others. A mere YES does
    not: what it means depends on what came before it."""
    if event.kind != MESSAGE or event.processed_at is not None:
        return event.kind
    message = _readable(event)
    return KEYWORD if message is not None and _named(message) is not None else MESSAGE


def first() -> sa.ColumnElement[int]:
    """The order of events by what passes what; those alike go by their ids."""
    return sa.case((ExternalEvent.kind == KEYWORD, 0), else_=1)


def stop(session: Session, event: ExternalEvent, message: InboundMessage) -> None:
    """`message` was a stop: what came before it on the same medium, and waits, gets no answer. The caller holds the
    lock of the conversation's row."""
    waiting = sa.select(ExternalEvent).where(
        ExternalEvent.object_id == event.object_id,
        ExternalEvent.processed_at.is_(None),
        ExternalEvent.kind == MESSAGE,
        ExternalEvent.id < event.id,
    )
    for earlier in session.scalars(waiting):
        passed = _readable(earlier)
        if passed is not None and (passed.channel, passed.address) == (message.channel, message.address):
            earlier.kind = PASSED


def _named(message: InboundMessage) -> Keyword | None:
    return message.told or (None if message.choice_id else keywords.read(message.text, refused=False))


def _readable(event: ExternalEvent) -> InboundMessage | None:
    try:
        return read(event)
    except Exception as error:  # it fails when its turn comes, and is told of there
        log.info("phone_event_unread", error=type(error).__name__)
        return None
