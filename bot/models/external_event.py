"""What outside services told us, kept raw and once (S1)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class Source(StrEnum):
    """Who told us."""

    STRIPE = "stripe"
    TWILIO = "twilio"
    META = "meta"
    SMTP = "smtp"


class ExternalEvent(Base):
    """One verified webhook. (`source`, `external_id`) is unique, so a duplicate stops at insertion.

    `claimed_until` is how long one worker has it to itself, and after a failure how long it rests.
    """

    __tablename__ = "external_events"
    __table_args__ = (
        sa.UniqueConstraint("source", "external_id"),
        sa.Index(
            "ix_external_events_unprocessed",
            "received_at",
            sqlite_where=sa.text("processed_at IS NULL"),
            postgresql_where=sa.text("processed_at IS NULL"),
        ),
        # A phone's messages are acted on in the order in which they came: `object_id` is its number then.
        sa.Index(
            "ix_external_events_unprocessed_object",
            "source",
            "object_id",
            sqlite_where=sa.text("processed_at IS NULL"),
            postgresql_where=sa.text("processed_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    source: Mapped[Source] = mapped_column(sa.String(16))
    external_id: Mapped[str] = mapped_column(sa.String(255))
    kind: Mapped[str] = mapped_column(sa.String(100))
    object_id: Mapped[str | None] = mapped_column(sa.String(255))
    body: Mapped[bytes]
    received_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    processed_at: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[dt.datetime | None]
    error: Mapped[str | None] = mapped_column(sa.String(200))
