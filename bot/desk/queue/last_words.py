"""The newest thing said in each of some conversations."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Author, Conversation, Message


def last_words(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Message]:
    """What customer, bot or agent said last, by conversation: not notes, not the system's lines. One query."""
    spoken = sa.select(Message.id).where(
        Message.conversation_id == Conversation.id, Message.hidden.is_(False), Message.author != Author.SYSTEM
    )
    newest = spoken.order_by(Message.seq.desc()).limit(1).correlate(Conversation).scalar_subquery()
    found = sa.select(newest.label("id")).where(Conversation.id.in_(ids)).subquery()
    said = session.scalars(sa.select(Message).join(found, Message.id == found.c.id))
    return {message.conversation_id: message for message in said}
