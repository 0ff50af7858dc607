"""Conversations that agents mean to look at again, on a day and at a time, with a note to themselves."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations.redaction import redact_cards
from bot.db import lock
from bot.errors import InvalidInput, NotAllowed, NotFound
from bot.models import Agent, Conversation, FollowUp, Holder
from bot.words import say

NOTE_LIMIT = 2_000
LISTED = 200


def plan(session: Session, agent: Agent, conversation_id: uuid.UUID, due_at: dt.datetime, note: str) -> FollowUp:
    """Look at it again from `due_at` on. Asked again for the same conversation, the day and the note are changed.

    Raises `NotFound`, `NotAllowed` for a conversation that the agent does not have now, `InvalidInput` for a day that
    has passed or is too far ahead.
    """
    conversation = lock(session, Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.", about=conversation_id)
    if not may_plan(session, agent, conversation):
        raise NotAllowed("Only who has this conversation can plan to follow it up.", about=conversation_id)
    at = _ahead(due_at)
    if len(note) > NOTE_LIMIT:
        raise InvalidInput(f"Please keep a note under {NOTE_LIMIT:,} characters.")
    kept = redact_cards(note.strip(), say("card_removed", "en"))
    planned = of(session, agent, conversation_id)
    if planned is None:
        planned = FollowUp(agent_id=agent.id, conversation_id=conversation_id, due_at=at, note=kept)
        session.add(planned)
    planned.due_at, planned.note = at, kept
    session.flush()
    return planned


def of(session: Session, agent: Agent, conversation_id: uuid.UUID) -> FollowUp | None:
    """The agent's own plan for this conversation, if there is one."""
    return session.scalar(
        sa.select(FollowUp).where(
            FollowUp.agent_id == agent.id, FollowUp.conversation_id == conversation_id, FollowUp.done_at.is_(None)
        )
    )


def postpone(session: Session, agent: Agent, follow_up_id: uuid.UUID, due_at: dt.datetime) -> FollowUp:
    """Another day. Raises `NotFound`, `InvalidInput`."""
    planned = _found(session, agent, follow_up_id)
    if planned.done_at is not None:
        raise InvalidInput("That is done already.")
    planned.due_at = _ahead(due_at)
    return planned


def done(session: Session, agent: Agent, follow_up_id: uuid.UUID) -> FollowUp:
    """It has been looked at. Again is fine. Raises `NotFound`."""
    planned = _found(session, agent, follow_up_id)
    planned.done_at = planned.done_at or clock.now()
    return planned


def planned(session: Session, agent: Agent | None) -> list[FollowUp]:
    """What the agent, or everybody, means to look at again: the first to be due comes first."""
    rows = sa.select(FollowUp).where(FollowUp.done_at.is_(None)).order_by(FollowUp.due_at, FollowUp.id).limit(LISTED)
    return list(session.scalars(rows if agent is None else rows.where(FollowUp.agent_id == agent.id)))


def due(session: Session, agent_id: uuid.UUID) -> int:
    """How many of the agent's are due."""
    waiting = sa.select(sa.func.count()).where(
        FollowUp.agent_id == agent_id, FollowUp.done_at.is_(None), FollowUp.due_at <= clock.now()
    )
    return session.scalar(waiting) or 0


def may_plan(session: Session, agent: Agent, conversation: Conversation) -> bool:
    """Whether the agent has it now, or planned it while they had it; a supervisor may look after any."""
    has = conversation.holder == Holder.AGENT and conversation.agent_id == agent.id
    return has or agent.supervises or of(session, agent, conversation.id) is not None


def _found(session: Session, agent: Agent, follow_up_id: uuid.UUID) -> FollowUp:
    """One's own, and for a supervisor anybody's."""
    found = lock(session, FollowUp, follow_up_id)
    if found is None or (found.agent_id != agent.id and not agent.supervises):
        raise NotFound("There is no such follow-up.", about=follow_up_id)
    return found


def _ahead(due_at: dt.datetime) -> dt.datetime:
    if due_at.tzinfo is None:
        raise InvalidInput("A day and a time with their time zone are expected.")
    now, days = clock.now(), policies.assignment().follow_up_days
    try:
        at = due_at.astimezone(dt.UTC)
    except OverflowError as error:
        raise InvalidInput("That day can't be read.") from error
    if not now < at <= now + dt.timedelta(days=days):
        raise InvalidInput(f"Please choose a time from now on, at most {days} days ahead.")
    return at
