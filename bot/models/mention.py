"""Colleagues who are asked something in a note."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class Mention(Base):
    """`agent_id` was named in a note of `by_agent_id`. It is open until it is answered (by a note of theirs, or a word
    that it is done), and for as long as the conversation is with an agent for the same hand-over."""

    __tablename__ = "mentions"
    __table_args__ = (
        sa.UniqueConstraint("message_id", "agent_id"),
        sa.Index("ix_mentions_agent_id_answered_at", "agent_id", "answered_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("messages.id", ondelete="CASCADE"))
    conversation_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    handoff_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("handoffs.id", ondelete="CASCADE"), index=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"))
    by_agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[dt.datetime | None]
    answered_at: Mapped[dt.datetime | None]
