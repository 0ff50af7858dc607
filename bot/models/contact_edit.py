"""What the desk changes of who a customer is and how they are reached; and locks of verification that it lifts."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class ContactField(StrEnum):
    """What can be changed. The first three are keys: who holds them can prove to be the customer."""

    PHONE = "phone"
    EMAIL = "email"
    POSTCODE = "postcode"
    NAME = "name"
    LANGUAGE = "language"
    TIME_ZONE = "time_zone"


class EditStatus(StrEnum):
    """A change that one agent may not make alone is `proposed` until somebody else makes or refuses it."""

    PROPOSED = "proposed"
    MADE = "made"
    REFUSED = "refused"


class ContactEdit(Base):
    """One change of one field. `before` and `after` are in their normal form, a postcode as its keyed hash (no
    `before`); `change_id` is the customer's own wish in the chat, where there was one."""

    __tablename__ = "contact_edits"
    __table_args__ = (sa.Index("ix_contact_edits_customer_id_proposed_at", "customer_id", "proposed_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"))
    change_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("contact_changes.id"))
    field: Mapped[ContactField] = mapped_column(sa.String(16))
    before: Mapped[str | None] = mapped_column(sa.String(300))
    after: Mapped[str | None] = mapped_column(sa.String(300))
    reason: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[EditStatus] = mapped_column(sa.String(16))
    proposed_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"))
    proposed_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    decided_at: Mapped[dt.datetime | None]


class VerificationUnlock(Base):
    """An agent lifted what wrong tries had locked, for `reason`."""

    __tablename__ = "verification_unlocks"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.Text)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"))
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)
