"""Instalment plans, what was asked for instead of an offer, and promises to pay."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot import clock
from bot.db import Base, new_id


class PlanStatus(StrEnum):
    """`quote → agreed → active → completed | broken | cancelled`."""

    QUOTE = "quote"
    AGREED = "agreed"
    ACTIVE = "active"
    COMPLETED = "completed"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class Frequency(StrEnum):
    """How often an instalment is due."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"


class PlanKind(StrEnum):
    """`extended` is longer than the policy's longest, by an agent's approval; `early` settles at a discount (K16)."""

    STANDARD = "standard"
    EXTENDED = "extended"
    EARLY = "early"


class Approval(StrEnum):
    """Whether a person has allowed an offer that the assistant may not make alone."""

    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"


class Plan(Base):
    """Instalments whose sum is `total` minor units to the unit (S7), over chosen invoices.

    `discount` minor units are let off once `total` is paid (K16), so the covered invoices come to `total + discount`.
    A part paid down at once is instalment number 0. `pay_day` is the weekday (0 is Monday) or, for monthly ones, the
    day of the month on which instalments fall. `replaces_id` is the plan whose rest these terms take over when they are
    agreed. `approval` is None where none is needed. `looked_on` is the customer's day on which a missed instalment was
    last looked into.
    """

    __tablename__ = "plans"
    __table_args__ = (
        sa.CheckConstraint("total > 0", name="total_positive"),
        sa.Index(
            "uq_plans_one_active",
            "customer_id",
            unique=True,
            sqlite_where=sa.text("status IN ('agreed', 'active')"),
            postgresql_where=sa.text("status IN ('agreed', 'active')"),
        ),
        sa.Index(
            "ix_plans_active",
            "id",
            sqlite_where=sa.text("status = 'active'"),
            postgresql_where=sa.text("status = 'active'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"))
    status: Mapped[PlanStatus] = mapped_column(sa.String(16), default=PlanStatus.QUOTE)
    kind: Mapped[PlanKind] = mapped_column(sa.String(16), default=PlanKind.STANDARD, server_default="standard")
    frequency: Mapped[Frequency] = mapped_column(sa.String(16), default=Frequency.MONTHLY)
    pay_day: Mapped[int | None]
    total: Mapped[int] = mapped_column(sa.BigInteger)
    discount: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    currency: Mapped[str] = mapped_column(sa.String(3))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[dt.datetime | None]
    replaces_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("plans.id"))
    approval: Mapped[Approval | None] = mapped_column(sa.String(16))
    looked_on: Mapped[dt.date | None]

    instalments: Mapped[list[Instalment]] = relationship(
        order_by="Instalment.number", lazy="selectin", cascade="all, delete-orphan"
    )
    invoices: Mapped[list[PlanInvoice]] = relationship(
        order_by="PlanInvoice.position", lazy="selectin", cascade="all, delete-orphan"
    )


class Instalment(Base):
    """One part of a plan. How much of it is paid follows from the ledger (`plans.progress`).

    `asked_at` is when the customer was kindly asked about it after its day had passed.
    """

    __tablename__ = "instalments"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.Index("ix_instalments_due_on", "due_on"),
    )

    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("plans.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[dt.date]
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    asked_at: Mapped[dt.datetime | None]


class PlanInvoice(Base):
    """An invoice that a plan covers, with the minor units of it that are in the plan.

    `beside` minor units more were owed on it when the plan was quoted, or were added since (`coverage.put_beside`);
    what is paid counts for the plan first. `named` says that the customer chose this invoice, so that it is in the plan
    even while it is disputed (C9).
    """

    __tablename__ = "plan_invoices"

    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("plans.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("invoices.id"))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    beside: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    named: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class PlanEventKind(StrEnum):
    """What can happen to a plan: its statuses, and what changes it without ending it."""

    QUOTE = "quote"
    AGREED = "agreed"
    ACTIVE = "active"
    COMPLETED = "completed"
    BROKEN = "broken"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    REOPENED = "reopened"
    MOVED = "moved"
    PAUSED = "paused"
    MISSED = "missed"
    APPROVAL_ASKED = "approval_asked"
    APPROVAL_GIVEN = "approval_given"
    APPROVAL_REFUSED = "approval_refused"


class PlanEvent(Base):
    """Every change of a plan: what, who, when, and the exact terms shown (K8)."""

    __tablename__ = "plan_events"
    __table_args__ = (sa.Index("ix_plan_events_kind_at", "kind", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("plans.id"), index=True)
    kind: Mapped[PlanEventKind] = mapped_column(sa.String(16))
    actor: Mapped[str] = mapped_column(sa.String(100))
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    terms: Mapped[dict[str, Any] | None]


class ProposalOutcome(StrEnum):
    """What the policy made of a proposal: taken as it is, met with the nearest terms, or passed to a person."""

    ACCEPTED = "accepted"
    COUNTERED = "countered"
    TO_PERSON = "to_person"


class Proposal(Base):
    """Terms that a customer asked for in their own words ("60 every second Friday"), and what became of them."""

    __tablename__ = "proposals"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"))
    asked: Mapped[dict[str, Any]]
    outcome: Mapped[ProposalOutcome] = mapped_column(sa.String(16))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)


class PromiseStatus(StrEnum):
    """A promise is open until it is corrected, kept or broken."""

    OPEN = "open"
    CORRECTED = "corrected"
    KEPT = "kept"
    BROKEN = "broken"


class Promise(Base):
    """A promise to pay on a date; until then there is silence about it (design section 10, 4)."""

    __tablename__ = "promises"
    __table_args__ = (sa.Index("ix_promises_status_due_on", "status", "due_on"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    due_on: Mapped[dt.date]
    status: Mapped[PromiseStatus] = mapped_column(sa.String(16), default=PromiseStatus.OPEN)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
