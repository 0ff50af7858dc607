"""What every step of a hand-over needs: the row, who may act, the event, the word to the customer."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from bot.conversations import transcript
from bot.conversations.redaction import redact_cards
from bot.db import lock
from bot.errors import Conflict, NotFound
from bot.models import Agent, Author, Conversation, Handoff, HandoffEvent, HandoffEventKind, Holder
from bot.words import say


def locked(session: Session, conversation_id: uuid.UUID) -> Conversation:
    """The conversation, its row locked. Raises `NotFound`."""
    conversation = lock(session, Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.", about=conversation_id)
    return conversation


def require_holder(session: Session, conversation: Conversation, agent: Agent) -> None:
    """Raises `Conflict`, with the name of who has it, unless `agent` has the conversation."""
    if conversation.holder == Holder.AGENT and conversation.agent_id == agent.id:
        return
    if conversation.holder == Holder.AGENT:
        raise Conflict(f"{name_of(session, conversation.agent_id)} has this conversation.", about=conversation.id)
    raise Conflict("Claim the conversation first.", about=conversation.id)


def end(session: Session, conversation: Conversation, kind: HandoffEventKind, actor: str, note: str | None) -> None:
    """Write down how the hand-over under way ended, if there is one."""
    if conversation.handoff_id is not None:
        record(session, session.get_one(Handoff, conversation.handoff_id), kind, actor, note)


def record(session: Session, handoff: Handoff, kind: HandoffEventKind, actor: str, note: str | None = None) -> None:
    """Add an event; card numbers are taken out of the note (P3)."""
    kept = redact_cards(note, say("card_removed", "en")) if note else note
    session.add(HandoffEvent(handoff_id=handoff.id, kind=kind, actor=actor, note=kept))


def tell(session: Session, conversation: Conversation, key: str, *, unasked: bool = True, **values: object) -> None:
    """Say the sentence `key` to the customer; `unasked` but for what answers the customer's own act (C5)."""
    text = say(key, conversation.locale, **values)
    transcript.append(session, conversation, author=Author.SYSTEM, text=text, unasked=unasked)


def name_of(session: Session, agent_id: uuid.UUID | None) -> str:
    """The agent's name, as customers see it."""
    agent = session.get(Agent, agent_id) if agent_id else None
    return agent.name if agent else "A colleague"


def by(agent: Agent) -> str:
    """Who acts, as events name an agent."""
    return f"agent:{agent.id}"
