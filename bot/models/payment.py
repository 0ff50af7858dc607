"""Payments: written down before Stripe is asked, settled on Stripe's word only (design section 3)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class PaymentStatus(StrEnum):
    """`created → open → processing → succeeded | failed | expired`, then `refunded`, `charged_back`."""

    CREATED = "created"
    OPEN = "open"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


class Payment(Base):
    """An intention to pay `amount` minor units behind the link `/pay/<token>`.

    `attempt` counts the Checkout Sessions minted for it and is part of Stripe's idempotency key (S3). `superseded_at` is
    set when a newer link for the same purpose replaces this one (design section 10, 6).
    """

    __tablename__ = "payments"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.Index("ix_payments_status_created_at", "status", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    status: Mapped[PaymentStatus] = mapped_column(sa.String(16), default=PaymentStatus.CREATED)
    token: Mapped[str] = mapped_column(sa.String(64), unique=True)
    input_hash: Mapped[str] = mapped_column(sa.String(64))
    attempt: Mapped[int] = mapped_column(default=0)
    checkout_session_id: Mapped[str | None] = mapped_column(sa.String(255), unique=True)
    checkout_url: Mapped[str | None] = mapped_column(sa.Text)
    checkout_expires_at: Mapped[dt.datetime | None]
    payment_intent_id: Mapped[str | None] = mapped_column(sa.String(255), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    superseded_at: Mapped[dt.datetime | None]
    settled_at: Mapped[dt.datetime | None]
    receipt_message_id: Mapped[uuid.UUID | None]


class PaymentShare(Base):
    """How much of a payment is meant for which invoice, in the order of `position`.

    `named` says that the customer chose this invoice, so that it is paid even while it is disputed (C9).
    """

    __tablename__ = "payment_shares"
    __table_args__ = (sa.CheckConstraint("amount > 0", name="amount_positive"),)

    payment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("payments.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("invoices.id"))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    named: Mapped[bool] = mapped_column(default=False)
