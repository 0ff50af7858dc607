"""What a supervisor wants to look at: a period, one channel or all, one language or all."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import available_timezones

from bot import policies
from bot.desk.insights.period import Period
from bot.errors import InvalidInput
from bot.models import Channel

USUAL_DAYS = 28
DAYS_MOST = 731
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)

_LANGUAGE = re.compile("[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class Filters:
    """`channel` and `language` (ISO 639, as in the beginning of a conversation's locale) are None for all."""

    period: Period
    channel: Channel | None = None
    language: str | None = None

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filters:
        """From an address: `from`, `to` (ISO 8601 days), `zone`, `channel`, `language`, each of which may be missing or
        empty. Without days the last four weeks, without a zone the desk's own. Raises `InvalidInput`."""
        zone = given.get("zone") or policies.desk().time_zone
        if zone not in available_timezones():
            raise InvalidInput("A time zone like America/New_York is expected.")
        usual = Period.latest(USUAL_DAYS, zone)
        last = _day(given.get("to")) or usual.last
        first = _day(given.get("from")) or last - dt.timedelta(days=USUAL_DAYS - 1)
        if first > last:
            raise InvalidInput("The first day comes after the last. Swap them and try again.")
        if (last - first).days >= DAYS_MOST:
            raise InvalidInput(f"Please choose {DAYS_MOST} days at most.")
        return cls(Period(first, last, zone), _channel(given.get("channel")), _language(given.get("language")))

    @classmethod
    def usual(cls) -> Filters:
        """What is shown when nothing is asked for."""
        return cls.read({})

    @property
    def before(self) -> Filters:
        """The same for the period before."""
        return replace(self, period=self.period.before)

    def within(self, period: Period) -> Filters:
        """The same for a part of the period."""
        return replace(self, period=period)

    def of(self, **chosen: Any) -> Filters:
        """The same for one `channel` or `language`."""
        return replace(self, **chosen)

    def query(self) -> dict[str, str]:
        """As `read` takes it."""
        period = self.period
        asked = {"from": period.first.isoformat(), "to": period.last.isoformat(), "zone": period.zone}
        return asked | {name: value for name in ("channel", "language") if (value := getattr(self, name))}


def _day(given: str | None) -> dt.date | None:
    if not given:
        return None
    try:
        day = dt.date.fromisoformat(given)
    except ValueError as error:
        raise InvalidInput("A day like 2026-03-31 is expected.") from error
    if not EARLIEST <= day <= LATEST:
        raise InvalidInput(f"A day from {EARLIEST.isoformat()} to {LATEST.isoformat()} is expected.")
    return day


def _channel(given: str | None) -> Channel | None:
    if not given:
        return None
    if given not in list(Channel):
        raise InvalidInput(f"The channel is one of {', '.join(Channel)}.")
    return Channel(given)


def _language(given: str | None) -> str | None:
    if given and not _LANGUAGE.fullmatch(given):
        raise InvalidInput("A language like en is expected.")
    return given or None
