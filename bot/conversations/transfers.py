"""From one person to another, or back to the queue. The customer is told at each step who is speaking."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import handoff_steps as steps
from bot.conversations import holder
from bot.conversations.assignment import colleagues, notices, offers, presence
from bot.errors import Conflict
from bot.models import Agent, Author, Availability, Conversation, Handoff, HandoffEventKind, Holder, Message, NoticeKind


def transfer(
    session: Session,
    conversation_id: uuid.UUID,
    agent: Agent,
    to_agent: Agent | None,
    note: str | None = None,
    *,
    skill: str | None = None,
    anyway: bool = False,
) -> None:
    """Give it to a colleague, who is told, or back to the queue (`to_agent` None), there to the team of `skill` if one
    is named. A supervisor may move anybody's. In the queue their place goes by how long they wait for an answer.

    Raises `Conflict` for who has it already, `colleagues.OverCapacity` for a colleague who has as many as they take on,
    unless it is to be so `anyway`.
    """
    conversation = steps.locked(session, conversation_id)
    if conversation.holder != Holder.AGENT or conversation.handoff_id is None:
        raise Conflict("Only a conversation that an agent has can be transferred.", about=conversation_id)
    if to_agent is not None and to_agent.id == conversation.agent_id:
        raise Conflict(f"{to_agent.name} has this conversation already.", about=conversation_id)
    if to_agent is not None and not anyway:
        colleagues.require_room(session, to_agent)
    before, left = conversation.agent_id, steps.name_of(session, conversation.agent_id)
    handoff = session.get_one(Handoff, conversation.handoff_id)
    steps.record(session, handoff, HandoffEventKind.TRANSFERRED, steps.by(agent), note)
    if to_agent is None:
        handoff.skill = colleagues.known_skill(skill) if skill is not None else handoff.skill
        _back_in_line(session, conversation)
        if before is not None:
            offers.let_go(session, conversation, before)
        steps.tell(session, conversation, "requeued", agent=left)
    else:
        holder.change(session, conversation, Holder.AGENT, agent_id=to_agent.id)
        steps.record(session, handoff, HandoffEventKind.CLAIMED, steps.by(to_agent))
        # Who is not at the desk reads nothing yet: it is not said that they do.
        there = to_agent.id == agent.id or _is_available(session, to_agent)
        steps.tell(session, conversation, "claimed" if there else "handed_to", agent=to_agent.name)
        presence.given(session, to_agent.id)
        if to_agent.id not in (agent.id, before):
            notices.tell(session, to_agent.id, NoticeKind.HANDED_OVER, conversation.id, by=agent.id)
    if before is not None and before != agent.id:
        notices.tell(session, before, NoticeKind.TAKEN_BACK, conversation.id, by=agent.id)


def requeue(session: Session, conversation_id: uuid.UUID, agent: Agent) -> bool:
    """Back to the queue, because its agent is not there any more: placed by how long the customer waits for an answer.
    The customer is told, and so is the agent when they return. False when it is not with them now."""
    conversation = steps.locked(session, conversation_id)
    if conversation.holder != Holder.AGENT or conversation.agent_id != agent.id or conversation.handoff_id is None:
        return False
    steps.record(session, session.get_one(Handoff, conversation.handoff_id), HandoffEventKind.TRANSFERRED, "system")
    _back_in_line(session, conversation)
    steps.tell(session, conversation, "requeued", agent=agent.name)
    notices.tell(session, agent.id, NoticeKind.TAKEN_BACK, conversation.id)
    return True


def _is_available(session: Session, agent: Agent) -> bool:
    return colleagues.colleague(session, agent.id).availability == Availability.AVAILABLE


def _back_in_line(session: Session, conversation: Conversation) -> None:
    since = _unanswered_since(session, conversation)
    holder.change(session, conversation, Holder.QUEUE)
    conversation.waiting_since = since


def _unanswered_since(session: Session, conversation: Conversation) -> dt.datetime:
    """When the customer wrote the first message that no person has answered; their last, where all are answered. Where
    nobody has answered yet, when they asked for a person."""
    theirs = sa.select(Message).where(Message.conversation_id == conversation.id, Message.author == Author.CUSTOMER)
    spoken = sa.select(sa.func.max(Message.seq)).where(
        Message.conversation_id == conversation.id, Message.author == Author.AGENT, Message.hidden.is_(False)
    )
    asked = sa.select(Handoff.created_at).where(Handoff.id == conversation.handoff_id).scalar_subquery()
    answered = session.scalar(spoken.where(Message.created_at >= asked)) or 0
    last = session.scalars(theirs.order_by(Message.seq.desc()).limit(1)).first()
    if answered == 0 or last is None:
        return session.get_one(Handoff, conversation.handoff_id).created_at
    first = session.scalars(theirs.where(Message.seq > answered).order_by(Message.seq).limit(1)).first()
    return (first or last).created_at
