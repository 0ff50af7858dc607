"""Whether somebody who has opted out may be written to: only in answer to what they write, and that once (C5)."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing.identity import refusals
from bot.channels import window
from bot.conversations import consents, greeting, keywords
from bot.conversations.keywords import Keyword
from bot.models import Author, Channel, Conversation, Delivery, DeliveryStatus, Message, Purpose

# What did not reach them does not count as an answer.
_LOST = (DeliveryStatus.WITHHELD, DeliveryStatus.FAILED)


class Barrier(StrEnum):
    """Why what an agent would write now does not arrive at once."""

    OPTED_OUT = "opted_out"
    ANSWERED = "answered"
    WINDOW_CLOSED = "window_closed"


def may_go(session: Session, row: Delivery) -> bool:
    """Whether `row` may go out, as things stand now.

    With a refusal in force nothing goes that we begin ourselves. What the customer wrote after it is answered: by all
    that the assistant says to it, or by one message of an agent's. What they wrote with it gets one confirmation.
    """
    if not consents.is_refused(session, Channel(row.channel), row.address):
        return True
    message = session.get(Message, row.message_id) if row.message_id and not row.unasked else None
    asked = _asked(session, message) if message is not None else None
    if message is None or asked is None:
        return False
    if _refuses(session, row, asked):
        is_answer = message.author != Author.AGENT and message.client_id != greeting.GREETING
        return is_answer and not _said(session, asked, message)
    return message.author != Author.AGENT or not _said(session, asked, message, Author.AGENT)


def may_write(session: Session, conversation: Conversation) -> Barrier | None:
    """What stands between an agent and the customer's phone at present; None when a message would go out at once.

    `opted_out` and `answered`: it would be withheld, because they have refused messages and not written since, or have
    their one answer. `window_closed`: it would be held until they write again, and a template would go instead (T4).
    """
    if conversation.channel == Channel.WEB or conversation.address is None:
        return None
    if consents.is_refused(session, Channel(conversation.channel), conversation.address):
        asked = _newest_of_customer(session, conversation.id)
        if asked is None or _refuses(session, conversation, asked):
            return Barrier.OPTED_OUT
        if _said(session, asked, None, Author.AGENT):
            return Barrier.ANSWERED
    return Barrier.WINDOW_CLOSED if window.is_closed(conversation) else None


def _asked(session: Session, answer: Message) -> Message | None:
    return _newest_of_customer(session, answer.conversation_id, before=answer.seq)


def _newest_of_customer(session: Session, conversation_id: object, before: int | None = None) -> Message | None:
    query = sa.select(Message).where(Message.conversation_id == conversation_id, Message.author == Author.CUSTOMER)
    if before is not None:
        query = query.where(Message.seq < before)
    return session.scalar(query.order_by(Message.seq.desc()).limit(1))


def _refuses(session: Session, on: Delivery | Conversation, asked: Message) -> bool:
    """Whether `asked` is the refusal itself, or older. Ids sort by creation, however the clock moves; what a stop has
    passed was created after it and said before."""
    refusal = refusals.newest(session, Channel(on.channel), on.address or "", Purpose.EVERYTHING)
    is_before = refusal is not None and (asked.id < refusal.id or asked.created_at < refusal.created_at)
    return is_before or keywords.read(asked.text, refused=True) is Keyword.STOP


def _said(session: Session, asked: Message, before: Message | None, author: Author | None = None) -> bool:
    """Whether something of ours (of `author`) has gone or goes to them between `asked` and `before`. A greeting
    answers nothing."""
    query = (
        sa.select(Message.id)
        .join(Delivery, Delivery.message_id == Message.id)
        .where(
            Message.conversation_id == asked.conversation_id,
            Message.seq > asked.seq,
            Message.author != Author.CUSTOMER,
            Message.hidden.is_(False),
            Message.client_id.is_distinct_from(greeting.GREETING),
            Delivery.unasked.is_(False),
            Delivery.status.not_in(_LOST),
        )
    )
    if before is not None:
        query = query.where(Message.seq < before.seq)
    if author is not None:
        query = query.where(Message.author == author)
    return session.scalar(query.limit(1)) is not None
