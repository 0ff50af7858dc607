"""What a customer asks the desk to do about reaching them: a call and what came of it, another contact (design section
10, 1)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class Callback(Base):
    """A call that a customer asks for. No `phone`: the number that is on file. `starts_at` to `ends_at` is when they
    expect it, inside the desk's hours; with it comes the case for the desk. Before, it is only being spoken of."""

    __tablename__ = "callbacks"
    __table_args__ = (sa.Index("ix_callbacks_starts_at", "starts_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("cases.id"), unique=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    customer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    phone: Mapped[str | None] = mapped_column(sa.String(20))
    starts_at: Mapped[dt.datetime | None]
    ends_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)


class CallbackEventKind(StrEnum):
    """What can happen to a call: an agent takes it or gives it back, and how it ended; `missed_told` is our apology."""

    TAKEN = "taken"
    GIVEN_BACK = "given_back"
    DONE = "done"
    NO_ANSWER = "no_answer"
    MISSED_TOLD = "missed_told"


class CallbackEvent(Base):
    """A step of a call; how it stands follows from its steps. `note` is what came of it, in the agent's words."""

    __tablename__ = "callback_events"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    callback_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("callbacks.id"), index=True)
    kind: Mapped[CallbackEventKind] = mapped_column(sa.String(16))
    agent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    note: Mapped[str | None] = mapped_column(sa.Text)
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)


class ContactKind(StrEnum):
    """What of a customer's contact can change."""

    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    NAME = "name"


class ContactChange(Base):
    """A new contact as the customer gave it, for the desk to put on file. Nothing else changes by it: codes go to the
    contact on file until then. `case_id` is set once the customer said that it is right."""

    __tablename__ = "contact_changes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    case_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    kind: Mapped[ContactKind] = mapped_column(sa.String(16))
    value: Mapped[str] = mapped_column(sa.String(300))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
