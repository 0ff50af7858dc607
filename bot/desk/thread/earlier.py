"""What the same customer said elsewhere and before: their other conversations, while they have proven who they are.

Read from the thread by whoever may read it; nothing of it can be answered from there. The rule is the proof: without it
a conversation knows of no other (P1).
"""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.identity import Known, known
from bot.desk.thread.lines import instant, lines
from bot.errors import NotFound
from bot.models import Author, Conversation, Customer, Message

MOST = 20


def others(session: Session, conversation: Conversation) -> list[dict[str, Any]]:
    """Where else they spoke with us, the newest first, with the instant of the last message."""
    spoke = sa.exists().where(Message.conversation_id == Conversation.id, Message.author == Author.CUSTOMER)
    rows = session.scalars(
        sa.select(Conversation)
        .where(_theirs(session, conversation), spoke)
        .order_by(Conversation.last_message_at.desc())
        .limit(MOST)
    )
    return [{"id": str(row.id), "channel": row.channel, "at": instant(row.last_message_at)} for row in rows]


def read(session: Session, conversation: Conversation, other_id: uuid.UUID) -> dict[str, Any]:
    """All that was said in another conversation of theirs. Raises `NotFound` for any that is not."""
    other = session.scalar(sa.select(Conversation).where(_theirs(session, conversation), Conversation.id == other_id))
    if other is None:
        raise NotFound("There is no such earlier conversation of theirs.", about=other_id)
    said = lines(session, other.id)
    for line in said:  # its files are opened there, by whoever may open it
        line["attachments"] = [{**file, "status": "elsewhere"} for file in line["attachments"]]
    return {"id": str(other.id), "channel": other.channel, "messages": said}


def _theirs(session: Session, conversation: Conversation) -> sa.ColumnElement[bool]:
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    if customer is None or known(conversation, customer) != Known.VERIFIED:
        return sa.false()
    return sa.and_(Conversation.customer_id == customer.id, Conversation.id != conversation.id)
