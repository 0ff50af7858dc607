"""About whom an agent may decide, by the conversations that they have; a supervisor may about anybody (P1)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.payment_news import proven
from bot.desk.auth import Seat
from bot.models import Channel, Conversation, Handoff, HandoffEvent, HandoffEventKind, Holder
from bot.phone_numbers import alike


@dataclass(frozen=True, slots=True)
class OwnTalks:
    """The conversations that an agent has, the customers who have proven there who they are, and the phones on which
    they speak, as numbers are written."""

    conversations: frozenset[uuid.UUID]
    customers: frozenset[uuid.UUID]
    phones: frozenset[str]


def own_talks(session: Session, seat: Seat) -> OwnTalks:
    """Those of this agent now, by one query however much is to be decided."""
    mine = sa.select(Conversation).where(Conversation.holder == Holder.AGENT, Conversation.agent_id == seat.agent.id)
    rows = session.scalars(mine).all()
    addresses = [row.address for row in rows if row.address and row.channel != Channel.WEB]
    return OwnTalks(
        frozenset(row.id for row in rows),
        frozenset(row.customer_id for row in rows if row.customer_id and proven(row)),
        frozenset(number for address in addresses for number in alike(address)),
    )


def had(agent_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    """The ids of the conversations that an agent has or had: what they took on there, they may finish."""
    return (
        sa.select(Handoff.conversation_id)
        .join(HandoffEvent, HandoffEvent.handoff_id == Handoff.id)
        .where(HandoffEvent.kind == HandoffEventKind.CLAIMED, HandoffEvent.actor == f"agent:{agent_id}")
    )
