"""How far customers have read on the website; a phone's own marks are its deliveries'."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base


class ReadMark(Base):
    """The customer has had the message numbered `seq`, and all before it, before their eyes."""

    __tablename__ = "read_marks"

    conversation_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)
