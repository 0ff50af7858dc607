"""Hand-overs to a person; cases beside a conversation; holds that bind at once (design section 10, 1 and 7)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot import clock
from bot.db import Base, new_id


class HandoffEventKind(StrEnum):
    """What can happen to a hand-over; its status is the kind of its latest event."""

    REQUESTED = "requested"
    CLAIMED = "claimed"
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    CLOSED = "closed"


class Handoff(Base):
    """A request for a person: why, what skill it needs, how soon (`priority`, lower first), a summary for the agent."""

    __tablename__ = "handoffs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(64))
    skill: Mapped[str] = mapped_column(sa.String(64))
    priority: Mapped[int] = mapped_column(default=5)
    summary: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)

    events: Mapped[list[HandoffEvent]] = relationship(order_by="HandoffEvent.at", lazy="selectin")

    @property
    def status(self) -> HandoffEventKind:
        """The kind of the latest event."""
        return HandoffEventKind(self.events[-1].kind)


class HandoffEvent(Base):
    """A step of a hand-over. `actor` is `customer`, `bot`, `system` or `agent:<id>`."""

    __tablename__ = "handoff_events"
    __table_args__ = (sa.Index("ix_handoff_events_actor_kind", "actor", "kind"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    handoff_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("handoffs.id"), index=True)
    kind: Mapped[HandoffEventKind] = mapped_column(sa.String(16))
    actor: Mapped[str] = mapped_column(sa.String(64))
    note: Mapped[str | None] = mapped_column(sa.Text)
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)


class CaseStatus(StrEnum):
    """A case is open until an agent has dealt with it."""

    OPEN = "open"
    DONE = "done"


class Case(Base):
    """Work for the desk beside a conversation, which goes on with the bot."""

    __tablename__ = "cases"
    __table_args__ = (sa.Index("ix_cases_status_created_at", "status", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    customer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(32))
    status: Mapped[CaseStatus] = mapped_column(sa.String(8), default=CaseStatus.OPEN)
    summary: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)

    @property
    def reference(self) -> str:
        """What a customer may quote: short enough to read out, and no secret."""
        return f"C-{self.id.hex[-8:].upper()}"


class HoldKind(StrEnum):
    """What stops outreach or allocation; what each stops is data in `policies/`."""

    DISPUTE = "dispute"
    HARDSHIP = "hardship"
    BREATHING_SPACE = "breathing_space"
    BANKRUPTCY = "bankruptcy"
    ATTORNEY = "attorney"
    DECEASED = "deceased"
    CEASE = "cease"
    WRONG_PERSON = "wrong_person"


class HoldStatus(StrEnum):
    """Reported in chat, binding at once; confirmed or lifted by a person."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"
    LIFTED = "lifted"


class Hold(Base):
    """A hold on one invoice, on a customer, or on an address when nobody is verified (C8, C9)."""

    __tablename__ = "holds"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[HoldKind] = mapped_column(sa.String(16))
    status: Mapped[HoldStatus] = mapped_column(sa.String(16), default=HoldStatus.REPORTED)
    customer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    invoice_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("invoices.id"), index=True)
    address: Mapped[str | None] = mapped_column(sa.String(254), index=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    lifted_at: Mapped[dt.datetime | None]
