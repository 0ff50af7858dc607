"""What people decide about holds and cases, and until when a hold binds."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class HoldEventKind(StrEnum):
    """What can happen to a hold; `ended` is a hold whose day came, `treated` one of which the day is known, since
    treatment in a crisis has ended."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    LIFTED = "lifted"
    ENDED = "ended"
    TREATED = "treated"


class DisputeOutcome(StrEnum):
    """How a dispute ended when its hold is lifted: the customer was right, was not, or does not dispute it any more."""

    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"
    WITHDRAWN = "withdrawn"


class HoldEvent(Base):
    """A step of a hold: what, who (`agent:<id>` or `system`), why. `outcome` is a dispute's."""

    __tablename__ = "hold_events"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    hold_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("holds.id"), index=True)
    kind: Mapped[HoldEventKind] = mapped_column(sa.String(16))
    actor: Mapped[str] = mapped_column(sa.String(64))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    outcome: Mapped[DisputeOutcome | None] = mapped_column(sa.String(16))
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)


class HoldEnd(Base):
    """The last day on which a hold binds, by the customer's calendar. A hold without one binds until it is lifted."""

    __tablename__ = "hold_ends"

    hold_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("holds.id"), primary_key=True)
    ends_on: Mapped[dt.date] = mapped_column(index=True)


class CaseOutcome(StrEnum):
    """What came of a case: done as asked, declined, or nothing was to be done."""

    SETTLED = "settled"
    DECLINED = "declined"
    NOT_NEEDED = "not_needed"


class CaseEventKind(StrEnum):
    """What people do with a case."""

    OPENED = "opened"
    DONE = "done"
    REOPENED = "reopened"


class CaseEvent(Base):
    """A step of a case that a person took: what, who (`agent:<id>`), with which outcome and why."""

    __tablename__ = "case_events"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    kind: Mapped[CaseEventKind] = mapped_column(sa.String(16))
    actor: Mapped[str] = mapped_column(sa.String(64))
    outcome: Mapped[CaseOutcome | None] = mapped_column(sa.String(16))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)
