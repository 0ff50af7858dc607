"""Which conversations an agent may read, as conditions on `Conversation`: one rule for lists, search and dossier."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.auth import Seat
from bot.models import Conversation, Handoff, HandoffEvent, HandoffEventKind, Holder

Condition = sa.ColumnElement[bool]


def visible(seat: Seat) -> Condition:
    """What `dossier.find` gives to this agent, and what they closed; for a supervisor any. What they follow up or are
    asked about is open to them by its own lists, not by search."""
    if seat.supervises:
        return sa.true()
    own = sa.and_(Conversation.holder == Holder.AGENT, Conversation.agent_id == seat.agent.id)
    return sa.or_(Conversation.holder == Holder.QUEUE, own, sa.and_(is_closed(), closed_by(seat)))


def may_open(seat: Seat, conversation: Conversation) -> bool:
    """Whether `dossier.find` gives this one to the agent: one that waits, their own, and for a supervisor any."""
    own = conversation.holder == Holder.AGENT and conversation.agent_id == seat.agent.id
    return own or conversation.holder == Holder.QUEUE or seat.supervises


def is_closed() -> Condition:
    """Closed by an agent, and nothing written since."""
    return sa.and_(Conversation.holder == Holder.BOT, Conversation.closed_at.is_not(None))


def closed_by(seat: Seat) -> Condition:
    """This agent was the one who closed it last."""
    return _ended(seat, HandoffEventKind.CLOSED)


def ended_by(seat: Seat) -> Condition:
    """The assistant has it, and the last hand-over was this agent's, who closed it or gave it back."""
    return sa.and_(Conversation.holder == Holder.BOT, _ended(seat, HandoffEventKind.CLOSED, HandoffEventKind.RETURNED))


def had_closed(session: Session, seat: Seat, conversation: Conversation) -> bool:
    """Whether a closed conversation is this agent's to look back at."""
    return _holds(session, conversation, is_closed(), closed_by(seat))


def had_ended(session: Session, seat: Seat, conversation: Conversation) -> bool:
    """Whether `ended_by` holds."""
    return _holds(session, conversation, ended_by(seat))


def _ended(seat: Seat, *kinds: HandoffEventKind) -> Condition:
    theirs = (
        sa.select(Handoff.id)
        .join(HandoffEvent, HandoffEvent.handoff_id == Handoff.id)
        .where(HandoffEvent.actor == f"agent:{seat.agent.id}", HandoffEvent.kind.in_(kinds))
    )
    return Conversation.handoff_id.in_(theirs)


def _holds(session: Session, conversation: Conversation, *conditions: Condition) -> bool:
    return session.scalar(sa.select(Conversation.id).where(Conversation.id == conversation.id, *conditions)) is not None
