"""Reconciliation with Stripe: how far it has come, and what did not agree."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class Cursor(Base):
    """How far a listing of Stripe's has been read: `value` is Stripe's id of the newest object seen, `until` its time.

    `claimed_until` is how long one worker has the reading to itself.
    """

    __tablename__ = "cursors"

    name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    value: Mapped[str | None] = mapped_column(sa.String(255))
    until: Mapped[dt.datetime | None]
    claimed_until: Mapped[dt.datetime | None]


class MismatchKind(StrEnum):
    """What two records of the same money can differ in."""

    UNKNOWN_PAYMENT = "unknown_payment"
    AMOUNT = "amount"
    CURRENCY = "currency"
    NOT_POSTED = "not_posted"
    NOT_AT_STRIPE = "not_at_stripe"
    RETURNED = "returned"
    EVENT_FAILED = "event_failed"


class MismatchStatus(StrEnum):
    """Open until the records agree again (`repaired`) or an operator says why they differ (`resolved`)."""

    OPEN = "open"
    REPAIRED = "repaired"
    RESOLVED = "resolved"


class Mismatch(Base):
    """Our books and Stripe's differ about `subject`, Stripe's id of it. `ours` and `theirs` are in minor units."""

    __tablename__ = "mismatches"
    __table_args__ = (sa.UniqueConstraint("kind", "subject"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[MismatchKind] = mapped_column(sa.String(32))
    subject: Mapped[str] = mapped_column(sa.String(255))
    payment_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("payments.id"), index=True)
    ours: Mapped[dict[str, Any] | None]
    theirs: Mapped[dict[str, Any] | None]
    status: Mapped[MismatchStatus] = mapped_column(sa.String(16), default=MismatchStatus.OPEN)
    first_seen_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    last_seen_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    resolved_at: Mapped[dt.datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(sa.String(100))
    note: Mapped[str | None] = mapped_column(sa.Text)
