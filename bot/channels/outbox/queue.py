"""Which deliveries are due, in which order, and one of them taken up: by any number of processes, each by one only.

The pieces of one conversation go out in the order (`seq`, `part`), each after all before it are settled: taken by the
provider, failed or withheld. What comes behind one that is held is held, too.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, aliased

from bot import clock
from bot.channels import window
from bot.channels.base import FailureReason, Outgoing, Sender, SendFailed
from bot.channels.outbox import letters, outcomes, permission, pieces
from bot.db import lock
from bot.models import Channel, Conversation, Delivery, DeliveryStatus, Provider

# While one process sends a delivery, the others leave it alone for so long: longer than any call takes.
LEASE = dt.timedelta(seconds=60)
KEPT_WHILE_HELD = dt.timedelta(days=30)
BATCH = 200

log = structlog.get_logger()
WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.HELD, DeliveryStatus.UNCERTAIN)
Senders = Callable[[Channel, Provider], Sender]


@dataclass(frozen=True, slots=True)
class Line:
    """Where something is due: the first delivery that waits, and the conversation whose others wait behind it. A
    one-time code is a line of its own."""

    delivery_id: uuid.UUID
    conversation_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Taken:
    """One delivery that is ours to send for the time of the lease; or, when `since` is set, ours to ask the provider
    about, because an attempt at that time may have reached it."""

    delivery_id: uuid.UUID
    outgoing: Outgoing
    sender: Sender
    since: dt.datetime | None


def due(session: Session, delivery_ids: list[uuid.UUID] | None = None) -> list[Line]:
    """The lines in which something is due now, those that have waited longest first; or only those of
    `delivery_ids`."""
    query = sa.select(Delivery.id, Delivery.conversation_id).where(_is_due(), ~_is_behind())
    if delivery_ids is not None:
        query = query.where(Delivery.id.in_(delivery_ids))
    rows = session.execute(query.order_by(Delivery.next_at, Delivery.id).limit(BATCH))
    return [Line(delivery_id, conversation_id) for delivery_id, conversation_id in rows]


def take_up(session: Session, line: Line, senders: Senders) -> Taken | bool | None:
    """Take up the first delivery of `line`.

    None: there is nothing due in it any more, or somebody else has it. True: it was settled without being sent (it must
    not go, its time is over, the window is closed), and the one behind it may be due.
    """
    if line.conversation_id is None:
        conversation, delivery_id = None, line.delivery_id
    else:
        conversation = lock(session, Conversation, line.conversation_id)
        delivery_id = session.scalar(_first_of(line.conversation_id)) or line.delivery_id
    row = lock(session, Delivery, delivery_id)
    if row is None or not session.scalar(sa.select(Delivery.id).where(Delivery.id == row.id, _is_due(), ~_is_behind())):
        return None
    try:
        return _taken(session, row, conversation, senders)
    except SendFailed as error:  # there is no such sender: it is not set up, or switched off
        log.error("no_sender", channel=row.channel, provider=row.provider)
        outcomes.failed(session, row, error.reason, error.provider_code)
        return True


def _taken(session: Session, row: Delivery, conversation: Conversation | None, senders: Senders) -> Taken | bool | None:
    now = clock.now()
    if row.status != DeliveryStatus.UNCERTAIN and not row.attempts:
        row.provider = _carrier(row, conversation)
    sender = senders(Channel(row.channel), Provider(row.provider or Provider.TWILIO))
    if row.status == DeliveryStatus.UNCERTAIN:
        row.next_at = now + LEASE
        return Taken(row.id, pieces.outgoing(row), sender, since=row.changed_at)
    if letters.settle(session, row):
        return True
    if _is_over(row, now):
        return outcomes.over(row, DeliveryStatus.FAILED, "expired")
    if row.status == DeliveryStatus.HELD:
        row.expires_at = now + outcomes.KEPT
    if not row.rendered and (conversation is None or not pieces.render(session, conversation, row, sender)):
        return outcomes.over(row, DeliveryStatus.FAILED, "nothing_to_show")
    if not permission.may_go(session, row):
        return outcomes.over(row, DeliveryStatus.WITHHELD, "opted_out")
    if row.channel == Channel.WHATSAPP and conversation is not None:
        if window.is_template(row):
            if conversation.wrote_at is not None and conversation.wrote_at > row.created_at:
                return outcomes.over(row, DeliveryStatus.WITHHELD, window.OPEN_AGAIN)
        elif window.is_closed(conversation):
            outcomes.hold(session, row, at=now)
            return True
        elif before := session.scalar(_held_before(row)):
            outcomes.hold_behind(row, before)
            return True
    row.status, row.error = DeliveryStatus.UNCERTAIN, None
    row.attempts += 1
    row.changed_at, row.next_at = now, now + LEASE
    return Taken(row.id, pieces.outgoing(row), sender, since=None)


def _is_due() -> sa.ColumnElement[bool]:
    waits = sa.and_(
        Delivery.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.UNCERTAIN)), Delivery.next_at <= clock.now()
    )
    is_free = sa.or_(waits, sa.and_(Delivery.status == DeliveryStatus.HELD, _wrote_since(Delivery)))
    # Nearly all deliveries are settled: said first, this keeps the look to the few that are not.
    return sa.and_(Delivery.status.in_(WAITING), is_free)


def _is_behind() -> sa.ColumnElement[bool]:
    before = aliased(Delivery)
    is_before = sa.or_(before.seq < Delivery.seq, sa.and_(before.seq == Delivery.seq, before.part < Delivery.part))
    return sa.exists().where(before.conversation_id == Delivery.conversation_id, is_before, _goes_on(before))


def _first_of(conversation_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    waiting = sa.select(Delivery.id).where(Delivery.conversation_id == conversation_id, _goes_on(Delivery))
    return waiting.order_by(Delivery.seq, Delivery.part).limit(1)


def _goes_on(row: type[Delivery]) -> sa.ColumnElement[bool]:
    """Whether it waits for something else than the customer's next message."""
    is_on_its_way = row.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.UNCERTAIN))
    return sa.or_(is_on_its_way, sa.and_(row.status == DeliveryStatus.HELD, _wrote_since(row)))


def _wrote_since(row: type[Delivery]) -> sa.ColumnElement[bool]:
    """The customer has written since it was held, so the window is open again. What our clock alone has held is free,
    too, when what they wrote before comes late."""
    is_in_time = sa.and_(
        row.error == str(FailureReason.CLOSED_WINDOW), Conversation.wrote_at > clock.now() - window.OPEN_FOR
    )
    return sa.exists().where(
        Conversation.id == row.conversation_id, sa.or_(Conversation.wrote_at >= row.changed_at, is_in_time)
    )


def _held_before(row: Delivery) -> sa.Select[Delivery]:
    held = sa.select(Delivery).where(
        Delivery.conversation_id == row.conversation_id,
        Delivery.status == DeliveryStatus.HELD,
        sa.tuple_(Delivery.seq, Delivery.part) < sa.tuple_(sa.literal(row.seq), sa.literal(row.part)),
    )
    return held.order_by(Delivery.seq.desc(), Delivery.part.desc()).limit(1)


def _carrier(row: Delivery, conversation: Conversation | None) -> Provider:
    """Who brought the customer's last message takes ours back."""
    if row.channel == Channel.SMS:
        return Provider.TWILIO
    if row.channel == Channel.EMAIL:
        return Provider.SMTP
    return Provider((conversation.provider if conversation else None) or row.provider or Provider.TWILIO)


def _is_over(row: Delivery, now: dt.datetime) -> bool:
    if row.status == DeliveryStatus.HELD:
        return row.changed_at + KEPT_WHILE_HELD <= now
    return outcomes.is_late(row)
