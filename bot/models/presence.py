"""Agents at work: whether they are there, what they can take on, and what they are to be told when they look."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class Availability(StrEnum):
    """What an agent has chosen: conversations are offered to those who are available."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


class Presence(Base):
    """What an agent has chosen, and when their desk was last open: seconds since the epoch by the system's clock, which
    the demo's does not move. `idle_since` is when they last took a conversation on."""

    __tablename__ = "presences"

    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"), primary_key=True)
    chosen: Mapped[Availability] = mapped_column(sa.String(16), default=Availability.AWAY)
    seen_at: Mapped[float] = mapped_column(default=0.0)
    idle_since: Mapped[dt.datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[dt.datetime] = mapped_column(default=clock.now, index=True)


class Ability(Base):
    """What an agent can take on. Without `skills` every one, without `languages` (ISO 639-1) every one, without
    `capacity` as many conversations at once as the policy says."""

    __tablename__ = "abilities"
    __table_args__ = (sa.CheckConstraint("capacity >= 0", name="capacity_not_negative"),)

    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"), primary_key=True)
    skills: Mapped[list[Any] | None]
    languages: Mapped[list[Any] | None]
    capacity: Mapped[int | None]


class NoticeKind(StrEnum):
    """What an agent is told."""

    TAKEN_BACK = "taken_back"
    HANDED_OVER = "handed_over"
    CRISIS = "crisis"


class Notice(Base):
    """Something that happened to an agent's conversations without them: shown at their desk until they have seen it.
    `by` is the colleague who did it; nobody for the system."""

    __tablename__ = "notices"
    __table_args__ = (
        sa.Index(
            "ix_notices_unseen",
            "agent_id",
            sqlite_where=sa.text("seen_at IS NULL"),
            postgresql_where=sa.text("seen_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"))
    kind: Mapped[NoticeKind] = mapped_column(sa.String(16))
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"))
    by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    at: Mapped[dt.datetime] = mapped_column(default=clock.now, index=True)
    seen_at: Mapped[dt.datetime | None]
