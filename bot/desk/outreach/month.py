"""A month as a calendar: how many went out, wait and were skipped on each day, and the days that can be planned."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from babel.dates import format_date
from sqlalchemy.orm import Session

from bot import clock
from bot.desk.identity import DESK_LOCALE
from bot.desk.insights import numbers
from bot.desk.insights.filters import EARLIEST, LATEST
from bot.desk.insights.period import Period
from bot.desk.outreach import addresses, reminded
from bot.desk.outreach.choice import Choice
from bot.desk.outreach.reminded import Part, State
from bot.desk.outreach.words import STATES
from bot.errors import InvalidInput

SHOWN = (State.SENT, State.WAITING, State.SKIPPED)

_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Count:
    """So many of one state on one day."""

    state: State
    word: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Day:
    """`plan` is where the dry run of a day to come is."""

    date: dt.date
    name: str
    counts: list[Count]
    is_today: bool
    plan: str | None


@dataclass(frozen=True, slots=True)
class Month:
    """`blanks` days of the first week belong to the month before."""

    title: str
    blanks: int
    days: list[Day]
    before: str
    after: str

    @property
    def has_any(self) -> bool:
        """Whether there is anything on any of its days."""
        return any(day.counts or day.plan for day in self.days)


def read(given: str | None, choice: Choice) -> dt.date:
    """The first day of the month asked for, else of that in which the period ends. Raises `InvalidInput`."""
    if not given:
        return choice.period.last.replace(day=1)
    try:
        first = dt.date.fromisoformat(f"{given}-01") if _MONTH.fullmatch(given) else None
    except ValueError:
        first = None
    if first is None or not EARLIEST <= first < LATEST:
        raise InvalidInput("A month like 2026-03 is expected.")
    return first


def month(session: Session, choice: Choice, first: dt.date) -> Month:
    """The month that begins on `first`, by the clocks of the period's zone."""
    zone = choice.period.zone
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    counts = reminded.days(session, choice.within(Period(first, last, zone)))
    today = clock.today(zone)
    days = [
        Day(
            date,
            _name(date),
            _counts(choice, date, counts),
            date == today,
            addresses.plan(date) if date > today else None,
        )
        for date in (first + dt.timedelta(days=number) for number in range(last.day))
    ]
    return Month(
        format_date(first, "MMMM y", locale=DESK_LOCALE.replace("-", "_")),
        first.weekday(),
        days,
        addresses.overview(choice, first - dt.timedelta(days=1)),
        addresses.overview(choice, last + dt.timedelta(days=1)),
    )


def _name(date: dt.date) -> str:
    return format_date(date, "EEEE, MMMM d", locale=DESK_LOCALE.replace("-", "_"))


def _counts(choice: Choice, date: dt.date, counts: dict[tuple[int, str], int]) -> list[Count]:
    on = addresses.day(choice, date)
    return [
        Count(state, STATES[state].lower(), numbers.count(number), addresses.rows(Part(on, (state,))))
        for state in SHOWN
        if (number := counts.get((date.day - 1, state), 0))
    ]
