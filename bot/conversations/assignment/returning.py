"""Conversations of agents who are not there any more go back to the queue."""

from __future__ import annotations

import uuid
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import transfers
from bot.conversations.assignment import presence
from bot.db import Database, lock
from bot.models import Agent, Conversation, Holder, Presence


def sweep(db: Database) -> int:
    """Take back what is with agents who have been offline for too long, or were disabled; how many that were.

    Of whom nothing is known is taken to be there now, so that they have that long to show it.
    """
    unknown, theirs = db.in_reading(_left)
    for agent_id in unknown:
        db.in_transaction(partial(presence.touch, agent_id=agent_id))
    return sum(db.in_transaction(partial(_take_back, conversation_id=each)) for each in theirs)


def all_of(db: Database, agent_id: uuid.UUID) -> int:
    """Take back everything at once, as when an agent signs out; how many that were."""
    held = db.in_reading(partial(_held, agent_id=agent_id))
    return sum(db.in_transaction(partial(_give_up, conversation_id=each, agent_id=agent_id)) for each in held)


def _left(session: Session) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    rows = session.execute(
        sa.select(Conversation.id, Agent, Presence)
        .join(Agent, Agent.id == Conversation.agent_id)
        .outerjoin(Presence, Presence.agent_id == Agent.id)
        .where(Conversation.holder == Holder.AGENT)
        .order_by(Conversation.id)
    ).all()
    unknown = {agent.id for _, agent, row in rows if row is None and agent.disabled_at is None}
    return sorted(unknown), [id for id, agent, row in rows if agent.disabled_at is not None or presence.is_gone(row)]


def _take_back(session: Session, conversation_id: uuid.UUID) -> bool:
    """They may have come back since: looked at again under the locks."""
    conversation = lock(session, Conversation, conversation_id)
    if conversation is None or conversation.agent_id is None:
        return False
    agent = session.get_one(Agent, conversation.agent_id)
    is_left = agent.disabled_at is not None or presence.is_gone(presence.own(session, agent.id))
    return is_left and transfers.requeue(session, conversation_id, agent)


def _held(session: Session, agent_id: uuid.UUID) -> list[uuid.UUID]:
    mine = sa.select(Conversation.id).where(Conversation.holder == Holder.AGENT, Conversation.agent_id == agent_id)
    return list(session.scalars(mine.order_by(Conversation.id)))


def _give_up(session: Session, conversation_id: uuid.UUID, agent_id: uuid.UUID) -> bool:
    return transfers.requeue(session, conversation_id, session.get_one(Agent, agent_id))
