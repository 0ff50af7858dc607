"""What customers think of the service (K14)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class Feedback(Base):
    """A time that feedback was asked for or given. `rating` is 1 to 5 (a thumb up is 5, a thumb down 1).

    `about` is what was going on: the outcome that was asked about, else the topic of the talk.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating_one_to_five"),
        sa.Index("ix_feedback_conversation_id_created_at", "conversation_id", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"))
    customer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    rating: Mapped[int | None]
    comment: Mapped[str | None] = mapped_column(sa.Text)
    about: Mapped[str | None] = mapped_column(sa.String(32))
    asked_at: Mapped[dt.datetime | None]
    given_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
