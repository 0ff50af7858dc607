"""What an agent wants to look at again."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id

_OPEN = sa.text("done_at IS NULL")


class FollowUp(Base):
    """A conversation that an agent means to look at again from `due_at` on, and why. One at a time is open for an agent
    and a conversation; it outlives the hand-over."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        sa.Index(
            "uq_follow_ups_open",
            "agent_id",
            "conversation_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        sa.Index("ix_follow_ups_due", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"))
    due_at: Mapped[dt.datetime]
    note: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    done_at: Mapped[dt.datetime | None]
