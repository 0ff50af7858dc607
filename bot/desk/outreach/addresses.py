"""Addresses of the pages about outreach. They hold dates, names of channels, kinds and rules; nothing of customers."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from bot.desk.insights.period import Period
from bot.desk.outreach.choice import Choice
from bot.desk.outreach.reminded import Part

ROOT = "/desk/outreach"


def overview(choice: Choice, month: dt.date | None = None) -> str:
    """The page with the calendar, of `month` (any day of it), and the numbers."""
    asked = choice.query()
    if month is not None:
        asked["month"] = f"{month:%Y-%m}"
    return f"{ROOT}?{urlencode(asked)}"


def rows(part: Part, page: int = 1, *, csv: bool = False) -> str:
    """The list behind a number."""
    asked = part.choice.query()
    if part.states:
        asked["state"] = ",".join(part.states)
    if part.rule is not None:
        asked["rule"] = part.rule
    if part.came is not None:
        asked["came"] = part.came
    if page > 1:
        asked["page"] = str(page)
    return f"{ROOT}/rows{'.csv' if csv else ''}?{urlencode(asked)}"


def table(name: str, choice: Choice) -> str:
    """A table of the page as a file."""
    return f"{ROOT}/tables/{name}.csv?{urlencode(choice.query())}"


def day(choice: Choice, date: dt.date) -> Choice:
    """The same choice for one day."""
    return choice.within(Period(date, date, choice.period.zone))


def plan(date: dt.date) -> str:
    """The dry run of a day."""
    return f"{ROOT}/plan?{urlencode({'on': date.isoformat()})}"
