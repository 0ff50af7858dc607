"""Mandates: a customer's consent to charge the card that they used, and what it rests on."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class MandateStatus(StrEnum):
    """`pending` waits for a card, `suspended` for another one; a withdrawn mandate never comes back."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


# Cards that are still saved at Stripe although nobody may charge them any more.
TO_FORGET = "status = 'withdrawn' AND payment_method IS NOT NULL AND forgotten_at IS NULL"


class Mandate(Base):
    """A consent to take a plan's instalments from a saved card. `wording` is what the customer read, to the letter.

    Of the card only what a receipt shows is kept (P3): brand, last four digits, month and year of its expiry. A mandate
    keeps its card: another card is another mandate, so that what was charged can be told by its row (S3).
    `another_card_at` is when the customer asked to use another one.
    `consented_by` and `withdrawn_by` are `customer`, `system` or `agent:<id>`; `forgotten_at` is when Stripe gave the
    card up. `next_at` is when the plan is looked at next: an instalment may be due then, or the card's end near.
    """

    __tablename__ = "mandates"
    __table_args__ = (
        sa.Index(
            "uq_mandates_one_in_force",
            "customer_id",
            unique=True,
            sqlite_where=sa.text("status <> 'withdrawn'"),
            postgresql_where=sa.text("status <> 'withdrawn'"),
        ),
        sa.Index(
            "ix_mandates_next_at",
            "next_at",
            sqlite_where=sa.text("status = 'active'"),
            postgresql_where=sa.text("status = 'active'"),
        ),
        sa.Index(
            "ix_mandates_to_forget",
            "withdrawn_at",
            sqlite_where=sa.text(TO_FORGET),
            postgresql_where=sa.text(TO_FORGET),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"))
    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("plans.id"), index=True)
    status: Mapped[MandateStatus] = mapped_column(sa.String(16), default=MandateStatus.PENDING)
    wording: Mapped[str] = mapped_column(sa.Text)
    locale: Mapped[str] = mapped_column(sa.String(16))
    consented_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    consented_by: Mapped[str] = mapped_column(sa.String(64), default="customer")
    stripe_customer: Mapped[str | None] = mapped_column(sa.String(255))
    payment_method: Mapped[str | None] = mapped_column(sa.String(255))
    card_brand: Mapped[str | None] = mapped_column(sa.String(32))
    card_last4: Mapped[str | None] = mapped_column(sa.String(4))
    card_exp_month: Mapped[int | None]
    card_exp_year: Mapped[int | None]
    activated_at: Mapped[dt.datetime | None]
    next_at: Mapped[dt.datetime | None]
    expiry_told_at: Mapped[dt.datetime | None]
    another_card_at: Mapped[dt.datetime | None]
    suspended_at: Mapped[dt.datetime | None]
    suspended_for: Mapped[str | None] = mapped_column(sa.String(64))
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(sa.String(64))
    forgotten_at: Mapped[dt.datetime | None]
