"""One-time codes and the locks that wrong tries bring about (design section 6)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class VerificationChallenge(Base):
    """A code that was asked for. `customer_id` is empty when no account matched: the answer is the same (P2)."""

    __tablename__ = "verification_challenges"
    __table_args__ = (sa.Index("ix_verification_challenges_open", "conversation_id", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"))
    customer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("customers.id"))
    code_digest: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[dt.datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[dt.datetime | None]


class VerificationLock(Base):
    """Failures counted for one subject: an account (`customer:<id>`) or an address (`address:<keyed hash>`)."""

    __tablename__ = "verification_locks"

    subject: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    times_locked: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[dt.datetime | None]
    changed_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
