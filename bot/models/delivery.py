"""What goes out to a phone, and how far each piece got (T1, T2, T4)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id
from bot.models.conversation import Channel, Provider


class DeliveryStatus(StrEnum):
    """How far a delivery got. It never moves backwards (T1); what the provider's word may change is in `RANK`.

    `held` waits for the customer to write again, because WhatsApp's window has closed; `uncertain` may have been taken,
    and is looked for before it is sent again; `withheld` must not go out (C5).
    """

    QUEUED = "queued"
    HELD = "held"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    WITHHELD = "withheld"


RANK: dict[DeliveryStatus, int] = {
    DeliveryStatus.QUEUED: 0,
    DeliveryStatus.HELD: 0,
    DeliveryStatus.UNCERTAIN: 1,
    DeliveryStatus.SENT: 2,
    DeliveryStatus.FAILED: 3,
    DeliveryStatus.WITHHELD: 3,
    DeliveryStatus.DELIVERED: 4,
    DeliveryStatus.READ: 5,
}


class Delivery(Base):
    """One piece on its way to one address. A message of the transcript is written down as one (`part` 0), which becomes
    several when it is rendered for the channel; a one-time code belongs to no conversation.

    Pieces of one conversation go out in the order (`seq`, `part`), each after the one before it. `content` is what was
    rendered beside `body`: buttons, a list, a template. `unasked` is what we begin ourselves: it needs consent, an
    answer does not (C5). `body` is emptied once a one-time code was sent (`secret`). `next_at` is when it may be tried
    (again), and while one process sends it, until when it has it to itself.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.UniqueConstraint("message_id", "part"),
        sa.Index("ix_deliveries_status_next_at", "status", "next_at"),
        sa.Index("ix_deliveries_conversation_id_seq", "conversation_id", "seq", "part"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("messages.id"), index=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"))
    seq: Mapped[int] = mapped_column(default=0)
    part: Mapped[int] = mapped_column(default=0)
    channel: Mapped[Channel] = mapped_column(sa.String(16))
    provider: Mapped[Provider | None] = mapped_column(sa.String(8))
    address: Mapped[str] = mapped_column(sa.String(254))
    body: Mapped[str] = mapped_column(sa.Text, default="")
    content: Mapped[dict[str, Any] | None]
    rendered: Mapped[bool] = mapped_column(default=True)
    unasked: Mapped[bool] = mapped_column(default=False)
    secret: Mapped[bool] = mapped_column(default=False)
    segments: Mapped[int | None]
    status: Mapped[DeliveryStatus] = mapped_column(sa.String(16), default=DeliveryStatus.QUEUED)
    provider_id: Mapped[str | None] = mapped_column(sa.String(255), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[dt.datetime | None]
    error: Mapped[str | None] = mapped_column(sa.String(64))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[dt.datetime | None]
    changed_at: Mapped[dt.datetime] = mapped_column(default=clock.now)


class StoredContent(Base):
    """A set of buttons that the provider keeps for us under an id of its own; `key` is the hash of what it shows."""

    __tablename__ = "stored_contents"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    provider_id: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
