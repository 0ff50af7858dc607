"""What we begin: reminders, what the gate decided about each, and pauses that a person ordered (C1 to C8)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id
from bot.models.preference import Medium


class ReminderKind(StrEnum):
    """What a reminder is about, the gentlest reason first: of two on one day the earlier one here goes (K2)."""

    PLAN_COMPLETED = "plan_completed"
    ANNIVERSARY = "anniversary"
    PROMISE = "promise"
    INSTALMENT = "instalment"
    INVOICE = "invoice"
    PLAN_BEHIND = "plan_behind"


class ReminderStatus(StrEnum):
    """`waiting` is looked at again at `again_at`; the others are settled."""

    WAITING = "waiting"
    SENT = "sent"
    SKIPPED = "skipped"


_WAITING = sa.text("status = 'waiting'")


class Reminder(Base):
    """One step of the cadence about one thing, which happens once: whoever sweeps, the same step is never sent twice.

    `step` counts days from `due_on`, in the customer's zone. `subject_id` is an invoice, a promise, a plan or a
    customer, or stands for an instalment on its date or an anniversary (`outreach.subjects`). `rule` says why it waits
    or was skipped. Several invoices of one message are a row each with the same `message_id`.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        sa.UniqueConstraint("kind", "subject_id", "step"),
        sa.Index("ix_reminders_customer_id_settled_at", "customer_id", "settled_at"),
        sa.Index("ix_reminders_again_at", "again_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        sa.Index("ix_reminders_settled_at", "settled_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"))
    kind: Mapped[ReminderKind] = mapped_column(sa.String(16))
    subject_id: Mapped[uuid.UUID]
    step: Mapped[int]
    due_on: Mapped[dt.date]
    status: Mapped[ReminderStatus] = mapped_column(sa.String(8), default=ReminderStatus.WAITING)
    rule: Mapped[str | None] = mapped_column(sa.String(24))
    again_at: Mapped[dt.datetime | None]
    medium: Mapped[Medium | None] = mapped_column(sa.String(16))
    template: Mapped[str | None] = mapped_column(sa.String(80))
    language: Mapped[str | None] = mapped_column(sa.String(16))
    tone: Mapped[str | None] = mapped_column(sa.String(40))
    variant: Mapped[str | None] = mapped_column(sa.String(40))
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    message_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("messages.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[dt.datetime | None]


class GateDecision(Base):
    """What the gate said of a message that we would begin, by one medium, and the rule that made it say so.

    Kept when it is the first of its reminder and medium, or another rule than before. `about` names the kind and the
    step (`invoice:3`).
    """

    __tablename__ = "gate_decisions"
    __table_args__ = (sa.Index("ix_gate_decisions_customer_id_at", "customer_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"))
    reminder_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("reminders.id"), index=True)
    medium: Mapped[Medium] = mapped_column(sa.String(16))
    about: Mapped[str] = mapped_column(sa.String(32))
    rule: Mapped[str] = mapped_column(sa.String(24))
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    again_at: Mapped[dt.datetime | None]


_OPEN = sa.text("ended_at IS NULL")


class OutreachPause(Base):
    """Nothing is begun: to one customer, or to anybody where `customer_id` is None; until `until`, or until a person
    ends it. `reason` is their own sentence."""

    __tablename__ = "outreach_pauses"
    __table_args__ = (
        sa.Index("ix_outreach_pauses_customer_id", "customer_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("customers.id"))
    reason: Mapped[str] = mapped_column(sa.Text)
    until: Mapped[dt.datetime | None]
    agent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[dt.datetime | None]
