"""What the same customer said elsewhere and before: their other conversations, while they have proven who they are.

Read from the thread by who has it, or supervises; nothing of it can be answered from there. The rule is the proof:
without it a conversation knows of no other (P1). Notes stay with those who may read the other conversation itself.
"""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.auth import Seat
from bot.desk.identity import Known, known
from bot.desk.thread.dossier import may_read
from bot.desk.thread.lines import instant, lines
from bot.errors import NotAllowed, NotFound
from bot.models import Author, Conversation, Customer, Holder, Message

MOST = 20


def others(session: Session, seat: Seat, conversation: Conversation) -> list[dict[str, Any]]:
    """Where else they spoke with us, the newest first, with the instant of the last message; nowhere, for who has not
    claimed this one."""
    if not _has(seat, conversation):
        return []
    spoke = sa.exists().where(Message.conversation_id == Conversation.id, Message.author == Author.CUSTOMER)
    rows = session.scalars(
        sa.select(Conversation)
        .where(_theirs(session, conversation), spoke)
        .order_by(Conversation.last_message_at.desc())
        .limit(MOST)
    )
    return [{"id": str(row.id), "channel": row.channel, "at": instant(row.last_message_at)} for row in rows]


def read(session: Session, seat: Seat, conversation: Conversation, other_id: uuid.UUID) -> dict[str, Any]:
    """What was said in another conversation of theirs. Raises `NotAllowed` for who has not claimed this one, and
    `NotFound` for any that is not theirs."""
    if not _has(seat, conversation):
        raise NotAllowed("Claim this conversation first: then you see what they said elsewhere.", about=conversation.id)
    other = session.scalar(sa.select(Conversation).where(_theirs(session, conversation), Conversation.id == other_id))
    if other is None:
        raise NotFound("There is no such earlier conversation of theirs.", about=other_id)
    with_notes = may_read(session, seat, other)
    said = [line for line in lines(session, other.id) if with_notes or not line["note"]]
    for line in said:  # its files are opened there, by whoever may open it
        line["attachments"] = [{**file, "status": "elsewhere"} for file in line["attachments"]]
    return {"id": str(other.id), "channel": other.channel, "messages": said}


def _has(seat: Seat, conversation: Conversation) -> bool:
    own = conversation.holder == Holder.AGENT and conversation.agent_id == seat.agent.id
    return own or seat.supervises


def _theirs(session: Session, conversation: Conversation) -> sa.ColumnElement[bool]:
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    if customer is None or known(conversation, customer) != Known.VERIFIED:
        return sa.false()
    return sa.and_(Conversation.customer_id == customer.id, Conversation.id != conversation.id)
