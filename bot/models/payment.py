"""Payments: written down before Stripe is asked, settled on Stripe's word only (design section 3); what went back."""

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


class PaymentOrigin(StrEnum):
    """Who sets it going: the customer on a link's page, an autopay mandate on an instalment's day, or a guest who pays
    towards somebody else's account and learns nothing of it (P4)."""

    LINK = "link"
    AUTOPAY = "autopay"
    GUEST = "guest"


class Payment(Base):
    """An intention to pay `amount` minor units, behind the link `/pay/<token>` or by a saved card.

    `attempt` counts the Checkout Sessions minted for it and is part of Stripe's idempotency key (S3). `superseded_at`
    is set when a newer link for the same purpose replaces this one (design section 10, 6).

    `mandate_id` of a link is the consent under which the card used is saved; of an autopay payment, the mandate that is
    charged, for try number `try_number` of instalment `instalment_number` of the plan `plan_id`. `checked_at` is when
    Stripe was last asked about it, `claimed_until` how long one worker has it to itself. `failure_code` is Stripe's.
    """

    __tablename__ = "payments"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.Index("uq_payments_one_try", "plan_id", "instalment_number", "try_number", unique=True),
        sa.Index("ix_payments_status_created_at", "status", "created_at"),
        sa.Index("ix_payments_settled_at", "settled_at"),
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
    origin: Mapped[PaymentOrigin] = mapped_column(sa.String(16), default=PaymentOrigin.LINK, server_default="link")
    mandate_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("mandates.id"))
    plan_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("plans.id"))
    instalment_number: Mapped[int | None]
    try_number: Mapped[int | None]
    failure_code: Mapped[str | None] = mapped_column(sa.String(64))
    checked_at: Mapped[dt.datetime | None]
    claimed_until: Mapped[dt.datetime | None]


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


class ReversalKind(StrEnum):
    """Why money went back: we gave it back, or the customer's bank took it back."""

    REFUND = "refund"
    CHARGEBACK = "chargeback"


class ReversalStatus(StrEnum):
    """`pending` has not gone back yet, `posted` has, `undone` has come again: a failed refund, a dispute won."""

    PENDING = "pending"
    POSTED = "posted"
    UNDONE = "undone"


class Reversal(Base):
    """A refund or a chargeback of a payment's money, which `payment_intent` names; Stripe calls it `external_id` (S6).

    `amount` minor units of it are, or will be, in our books: all of it, save where more went back than had come in.
    `round` counts how often it was posted: a dispute may take, give back and take again.
    """

    __tablename__ = "reversals"
    __table_args__ = (sa.CheckConstraint("amount > 0", name="amount_positive"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    external_id: Mapped[str] = mapped_column(sa.String(255), unique=True)
    payment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("payments.id"), index=True)
    payment_intent: Mapped[str] = mapped_column(sa.String(255))
    kind: Mapped[ReversalKind] = mapped_column(sa.String(16))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    status: Mapped[ReversalStatus] = mapped_column(sa.String(16), default=ReversalStatus.PENDING)
    round: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[dt.datetime] = mapped_column(default=clock.now, onupdate=clock.now)


class RefundStatus(StrEnum):
    """Above the policy's limit a refund is `proposed` until somebody else has it `asked` for, or `refused`.

    One that is `sent` is known to Stripe, which says by a `Reversal` what becomes of it.
    """

    PROPOSED = "proposed"
    ASKED = "asked"
    SENT = "sent"
    REFUSED = "refused"


class Refund(Base):
    """What an agent decided to give back, written down before Stripe is asked; `external_id` is Stripe's name for it.

    `client_id` is the page's own, so that pressing twice is asking once.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.Index(
            "ix_refunds_asked",
            "asked_at",
            sqlite_where=sa.text("status = 'asked'"),
            postgresql_where=sa.text("status = 'asked'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    payment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("payments.id"), index=True)
    payment_intent: Mapped[str] = mapped_column(sa.String(255))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    reason: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[RefundStatus] = mapped_column(sa.String(16))
    external_id: Mapped[str | None] = mapped_column(sa.String(255), unique=True)
    asked_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"))
    asked_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    decided_at: Mapped[dt.datetime | None]
