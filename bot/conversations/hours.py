"""When people are at the desk, by `policies/desk.yml` (C13). Instants in UTC; what is read off the clock is in the
desk's time zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_location, get_timezone_name

from bot import policies
from bot.words import say

LOOKED_AHEAD = 60  # days that are searched for the next opening


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant to another."""

    starts_at: dt.datetime
    ends_at: dt.datetime


def is_open(at: dt.datetime) -> bool:
    """Whether people are there at `at`."""
    return any(span.starts_at <= at < span.ends_at for span in openings(at, days=1))


def next_open(at: dt.datetime) -> dt.datetime | None:
    """The first instant from `at` on at which people are there: `at` itself while they are; None for none in sight."""
    spans = (span for span in openings(at, days=LOOKED_AHEAD) if span.ends_at > at)
    return next((max(at, span.starts_at) for span in spans), None)


def openings(at: dt.datetime, *, days: int) -> list[Span]:
    """The opening hours of the desk's day of `at` and of the days after it, `days` in all."""
    policy = policies.desk()
    first = at.astimezone(policy.zone).date()
    found = []
    for day in (first + dt.timedelta(days=ahead) for ahead in range(days)):
        hours = policy.hours_on(day)
        if hours is not None:
            found.append(Span(*(_instant(day, minute, policy.zone) for minute in hours)))
    return found


def spoken(at: dt.datetime, locale: str, zone: str | None) -> str:
    """`at` for a customer to read, in their IANA `zone`: Monday, November 23 at 8:00 AM. Where none is known, in the
    desk's, which is named then."""
    return say("day_at_time", locale, day=day(at, locale, zone), time=time_of_day(at, locale, zone))


def day(at: dt.datetime, locale: str, zone: str | None) -> str:
    """The day alone, in the same way: Monday, November 23."""
    local = at.astimezone(ZoneInfo(zone) if zone else policies.desk().zone)
    weekday = format_date(local, "EEEE", locale=_babel(locale))
    return say("weekday_day", locale, weekday=weekday, day=format_skeleton("MMMMd", local, locale=_babel(locale)))


def time_of_day(at: dt.datetime, locale: str, zone: str | None) -> str:
    """The time alone, in the same way: 8:00 AM."""
    local = at.astimezone(ZoneInfo(zone) if zone else policies.desk().zone)
    time = format_time(local, format="short", locale=_babel(locale))
    return time if zone else f"{time} {_zone_name(local, _babel(locale))}"


def instant(iso: str) -> dt.datetime:
    """The instant that ISO 8601 text with its offset names."""
    return dt.datetime.fromisoformat(iso).astimezone(dt.UTC)


def _zone_name(local: dt.datetime, locale: Locale) -> str:
    """EST, where this is read; elsewhere a city of the zone: (Nova York)."""
    name = str(get_timezone_name(local, width="short", locale=locale))
    return name if name.isalpha() else f"({get_timezone_location(local, locale=locale, return_city=True)})"


def _babel(locale: str) -> Locale:
    return Locale.parse(locale.replace("_", "-"), sep="-")


def _instant(day: dt.date, minute: int, zone: ZoneInfo) -> dt.datetime:
    """Minutes after midnight as they are read off the clock; 24:00 is the next midnight."""
    ahead, minute = divmod(minute, 24 * 60)
    local = dt.datetime.combine(day + dt.timedelta(days=ahead), dt.time(*divmod(minute, 60)), zone)
    return local.astimezone(dt.UTC)
