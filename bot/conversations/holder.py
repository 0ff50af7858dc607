"""Who answers: `bot`, `queue` or `agent`. This is the only place that changes it (design section 1, 3)."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.errors import Conflict
from bot.models import Conversation, Holder, Message

_ALLOWED = {
    (Holder.BOT, Holder.QUEUE),
    (Holder.BOT, Holder.AGENT),
    (Holder.QUEUE, Holder.AGENT),
    (Holder.QUEUE, Holder.BOT),
    (Holder.AGENT, Holder.BOT),
    (Holder.AGENT, Holder.QUEUE),
    (Holder.AGENT, Holder.AGENT),
}


def change(session: Session, conversation: Conversation, to: Holder, *, agent_id: uuid.UUID | None = None) -> None:
    """Give the conversation to `to`. The caller holds the lock of its row.

    Messages that waited for the bot are the new holder's to read, and the bot resumes at a clean state later. Raises
    `Conflict` for a move that makes no sense.
    """
    if (conversation.holder, to) not in _ALLOWED:
        raise Conflict("This conversation is already where you want to move it.", about=conversation.id)
    if (to == Holder.AGENT) != (agent_id is not None):
        raise ValueError("an agent, and only an agent, has an agent's id")
    if to != Holder.BOT:
        session.execute(
            sa.update(Message)
            .where(Message.conversation_id == conversation.id, Message.pending.is_(True))
            .values(pending=False)
        )
    else:
        conversation.dialogue_reset = True
    conversation.holder = to
    conversation.agent_id = agent_id
    conversation.waiting_since = clock.now() if to == Holder.QUEUE else None
    conversation.failures = 0
