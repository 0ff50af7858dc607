"""What agents propose where the assistant did not understand, and what became of it (K14)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class ReviewKind(StrEnum):
    """What is proposed: the intent that was meant, a better answer, or that nothing is learned from the sentence."""

    INTENT = "intent"
    ANSWER = "answer"
    UNFIT = "unfit"


class ReviewStatus(StrEnum):
    """A proposal waits until somebody else accepts or declines it, or until it is taken back."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Unfit(StrEnum):
    """Why nothing is learned from a sentence."""

    PERSONAL = "personal"
    NONSENSE = "nonsense"
    LANGUAGE = "language"


class Review(Base):
    """One proposal about one sentence. `key` is the keyed hash of its folded text, so that whoever says it again is
    counted with it; one proposal at a time waits or holds for a key.

    `text` is the sentence as it may be learned, without anything about a person; `message_id` is where it was said.
    `note` is why it was declined. `exported_at` is when it was first written to a file.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        sa.Index(
            "uq_reviews_current",
            "key",
            unique=True,
            sqlite_where=sa.text("status IN ('proposed', 'accepted')"),
            postgresql_where=sa.text("status IN ('proposed', 'accepted')"),
        ),
        sa.Index("ix_reviews_status_id", "status", "id"),
        sa.CheckConstraint("kind <> 'intent' OR (intent IS NOT NULL AND text IS NOT NULL)", name="intent_of_a_text"),
        sa.CheckConstraint("kind <> 'answer' OR (answer IS NOT NULL AND text IS NOT NULL)", name="answer_to_a_text"),
        sa.CheckConstraint("kind <> 'unfit' OR unfit IS NOT NULL", name="unfit_for_a_reason"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(sa.String(64))
    message_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    kind: Mapped[ReviewKind] = mapped_column(sa.String(16))
    status: Mapped[ReviewStatus] = mapped_column(sa.String(16), default=ReviewStatus.PROPOSED)
    heard_as: Mapped[str | None] = mapped_column(sa.String(64))
    intent: Mapped[str | None] = mapped_column(sa.String(64))
    text: Mapped[str | None] = mapped_column(sa.Text)
    answer: Mapped[str | None] = mapped_column(sa.Text)
    unfit: Mapped[Unfit | None] = mapped_column(sa.String(16))
    note: Mapped[str | None] = mapped_column(sa.String(300))
    proposed_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    proposed_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    decided_at: Mapped[dt.datetime | None]
    exported_at: Mapped[dt.datetime | None]
