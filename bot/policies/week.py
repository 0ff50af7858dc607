"""Hours by weekday, and public holidays, as policies write them."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Annotated, Any

import holidays
from pydantic import BeforeValidator

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)")


def _in_minutes(given: Any) -> Any:
    if not isinstance(given, dict) or not set(given) <= set(WEEKDAYS):
        raise ValueError(f"hours by {', '.join(WEEKDAYS)} are expected")
    return {day: _minutes(str(span)) for day, span in given.items()}


# Minutes after midnight, from and to, by weekday; a day that is left out is closed.
WeekHours = Annotated[dict[str, tuple[int, int]], BeforeValidator(_in_minutes)]


def on(hours: WeekHours, day: dt.date) -> tuple[int, int] | None:
    """What `hours` say of `day`; None where it is closed."""
    return hours.get(WEEKDAYS[day.weekday()])


def has_calendar(name: str) -> bool:
    """Whether the public holidays of `name` (ISO 3166, or US-CA) are known."""
    try:
        calendar(name, 2026)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=256)
def calendar(name: str, year: int) -> holidays.HolidayBase:
    """The public holidays of `name` in `year`. Raises `NotImplementedError` where they are not known."""
    country, _, part = name.partition("-")
    return holidays.country_holidays(country, subdiv=part or None, years=year)


def _minutes(span: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(span)
    if found is None:
        raise ValueError("opening hours like 08:00-17:30 are expected")
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if not 0 <= start < end <= 24 * 60:
        raise ValueError("opening hours begin before they end, within one day")
    return start, end
