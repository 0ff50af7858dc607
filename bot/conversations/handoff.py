"""From the bot to a person and back. The customer is told at each step who is speaking."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.conversations import feedback, holder, keywords, standing, transcript
from bot.conversations import handoff_steps as steps
from bot.conversations.assignment import offers, presence, targets
from bot.conversations.redaction import redact_cards
from bot.errors import Conflict, InvalidInput
from bot.models import (
    Agent,
    Author,
    Conversation,
    Handoff,
    HandoffEventKind,
    Holder,
    Message,
)
from bot.words import say

MESSAGE_LIMIT = 8_000


def request(
    session: Session,
    conversation_id: uuid.UUID,
    *,
    reason: str,
    skill: str,
    summary: dict[str, Any],
    priority: int = 5,
    actor: str = "bot",
) -> Handoff:
    """Put a conversation into the queue. Asked again while it is there or with an agent, the same hand-over (C13)."""
    conversation = steps.locked(session, conversation_id)
    if conversation.holder != Holder.BOT and conversation.handoff_id is not None:
        return session.get_one(Handoff, conversation.handoff_id)
    handoff = Handoff(conversation_id=conversation.id, reason=reason, skill=skill, priority=priority, summary=summary)
    session.add(handoff)
    session.flush()
    conversation.handoff_id = handoff.id
    targets.set_for(session, handoff)
    steps.record(session, handoff, HandoffEventKind.REQUESTED, actor)
    holder.change(session, conversation, Holder.QUEUE)
    session.flush()
    return handoff


def claim(session: Session, conversation_id: uuid.UUID, agent: Agent) -> Handoff:
    """Take a waiting conversation. Exactly one agent can, others get `Conflict`. Claiming one's own again is fine."""
    conversation = steps.locked(session, conversation_id)
    if conversation.holder == Holder.AGENT:
        if conversation.agent_id == agent.id and conversation.handoff_id is not None:
            return session.get_one(Handoff, conversation.handoff_id)
        raise Conflict(f"{steps.name_of(session, conversation.agent_id)} has this conversation.", about=conversation_id)
    if conversation.holder != Holder.QUEUE or conversation.handoff_id is None:
        raise Conflict("This conversation is not waiting for a person.", about=conversation_id)
    handoff = session.get_one(Handoff, conversation.handoff_id)
    holder.change(session, conversation, Holder.AGENT, agent_id=agent.id)
    offers.settle(session, conversation, agent.id)
    presence.worked(session, agent.id)
    steps.record(session, handoff, HandoffEventKind.CLAIMED, steps.by(agent))
    steps.tell(session, conversation, "claimed", agent=agent.name)
    return handoff


def reply(
    session: Session,
    conversation_id: uuid.UUID,
    agent: Agent,
    text: str,
    client_id: str,
    card: dict[str, Any] | None = None,
) -> Message:
    """An agent's answer, from its holder only. The same `client_id` again is the same message. A `card` comes with a
    text that stands alone. Raises `Conflict` for a `client_id` that stands for another text, `InvalidInput` for a text
    that is empty or too long."""
    conversation = steps.locked(session, conversation_id)
    said = _bounded(text, conversation.locale)
    before = transcript.by_client_id(session, conversation_id, client_id)
    if before is not None:
        return _same(before, said, agent)
    steps.require_holder(session, conversation, agent)
    targets.answered(session, conversation.handoff_id)
    presence.touch(session, agent.id)
    return transcript.append(
        session,
        conversation,
        author=Author.AGENT,
        text=said,
        card=card,
        agent_id=agent.id,
        client_id=client_id,
        unasked=not _is_owed(session, conversation),
    )


def note(
    session: Session, conversation_id: uuid.UUID, agent: Agent, text: str, client_id: str | None = None
) -> Message:
    """A note that only agents see. The same `client_id` again is the same note."""
    conversation = steps.locked(session, conversation_id)
    before = transcript.by_client_id(session, conversation_id, client_id) if client_id else None
    if before is not None:
        return before
    return transcript.append(
        session,
        conversation,
        author=Author.AGENT,
        text=_bounded(text, conversation.locale),
        agent_id=agent.id,
        client_id=client_id,
        hidden=True,
    )


def give_back(session: Session, conversation_id: uuid.UUID, agent: Agent, note: str | None = None) -> None:
    """Return the conversation to the bot, which resumes at a clean state. What stands is named to the customer."""
    conversation = steps.locked(session, conversation_id)
    steps.require_holder(session, conversation, agent)
    steps.end(session, conversation, HandoffEventKind.RETURNED, steps.by(agent), note)
    presence.worked(session, agent.id)
    holder.change(session, conversation, Holder.BOT)
    steps.tell(session, conversation, "returned", agent=agent.name)
    stands = standing.named(session, conversation)
    if stands is not None:
        buttons = standing.choices(session, conversation) or None
        transcript.append(session, conversation, author=Author.SYSTEM, text=stands, buttons=buttons, unasked=True)


def close(
    session: Session, conversation_id: uuid.UUID, agent: Agent, note: str | None = None, *, rated: bool = True
) -> None:
    """End it for now. The customer's next message opens it again, and the bot answers first (design section 10, 12).
    Unless it is not to be `rated`, they are asked how it was, where that is due (K14)."""
    conversation = steps.locked(session, conversation_id)
    steps.require_holder(session, conversation, agent)
    steps.end(session, conversation, HandoffEventKind.CLOSED, steps.by(agent), note)
    presence.worked(session, agent.id)
    holder.change(session, conversation, Holder.BOT)
    conversation.closed_at = clock.now()
    steps.tell(session, conversation, "closed", agent=agent.name)
    if rated:
        feedback.ask(session, conversation)


def withdraw(session: Session, conversation: Conversation, *, told: bool = True) -> None:
    """The waiting customer goes back to the assistant (design section 10, 2), and is `told` so, unless its answer says
    it. The caller holds the row's lock."""
    steps.end(session, conversation, HandoffEventKind.RETURNED, "customer", None)
    holder.change(session, conversation, Holder.BOT)
    offers.settle(session, conversation)
    if told:
        steps.tell(session, conversation, "back_to_assistant", unasked=False)


def _is_owed(session: Session, conversation: Conversation) -> bool:
    """Whether a message of the customer's still waits for an answer; a STOP has its own (C5)."""
    last = session.scalars(
        sa.select(Message)
        .where(Message.conversation_id == conversation.id, Message.hidden.is_(False), Message.author != Author.SYSTEM)
        .order_by(Message.seq.desc())
        .limit(1)
    ).first()
    is_theirs = last is not None and last.author == Author.CUSTOMER
    return is_theirs and keywords.read(last.text if last else "", refused=False) is not keywords.Keyword.STOP


def _same(before: Message, said: str, agent: Agent) -> Message:
    """What was never sent is not called sent. Of somebody else's, and of notes, the desk tells."""
    if before.agent_id == agent.id and not before.hidden and before.text != said:
        raise Conflict(
            "That client_id was used for another text. Look at the conversation first.", about=before.client_id
        )
    return before


def _bounded(text: str, locale: str) -> str:
    """What an agent wrote, without card numbers (P3)."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise InvalidInput("Please write something first.")
    if len(text) > MESSAGE_LIMIT:
        raise InvalidInput(f"Please keep a message under {MESSAGE_LIMIT:,} characters; yours has {len(text):,}.")
    return redact_cards(text, say("card_removed", locale))
