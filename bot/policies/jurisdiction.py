"""What a country's law asks of us: hours, caps, words, holds, records, plans (C1, C2, C8, C10, P5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from bot.models import HoldKind, Medium
from bot.policies import week
from bot.policies.disclosure import Disclosures, together
from bot.policies.file import Policy

HoldDays = Annotated[int, Field(ge=1, le=730)]


class Cap(Policy):
    """At most `messages` in any stretch of `days` (24 hours each), on all media together (C2)."""

    messages: int = Field(ge=1, le=50)
    days: int = Field(ge=1, le=366)


class PlanDuties(Policy):
    """What `policies/plans.yml` has to allow: plans of `at_least_months` where an agent agrees and of `at_most_months`
    anywhere (None: no bound), a person after so many `counter_offers` (K7); and whether free, independent `advice` is
    to be there for whoever cannot pay."""

    at_least_months: int = Field(ge=1, le=120)
    at_most_months: int | None = Field(ge=1, le=240)
    counter_offers: int = Field(ge=1, le=5)
    advice: bool

    @model_validator(mode="after")
    def _possible(self) -> PlanDuties:
        if self.at_most_months is not None and self.at_least_months > self.at_most_months:
            raise ValueError("at_least_months must not exceed at_most_months")
        return self


class Jurisdiction(Policy):
    """A file of `policies/jurisdictions/`; `sources` say where each key is from.

    `hours` are local to the customer. `stop_words` end messages in any language (C4). `holds_by_law` are the kinds of
    hold that bind by law; `hold_days` are how long one binds once it is confirmed, for ever where it names none, and
    `after_treatment_days` those after the end of treatment in a mental-health crisis (C8). `kept_years` are how long
    records stay after the last activity, whoever asks (P5).
    """

    version: dt.date
    title: Annotated[str, Field(min_length=3, max_length=80)]
    hours: week.WeekHours
    public_holidays: bool
    caps: tuple[Cap, ...] = Field(min_length=1)
    needs_opt_in: frozenset[Medium]
    stop_words: frozenset[Annotated[str, Field(min_length=2, max_length=40)]] = Field(min_length=1)
    disclosures: Disclosures
    holds_by_law: frozenset[HoldKind]
    hold_days: dict[HoldKind, HoldDays]
    after_treatment_days: HoldDays
    kept_years: int = Field(ge=1, le=30)
    plans: PlanDuties
    sources: dict[str, Annotated[str, Field(min_length=3)]]

    @model_validator(mode="after")
    def _sourced(self) -> Jurisdiction:
        sourced = [key for key in type(self).model_fields if key not in ("version", "title", "sources")]
        if unsaid := [key for key in sourced if key not in self.sources]:
            raise ValueError(f"sources needs {unsaid[0]}: where it comes from, or that it is your own choice")
        if unknown := sorted(set(self.sources) - set(sourced)):
            raise ValueError(f"sources.{unknown[0]} is the source of no key")
        return self

    @model_validator(mode="after")
    def _c1(self) -> Jurisdiction:
        for day, (start, end) in self.hours.items():
            if start < 8 * 60 or end > 21 * 60:
                raise ValueError(f"hours.{day} must lie within 08:00-21:00 (C1)")
        return self

    @model_validator(mode="after")
    def _c9(self) -> Jurisdiction:
        if HoldKind.DISPUTE in self.hold_days:
            raise ValueError("hold_days.dispute: a dispute ends when a person has looked at it, on no day (C9)")
        return self

    def last_day(self, kind: HoldKind, first: dt.date) -> dt.date | None:
        """The last day of a hold of `kind` that binds from `first` on; None where it has no end."""
        days = self.hold_days.get(kind)
        return first + dt.timedelta(days=days - 1) if days else None


def strictest(packs: Sequence[Jurisdiction]) -> Jurisdiction:
    """What satisfies every one of `packs`: for a customer whose country nobody has chosen one for. At least one."""
    days = set.intersection(*(set(pack.hours) for pack in packs))
    spans = {day: [pack.hours[day] for pack in packs] for day in sorted(days)}
    hours = {day: (max(start for start, _ in each), min(end for _, end in each)) for day, each in spans.items()}
    caps = {cap for pack in packs for cap in pack.caps}
    ending = set.intersection(*(set(pack.hold_days) for pack in packs))
    return Jurisdiction.model_construct(
        version=max(pack.version for pack in packs),
        title="the strictest of each",
        hours={day: span for day, span in hours.items() if span[0] < span[1]},
        public_holidays=all(pack.public_holidays for pack in packs),
        caps=tuple(sorted(caps, key=lambda cap: (cap.days, cap.messages))),
        needs_opt_in=frozenset(medium for pack in packs for medium in pack.needs_opt_in),
        stop_words=frozenset(word for pack in packs for word in pack.stop_words),
        disclosures=together([pack.disclosures for pack in packs]),
        holds_by_law=frozenset(kind for pack in packs for kind in pack.holds_by_law),
        hold_days={kind: max(pack.hold_days[kind] for pack in packs) for kind in HoldKind if kind in ending},
        after_treatment_days=max(pack.after_treatment_days for pack in packs),
        kept_years=max(pack.kept_years for pack in packs),
        plans=_duties([pack.plans for pack in packs]),
        sources={},
    )


def _duties(each: Sequence[PlanDuties]) -> PlanDuties:
    bounds = [one.at_most_months for one in each if one.at_most_months is not None]
    # One may ask for longer plans than another allows: the start says so, since `plans.yml` cannot do both.
    return PlanDuties.model_construct(
        at_least_months=max(one.at_least_months for one in each),
        at_most_months=min(bounds, default=None),
        counter_offers=min(one.counter_offers for one in each),
        advice=any(one.advice for one in each),
    )
