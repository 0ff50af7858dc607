"""What customers send beside words: kept for the agent (T5)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id
from bot.models.conversation import Provider


class AttachmentStatus(StrEnum):
    """`refused` is of a kind or a size that we do not keep; `lost` could not be fetched from the provider."""

    WAITING = "waiting"
    KEPT = "kept"
    REFUSED = "refused"
    LOST = "lost"


class Attachment(Base):
    """One file of a customer's message. `reference` is the provider's address or id of it, by which it is fetched once,
    after the message was taken in; `body` are its bytes then. `size` is in bytes."""

    __tablename__ = "attachments"
    __table_args__ = (sa.Index("ix_attachments_status_next_at", "status", "next_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("messages.id"), index=True)
    provider: Mapped[Provider] = mapped_column(sa.String(8))
    reference: Mapped[str] = mapped_column(sa.Text)
    content_type: Mapped[str] = mapped_column(sa.String(100), default="")
    file_name: Mapped[str | None] = mapped_column(sa.String(200))
    status: Mapped[AttachmentStatus] = mapped_column(sa.String(8), default=AttachmentStatus.WAITING)
    size: Mapped[int | None]
    body: Mapped[bytes | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
