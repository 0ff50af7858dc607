"""What is new in a conversation, for whoever looks at it from the customer's side. Read twice in every turn, so it is
plain columns by prepared statements: with mapped objects it took three times as long.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import places
from bot.models import Agent, Conversation, Holder, Message

PAGE = 200

_HOLDER = sa.select(Conversation.__table__.c.holder, Conversation.__table__.c.agent_id).where(
    Conversation.__table__.c.id == sa.bindparam("conversation_id")
)
_messages = Message.__table__.c
_MESSAGES = (
    sa.select(
        _messages.id,
        _messages.seq,
        _messages.author,
        _messages.text,
        _messages.buttons,
        _messages.card,
        _messages.agent_id,
        _messages.client_id,
        _messages.created_at,
    )
    .where(
        _messages.conversation_id == sa.bindparam("conversation_id"),
        _messages.seq > sa.bindparam("seq"),
        _messages.hidden.is_(False),
    )
    .order_by(_messages.seq)
    .limit(PAGE)
)
_SEQ = sa.select(_messages.seq).where(
    _messages.id == sa.bindparam("message_id"), _messages.conversation_id == sa.bindparam("conversation_id")
)


@dataclass(frozen=True, slots=True)
class State:
    """Who answers: the holder, the place in the queue from 1, the agent's name."""

    holder: Holder
    position: int | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class News:
    """Messages (rows of `messages`), oldest first, the names of the agents among them, and the state."""

    messages: list[Any]
    agents: dict[uuid.UUID, str]
    state: State


def seq_of(session: Session, conversation_id: uuid.UUID, message_id: uuid.UUID) -> int | None:
    """The number of a message of this conversation; None when it has no such message."""
    named = {"message_id": message_id, "conversation_id": conversation_id}
    return session.connection().execute(_SEQ, named).scalar()


def since(session: Session, conversation_id: uuid.UUID, seq: int) -> News | None:
    """What was said after the message numbered `seq`, at most a page of it; None when there is no such conversation."""
    connection = session.connection()
    held = connection.execute(_HOLDER, {"conversation_id": conversation_id}).first()
    if held is None:
        return None
    messages = list(connection.execute(_MESSAGES, {"conversation_id": conversation_id, "seq": seq}))
    ids = {message.agent_id for message in messages if message.agent_id} | ({held.agent_id} if held.agent_id else set())
    agents = _names(session, ids) if ids else {}
    position = None
    if held.holder == Holder.QUEUE:
        position = places.place(session, session.get_one(Conversation, conversation_id))
    agent = agents.get(held.agent_id) if held.holder == Holder.AGENT else None
    return News(messages, agents, State(Holder(held.holder), position, agent))


def _names(session: Session, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = session.execute(sa.select(Agent.id, Agent.name).where(Agent.id.in_(ids)))
    return {row.id: row.name for row in rows}
