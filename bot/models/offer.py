"""Waiting conversations offered to agents, and by when a person is to answer."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class OfferOutcome(StrEnum):
    """What became of an offer. It is withdrawn when somebody else takes the conversation, or the customer leaves."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


_OPEN = sa.text("outcome = 'open'")


class Offer(Base):
    """A waiting conversation offered to one agent until `expires_at`. One at a time is open for a conversation, and one
    for an agent."""

    __tablename__ = "offers"
    __table_args__ = (
        sa.Index("uq_offers_conversation", "conversation_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        sa.Index("uq_offers_agent", "agent_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"))
    handoff_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("handoffs.id"), index=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"))
    outcome: Mapped[OfferOutcome] = mapped_column(sa.String(16), default=OfferOutcome.OPEN)
    made_at: Mapped[dt.datetime] = mapped_column(default=clock.now, index=True)
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None] = mapped_column(index=True)


class HandoffTarget(Base):
    """By when a person is to answer first, and what came of it. `warned_at` and `breached_at` are written once; without
    an answer in time `answered_at` may still follow."""

    __tablename__ = "handoff_targets"
    __table_args__ = (
        sa.Index(
            "ix_handoff_targets_ahead",
            "warn_at",
            sqlite_where=sa.text("answered_at IS NULL AND breached_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL AND breached_at IS NULL"),
        ),
    )

    handoff_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("handoffs.id"), primary_key=True)
    warn_at: Mapped[dt.datetime]
    target_at: Mapped[dt.datetime]
    warned_at: Mapped[dt.datetime | None] = mapped_column(index=True)
    answered_at: Mapped[dt.datetime | None]
    breached_at: Mapped[dt.datetime | None] = mapped_column(index=True)
