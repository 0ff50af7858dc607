"""What people did, as they would tell it: the judge's only source about them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from enum import StrEnum

from benchmarks.outreach_year.places import Place

Span = tuple[dt.datetime, dt.datetime | None]


class Doing(StrEnum):
    """What somebody may do."""

    BANK = "bank"  # a bill is paid by bank transfer, of which the business tells us
    LINK = "link"  # a bill is paid by a link
    PART = "part"  # a part of it
    WRITE = "write"
    PROVE = "prove"  # they write, and prove who they are
    STOP = "stop"
    START = "start"
    REFUSE = "refuse"  # in words of their own, on every medium
    HOLD = "hold"
    DISPUTE = "dispute"
    PROMISE = "promise"
    PLAN = "plan"
    PAY_PLAN = "pay_plan"
    MOVE = "move"
    BLOCK = "block"  # told to the provider, not to us
    LIFT = "lift"  # a hold of theirs is lifted
    RESOLVE = "resolve"  # a dispute is over


@dataclass(slots=True)
class Bill:
    """An invoice. `paid_at` is when nothing was open on it any more; `disputed` and `planned` are spans of time."""

    id: uuid.UUID
    due_on: dt.date
    minor: int
    paid_at: dt.datetime | None = None
    parts: list[dt.datetime] = field(default_factory=list)
    disputed: list[Span] = field(default_factory=list)
    planned: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class Promised:
    """A promise to pay on `day`, until it was kept or the day was over."""

    made_at: dt.datetime
    day: dt.date
    minor: int
    ended_at: dt.datetime | None = None


@dataclass(slots=True)
class Agreed:
    """A plan: the days of its parts, and when each was paid. `broken_at`: for want of payment."""

    agreed_at: dt.datetime
    id: uuid.UUID
    days: list[dt.date]
    amounts: list[int]
    bills: list[Bill]
    keeps: float = 0.85
    paid_at: list[dt.datetime] = field(default_factory=list)
    broken_at: dt.datetime | None = None

    @property
    def ended_at(self) -> dt.datetime | None:
        """When the last part was paid, or it was broken; None while it goes on."""
        return self.paid_at[-1] if len(self.paid_at) == len(self.days) else self.broken_at


@dataclass(slots=True)
class Person:
    """One customer. `zones` are where they have lived since when; `yes` since when each medium may be used, or may not
    any more, as they said it. `wrote` is when they wrote, and on which medium."""

    id: uuid.UUID
    number: int
    place: Place
    name: str
    phone: str | None
    email: str | None
    language: str
    since: dt.date | None
    zones: list[tuple[dt.datetime, str]]
    bills: list[Bill]
    yes: list[tuple[dt.datetime, str, bool]] = field(default_factory=list)
    wrote: list[tuple[dt.datetime, str, Doing]] = field(default_factory=list)
    paid: list[dt.datetime] = field(default_factory=list)
    talked: list[dt.datetime] = field(default_factory=list)
    proven: list[Span] = field(default_factory=list)
    holds: list[Span] = field(default_factory=list)
    promises: list[Promised] = field(default_factory=list)
    plans: list[Agreed] = field(default_factory=list)
    blocked: list[tuple[dt.datetime, str]] = field(default_factory=list)

    def zone(self, at: dt.datetime) -> str:
        """Where they live at `at`."""
        return next(zone for since, zone in reversed(self.zones) if since <= at)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What somebody found on their phone or in their mailbox. `id` is the message's own, the same if it came twice."""

    at: dt.datetime
    medium: str
    to: str
    text: str
    id: str
    subject: str = ""


@dataclass(slots=True)
class Year:
    """All that the judge may know: the people, when our workers looked, when no provider answered, and what arrived."""

    people: list[Person]
    swept: list[dt.datetime]
    outages: list[tuple[dt.datetime, dt.datetime]]
    arrivals: list[Arrival]
