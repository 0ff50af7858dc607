"""A span of whole days in one time zone, the same span before it, and its weeks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot import clock

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Period:
    """The days `first` to `last`, both included, as they are in the IANA time zone `zone`."""

    first: dt.date
    last: dt.date
    zone: str

    @classmethod
    def latest(cls, days: int, zone: str) -> Period:
        """The `days` up to today, in `zone`."""
        today = clock.today(zone)
        return cls(today - dt.timedelta(days=days - 1), today, zone)

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def since(self) -> dt.datetime:
        """The instant at which it begins, in UTC."""
        return self._midnight(self.first)

    @property
    def until(self) -> dt.datetime:
        """The instant at which it is over: no longer part of it."""
        return self._midnight(self.last + dt.timedelta(days=1))

    @property
    def before(self) -> Period:
        """As many days, up to the day before it."""
        days = dt.timedelta(days=self.days)
        return Period(self.first - days, self.last - days, self.zone)

    @property
    def monday(self) -> dt.date:
        """The Monday of the week in which it begins, on that day or before it."""
        return self.first - dt.timedelta(days=self.first.weekday())

    @property
    def weeks(self) -> list[Period]:
        """Its weeks, Monday to Sunday; the first and the last as far as they are within."""
        count = (self.last - self.monday).days // 7 + 1
        return [self._within(self.monday + WEEK * number) for number in range(count)]

    def offsets(self) -> list[tuple[dt.datetime, int]]:
        """The zone's seconds ahead of UTC from `since` on: from which instant on, how many."""
        found = [(self.since, self._ahead(self.since))]
        at = self.since
        while at < self.until:
            then = min(at + dt.timedelta(days=1), self.until)
            if self._ahead(then) != found[-1][1]:
                found.append((self._change(at, then), self._ahead(then)))
            at = then
        return found

    def _within(self, monday: dt.date) -> Period:
        sunday = monday + dt.timedelta(days=6)
        return Period(max(monday, self.first), min(sunday, self.last), self.zone)

    def _midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), ZoneInfo(self.zone)).astimezone(dt.UTC)

    def _ahead(self, at: dt.datetime) -> int:
        return int((at.astimezone(ZoneInfo(self.zone)).utcoffset() or dt.timedelta()).total_seconds())

    def _change(self, early: dt.datetime, late: dt.datetime) -> dt.datetime:
        """The first second after `early`, up to `late`, at which the zone's clocks show what they show at `late`."""
        while late - early > dt.timedelta(seconds=1):
            middle = early + dt.timedelta(seconds=(late - early) // dt.timedelta(seconds=2))
            early, late = (early, middle) if self._ahead(middle) == self._ahead(late) else (middle, late)
        return late
