"""A supervisor steps in where the assistant has the word."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from bot.conversations import handoff
from bot.conversations import handoff_steps as steps
from bot.errors import Conflict, NotAllowed
from bot.models import Agent, Handoff, Holder

REASON, SKILL = "taken_over", "general"


def take_over(session: Session, conversation_id: uuid.UUID, agent: Agent) -> Handoff:
    """Speak instead of the assistant, whose answer under way is dropped; the customer is told who is there. Again is
    fine. Raises `NotAllowed` for who is no supervisor, `Conflict` for what a colleague has, waits or is closed."""
    if not agent.supervises:
        raise NotAllowed("Only a supervisor takes over from the assistant.", about=conversation_id)
    conversation = steps.locked(session, conversation_id)
    if conversation.holder == Holder.QUEUE:
        raise Conflict("This conversation waits for a person: claim it.", about=conversation_id)
    if conversation.holder == Holder.BOT:
        if conversation.closed_at is not None:
            raise Conflict("This is closed. It opens again when the customer writes.", about=conversation_id)
        handoff.request(session, conversation_id, reason=REASON, skill=SKILL, summary={}, actor=steps.by(agent))
    return handoff.claim(session, conversation_id, agent)
