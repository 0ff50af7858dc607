"""Instalment plans, and promises to pay."""

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


class Plan(Base):
    """Instalments whose sum is `total` minor units to the unit (S7), over chosen invoices."""

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
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"))
    status: Mapped[PlanStatus] = mapped_column(sa.String(16), default=PlanStatus.QUOTE)
    frequency: Mapped[str] = mapped_column(sa.String(16), default="monthly")
    total: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[dt.datetime | None]

    instalments: Mapped[list[Instalment]] = relationship(
        order_by="Instalment.number", lazy="selectin", cascade="all, delete-orphan"
    )
    invoices: Mapped[list[PlanInvoice]] = relationship(
        order_by="PlanInvoice.position", lazy="selectin", cascade="all, delete-orphan"
    )


class Instalment(Base):
    """One part of a plan. How much of it is paid follows from the ledger (`plans.progress`)."""

    __tablename__ = "instalments"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.Index("ix_instalments_due_on", "due_on"),
    )

    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("plans.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[dt.date]
    amount: Mapped[int] = mapped_column(sa.BigInteger)


class PlanInvoice(Base):
    """An invoice that a plan covers, with the minor units of it that are in the plan."""

    __tablename__ = "plan_invoices"

    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("plans.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("invoices.id"))
    amount: Mapped[int] = mapped_column(sa.BigInteger)


class PlanEvent(Base):
    """Every change of a plan: what, who, when, and the exact terms shown (K8)."""

    __tablename__ = "plan_events"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("plans.id"), index=True)
    kind: Mapped[PlanStatus] = mapped_column(sa.String(16))
    actor: Mapped[str] = mapped_column(sa.String(100))
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    terms: Mapped[dict[str, Any] | None]


class PromiseStatus(StrEnum):
    """A promise is open until it is corrected, kept or broken."""

    OPEN = "open"
    CORRECTED = "corrected"
    KEPT = "kept"
    BROKEN = "broken"


class Promise(Base):
    """A promise to pay on a date; until then there is silence about it (design section 10, 4)."""

    __tablename__ = "promises"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    due_on: Mapped[dt.date]
    status: Mapped[PromiseStatus] = mapped_column(sa.String(16), default=PromiseStatus.OPEN)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
