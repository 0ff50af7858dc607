"""Hours of the law in every zone where a customer may be: where zones conflict, what they share (C1). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Set
from zoneinfo import ZoneInfo

from bot.policies import Jurisdiction, week

SEARCHED_DAYS = 21


def is_open(at: dt.datetime, zones: Iterable[str], country: str, law: Jurisdiction) -> bool:
    """Whether `at` (aware) lies within the hours of `law` in each of `zones` (IANA). Without a zone it never does."""
    locals_ = [at.astimezone(ZoneInfo(zone)) for zone in zones]
    return bool(locals_) and all(_is_open_there(local, country, law) for local in locals_)


def next_open(at: dt.datetime, zones: Set[str], country: str, law: Jurisdiction) -> dt.datetime | None:
    """The first instant (UTC) from `at` on that is open; None where the next three weeks hold none."""
    if is_open(at, zones, country, law):
        return at.astimezone(dt.UTC)
    starts = sorted(start for zone in zones for start in _starts(at, ZoneInfo(zone), law) if start > at)
    return next((start for start in starts if is_open(start, zones, country, law)), None)


def closes_at(at: dt.datetime, zones: Iterable[str], law: Jurisdiction) -> dt.datetime | None:
    """When (UTC) the hours that are open at `at` end in the first of `zones`; None where one is closed all day."""
    ends = []
    for zone in map(ZoneInfo, zones):
        day = at.astimezone(zone).date()
        hours = week.on(law.hours, day)
        if hours is None:
            return None
        ends.append(dt.datetime.combine(day, dt.time(), zone) + dt.timedelta(minutes=hours[1]))
    return min((end.astimezone(dt.UTC) for end in ends), default=None)


def _starts(at: dt.datetime, zone: ZoneInfo, law: Jurisdiction) -> Iterable[dt.datetime]:
    """When the days of `zone` open: what is open in all zones begins when one of them opens."""
    first = at.astimezone(zone).date()
    for day in (first + dt.timedelta(days=ahead) for ahead in range(SEARCHED_DAYS)):
        hours = week.on(law.hours, day)
        if hours is not None:
            yield dt.datetime.combine(day, dt.time(*divmod(hours[0], 60)), zone).astimezone(dt.UTC)


def _is_open_there(local: dt.datetime, country: str, law: Jurisdiction) -> bool:
    hours = week.on(law.hours, local.date())
    if hours is None or (not law.public_holidays and _is_holiday(local.date(), country)):
        return False
    return hours[0] <= local.hour * 60 + local.minute < hours[1]


def _is_holiday(day: dt.date, country: str) -> bool:
    return week.has_calendar(country) and day in week.calendar(country, day.year)
