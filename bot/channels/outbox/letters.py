"""What is said in one breath is one e-mail: the messages behind the first that wait with it go out in its body.

Each keeps its own delivery, which is settled as soon as the first has gone, so that agents see how far each got.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.models import Channel, Delivery, DeliveryStatus

INSIDE = "inside"  # in a delivery's content: the id of the one in whose body it goes


def behind(session: Session, first: Delivery) -> list[Delivery]:
    """The deliveries that go out in the body of `first`, in their order: e-mails that wait behind it and were begun as
    it was. The caller holds the lock of the conversation's row."""
    if first.channel != Channel.EMAIL:
        return []
    waiting = sa.select(Delivery).where(
        Delivery.conversation_id == first.conversation_id,
        Delivery.seq > first.seq,
        Delivery.channel == Channel.EMAIL,
        Delivery.address == first.address,
        Delivery.unasked.is_(first.unasked),
        Delivery.rendered.is_(False),
        Delivery.status == DeliveryStatus.QUEUED,
    )
    return list(session.scalars(waiting.order_by(Delivery.seq)))


def put_inside(row: Delivery, first: Delivery) -> None:
    """`row` goes out in the body of `first`."""
    row.content, row.rendered = {INSIDE: str(first.id)}, True


def settle(session: Session, row: Delivery) -> bool:
    """Whether `row` went in another's body; it is as far as that one then, which went before it."""
    if row.channel != Channel.EMAIL or not row.content or INSIDE not in row.content:
        return False
    first = session.get(Delivery, uuid.UUID(row.content[INSIDE]))
    row.status = DeliveryStatus(first.status) if first is not None else DeliveryStatus.FAILED
    row.error, row.sent_at = (first.error, first.sent_at) if first is not None else ("lost", None)
    row.changed_at = clock.now()
    session.flush()
    return True
