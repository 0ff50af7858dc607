"""What phones' providers told us, acted on in the order in which it came, one phone at a time, exactly once.

No lease is needed: acting on a stored message never leaves the database, and its conversation's lock makes any number
of processes act one after the other. A message that fails rests and is tried again, doubling the rest; it holds up what
came after it for its first tries only. A stop waits for nothing (`bot.channels.precedence`).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite
import structlog
from sqlalchemy.orm import Session

from bot import clock
from bot.channels import delivery_news, inbound, meta_webhook, precedence, twilio_webhook
from bot.channels.delivery_news import DeliveryNews
from bot.channels.email import incoming
from bot.conversations import turns
from bot.conversations.turns import Begun
from bot.db import Database, lock
from bot.errors import GoodTermsError, TooMany
from bot.models import Attachment, Conversation, ExternalEvent, Message, Source

PHONES = (Source.TWILIO, Source.META, Source.SMTP)
FIRST_REST = dt.timedelta(seconds=1)
LONGEST_REST = dt.timedelta(hours=1)
HOLDS = 3  # tries of one message that what came later waits for
ATTEMPTS = 10
# Whoever took an event in acts on it at once; the sweep waits for so long.
LEFT_BEHIND = dt.timedelta(seconds=20)
BATCH = 100
BATCHES = 20

_NEWS: dict[Source, Callable[[ExternalEvent], DeliveryNews | None]] = {
    Source.TWILIO: twilio_webhook.read_news,
    Source.META: meta_webhook.read_news,
    Source.SMTP: incoming.read_news,
}
_KEPT = ("id", "source", "external_id", "kind", "object_id", "body", "received_at", "processed_at", "error")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Carried:
    """One event acted on. `conversation_id` is whom it concerns; `begun` the bot's turn that is the caller's to run;
    `message_id` what was written down, with files to be fetched if it `has_files`; `rest` how long the next has to
    wait."""

    conversation_id: uuid.UUID | None = None
    desk: bool = False
    begun: Begun | None = None
    message_id: uuid.UUID | None = None
    has_files: bool = False
    rest: dt.timedelta | None = None


def take_in(session: Session, events: Sequence[ExternalEvent]) -> int:
    """Write verified events down; how many are new. A duplicate stops here."""
    kind = sa.dialects.postgresql if session.get_bind().dialect.name == "postgresql" else sa.dialects.sqlite
    new = 0
    for event in events:
        values = {name: getattr(event, name) for name in _KEPT} | {"kind": precedence.kind_of(event)}
        insert = kind.insert(ExternalEvent).values(**values, attempts=0)
        known = insert.on_conflict_do_nothing(index_elements=["source", "external_id"])
        new += session.execute(known.returning(ExternalEvent.id)).scalar() is not None
    return new


def carry(db: Database, object_id: str) -> Carried | None:
    """Act on the oldest event of one phone, or one sent message, that was not acted on; None when there is none left.

    A failing one is set to rest, and the answer says for how long. Raises `OperationalError` of the database only.
    """
    with db.reading() as session:
        event = _next(session, object_id)
    if event is None:
        return None
    if event.claimed_until is not None and (rest := event.claimed_until - clock.now()) > dt.timedelta(0):
        return Carried(rest=rest)
    try:
        with db.transaction() as session:
            return _act(session, event.id)
    except TooMany as error:
        return _rest(db, event.id, error, dt.timedelta(seconds=error.retry_after))
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        return _rest(db, event.id, error)


def carry_all(db: Database, object_id: str) -> int:
    """Act on all that waits of one phone, or one address, until one has to rest; on how many events. The bot's turns
    are left to whoever looks for messages without an answer (`turns.recover`)."""
    acted = 0
    while (carried := carry(db, object_id)) is not None and carried.rest is None:
        acted += 1
        if carried.begun is not None:
            _give_back(db, carried.begun)
    return acted


def sweep(db: Database) -> int:
    """Act on what a crash left behind; on how many events. The bot's answers are begun by whoever looks for messages
    without one (`turns.recover`)."""
    acted = 0
    for _ in range(BATCHES):
        object_ids = _left(db)
        acted += sum(carry_all(db, object_id) for object_id in object_ids)
        if len(object_ids) < BATCH:
            break
    return acted


def _next(session: Session, object_id: str) -> ExternalEvent | None:
    """The oldest that may be tried, or that still holds up the others; STOP, START and HELP before all else."""
    now = clock.now()
    of_phone = _unprocessed().where(ExternalEvent.object_id == object_id)
    waiting = of_phone.order_by(precedence.first(), ExternalEvent.id).limit(BATCH)
    for event in session.scalars(waiting):
        if event.claimed_until is None or event.claimed_until <= now or event.attempts < HOLDS:
            return event
    return None


def _unprocessed() -> sa.Select[ExternalEvent]:
    return sa.select(ExternalEvent).where(
        ExternalEvent.source.in_(PHONES), ExternalEvent.processed_at.is_(None), ExternalEvent.attempts < ATTEMPTS
    )


def _act(session: Session, event_id: uuid.UUID) -> Carried:
    event = session.get_one(ExternalEvent, event_id)
    if event.kind == "status":
        return _follow(session, event)
    received = inbound.process(session, event)
    if event.source == Source.SMTP:
        event.body = incoming.without_files(event.body)
    if received is None:
        return Carried()
    conversation_id = session.get_one(Message, received.message_id).conversation_id
    files = sa.select(Attachment.id).where(Attachment.message_id == received.message_id).limit(1)
    has_files = session.scalar(files) is not None
    return Carried(conversation_id, received.desk, received.begun, received.message_id, has_files)


def _follow(session: Session, event: ExternalEvent) -> Carried:
    """Never backwards, whatever order the news is in: taking the same twice changes nothing (T1)."""
    news = _NEWS[Source(event.source)](event)
    delivery = delivery_news.take(session, news) if news is not None else None
    event.processed_at, event.error = clock.now(), None
    return Carried(delivery.conversation_id if delivery is not None else None, desk=delivery is not None)


def _rest(db: Database, event_id: uuid.UUID, error: Exception, rest: dt.timedelta | None = None) -> Carried:
    """`rest` is given for what waits its turn and is no fault; a fault counts as a try."""
    with db.transaction() as session:
        event = lock(session, ExternalEvent, event_id)
        if event is None or event.processed_at is not None:
            return Carried()
        event.error = (error.code if isinstance(error, GoodTermsError) else type(error).__name__)[:200]
        if rest is None:
            event.attempts += 1
            rest = min(FIRST_REST * 2 ** (event.attempts - 1), LONGEST_REST)
            last = event.attempts >= ATTEMPTS
            (log.error if last else log.warning)("phone_event_failed", event_row=str(event_id), error=event.error)
        event.claimed_until = clock.now() + rest
    return Carried(rest=rest) if event.attempts < HOLDS else Carried()


def _left(db: Database) -> list[str]:
    now = clock.now()
    query = (
        _unprocessed()
        .with_only_columns(ExternalEvent.object_id)
        .where(
            ExternalEvent.object_id.is_not(None),
            ExternalEvent.received_at < now - LEFT_BEHIND,
            sa.or_(ExternalEvent.claimed_until.is_(None), ExternalEvent.claimed_until <= now),
        )
        .distinct()
        .limit(BATCH)
    )
    with db.reading() as session:
        return [object_id for object_id in session.scalars(query) if object_id is not None]


def _give_back(db: Database, begun: Begun) -> None:
    with db.transaction() as session:
        conversation = lock(session, Conversation, begun.conversation_id)
        if conversation is not None and conversation.turn_owner == begun.lease:
            turns.give_up(conversation)
