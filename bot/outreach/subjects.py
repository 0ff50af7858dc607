"""What a reminder is about: one thing of a customer, on the day on which a step of the cadence may go. Pure."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import StrEnum

from bot.models import ReminderKind
from bot.money import Money

_NAMESPACE = uuid.UUID("6f3dbb0e-6b1c-4d35-9a6e-0b8f1a7f3c11")
_ORDER = {kind: place for place, kind in enumerate(ReminderKind)}


class Stopped(StrEnum):
    """Why there is nothing to remind of, however quiet it is."""

    DISPUTED = "disputed"
    IN_PLAN = "in_plan"
    AUTOPAY = "autopay"
    NOTHING_DUE = "nothing_due"


@dataclass(frozen=True, slots=True)
class Subject:
    """One step about one thing. It may go until `last_on`, in the customer's zone.

    `amount` is what of it is open and not disputed; `stopped` says that no reminder of it is due.
    """

    kind: ReminderKind
    id: uuid.UUID
    step: int
    due_on: dt.date
    last_on: dt.date
    amount: Money
    stopped: Stopped | None = None

    @property
    def key(self) -> tuple[ReminderKind, uuid.UUID, int]:
        """What is unique of it."""
        return self.kind, self.id, self.step

    @property
    def about(self) -> str:
        """The kind and the step, as decisions name them."""
        return f"{self.kind}:{self.step}"


def gentlest_first(subject: Subject) -> tuple[int, int, dt.date]:
    """By this several things of one day are sorted: what is good news first, then what is ahead, then what is late for
    the shortest time (K2)."""
    is_late = subject.step > 0 and subject.kind in (ReminderKind.INVOICE, ReminderKind.INSTALMENT, ReminderKind.PROMISE)
    return _ORDER[subject.kind] + (len(_ORDER) if is_late else 0), subject.step, subject.due_on


def of_instalment(plan_id: uuid.UUID, number: int, due_on: dt.date) -> uuid.UUID:
    """What stands for an instalment: on another date it is another, so that a moved one is reminded of anew."""
    return uuid.uuid5(_NAMESPACE, f"instalment:{plan_id}:{number}:{due_on.isoformat()}")


def of_anniversary(customer_id: uuid.UUID, day: dt.date) -> uuid.UUID:
    """What stands for one anniversary of a customer."""
    return uuid.uuid5(_NAMESPACE, f"anniversary:{customer_id}:{day.year}")


def anniversary(since: dt.date, year: int) -> dt.date:
    """The day of `year` on which somebody has been a customer for whole years; 28 February for a leap day."""
    try:
        return since.replace(year=year)
    except ValueError:
        return since.replace(year=year, day=28)
