"""What a country's law asks of messages that we begin: hours, caps, a yes beforehand (C1, C2, C14)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from bot.models import Medium
from bot.policies import week
from bot.policies.file import Policy


class Cap(Policy):
    """At most `messages` in any stretch of `days` (24 hours each), on all media together (C2)."""

    messages: int = Field(ge=1, le=50)
    days: int = Field(ge=1, le=366)


class Jurisdiction(Policy):
    """A file of `policies/jurisdictions/`. `hours` are local to the customer; `sources` say where each key is from."""

    version: dt.date
    title: Annotated[str, Field(min_length=3, max_length=80)]
    hours: week.WeekHours
    public_holidays: bool
    caps: tuple[Cap, ...] = Field(min_length=1)
    needs_opt_in: frozenset[Medium]
    sources: dict[str, Annotated[str, Field(min_length=3)]]

    @model_validator(mode="after")
    def _sourced(self) -> Jurisdiction:
        if unsaid := sorted({"hours", "caps", "needs_opt_in"} - set(self.sources)):
            raise ValueError(f"sources needs {unsaid[0]}: where it comes from, or that it is your own choice")
        return self

    @model_validator(mode="after")
    def _c1(self) -> Jurisdiction:
        for day, (start, end) in self.hours.items():
            if start < 8 * 60 or end > 21 * 60:
                raise ValueError(f"hours.{day} must lie within 08:00-21:00 (C1)")
        return self


def strictest(packs: Sequence[Jurisdiction]) -> Jurisdiction:
    """What satisfies every one of `packs`: for a customer whose country nobody has chosen one for. At least one."""
    days = set.intersection(*(set(pack.hours) for pack in packs))
    spans = {day: [pack.hours[day] for pack in packs] for day in sorted(days)}
    hours = {day: (max(start for start, _ in each), min(end for _, end in each)) for day, each in spans.items()}
    caps = {cap for pack in packs for cap in pack.caps}
    return Jurisdiction.model_construct(
        version=max(pack.version for pack in packs),
        title="the strictest of each",
        hours={day: span for day, span in hours.items() if span[0] < span[1]},
        public_holidays=all(pack.public_holidays for pack in packs),
        caps=tuple(sorted(caps, key=lambda cap: (cap.days, cap.messages))),
        needs_opt_in=frozenset(medium for pack in packs for medium in pack.needs_opt_in),
        sources={},
    )
