"""The rules as the judge knows them, written from the rules themselves (`rules.md` C1, C2, K10) and from the operator's
own files, which it reads as they stand on disk; nothing of the product decides here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import yaml

from benchmarks.outreach_year.places import PACKS
from benchmarks.outreach_year.story import Person

POLICIES = Path(__file__).resolve().parents[2] / "policies"
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# C1: whatever an operator's file says, nothing before eight and nothing from nine in the evening on.
FIRST, LAST = 8 * 60, 21 * 60
# C2: so many messages in so many days, on all media together.
CAPS = ((1, dt.timedelta(days=1)), (3, dt.timedelta(days=7)), (7, dt.timedelta(days=30)))
# K10: the steps of each kind, in days from its date, and how long each may be made up for.
STEPS = {
    "invoice": (-3, -1, 0, 3, 7, 14, 30, 60),
    "instalment": (-3, -1, 0, 1),
    "promise": (-1, 1),
    "plan_behind": (0,),
    "plan_completed": (0,),
    "anniversary": (0,),
}
MADE_UP = 3
HAPPENED = ("plan_behind", "plan_completed", "anniversary")
# Cadences pause by themselves: so long after the customer wrote, paid, or spoke of a plan.
ANSWERED, PAID, TALKED = dt.timedelta(days=2), dt.timedelta(days=3), dt.timedelta(days=2)
# Media on which somebody must have said yes first (C14, and the US and Brazil on SMS).
NEEDS_YES = {"US": ("sms", "whatsapp"), "PR": ("sms", "whatsapp"), "BR": ("sms", "whatsapp"), "GB": ("whatsapp",)}
STRICTEST_YES = ("sms", "whatsapp")


@dataclass(frozen=True, slots=True)
class Hours:
    """When messages may begin, by weekday (minutes after midnight); `holidays` says whether on public holidays too."""

    days: dict[str, tuple[int, int]]
    holidays: bool


def last_day(kind: str, step: int) -> int:
    """The last day on which `step` may still go, in days from its date: never the next step's, and what is ahead keeps
    its day."""
    later = [one for one in STEPS[kind] if one > step]
    last = step + (MADE_UP if step > 0 or kind in HAPPENED else 0)
    return min(last, later[0] - 1) if later else last


def is_open(person: Person, at: dt.datetime) -> bool:
    """Whether something may be begun at `at` wherever they may be: where they live, and where their number is from."""
    hours = _hours(person.place.country)
    zones = {person.zone(at)} | ({person.place.zone} if person.phone else set())
    return all(_is_open_in(hours, person.place.country, at.astimezone(ZoneInfo(zone))) for zone in zones)


def needs_yes(person: Person, medium: str) -> bool:
    """Whether they must have said yes to `medium`."""
    return medium in NEEDS_YES.get(person.place.country, STRICTEST_YES)


def _is_open_in(hours: Hours, country: str, local: dt.datetime) -> bool:
    span = hours.days.get(WEEK[local.weekday()])
    minute = local.hour * 60 + local.minute
    if span is None or not max(span[0], FIRST) <= minute < min(span[1], LAST):
        return False
    return hours.holidays or local.date() not in _calendar(country, local.year)


@cache
def _calendar(country: str, year: int) -> Any:
    return holidays.country_holidays(country, years=year)


@cache
def _hours(country: str) -> Hours:
    """Those of the country's file; where there is none, what all files allow."""
    names = [PACKS[country]] if country in PACKS else list(PACKS.values())
    read = [_read(name) for name in names]
    days = {day: [one.days[day] for one in read] for day in WEEK if all(day in one.days for one in read)}
    spans = {day: (max(start for start, _ in each), min(end for _, end in each)) for day, each in days.items()}
    return Hours(spans, all(one.holidays for one in read))


def _read(name: str) -> Hours:
    kept = yaml.safe_load((POLICIES / "jurisdictions" / f"{name}.yml").read_text())
    return Hours({day: _span(span) for day, span in kept["hours"].items()}, kept["public_holidays"])


def _span(span: str) -> tuple[int, int]:
    start, end = (int(clock[:-3]) * 60 + int(clock[-2:]) for clock in span.split("-"))
    return start, end
