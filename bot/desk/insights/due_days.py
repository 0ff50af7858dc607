"""Days on which something was due, in the zone of whom it was due from: when they were over."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.desk.insights.instants import DAY, seconds
from bot.desk.insights.period import Period
from bot.models import Customer


def over(due_on: Any, period: Period, zones: Iterable[str]) -> sa.ColumnElement[int]:
    """The second at which the day `due_on` is over in the zone of the customer, which is one of `zones`; the day is one
    of the period's."""
    ahead = [(Customer.time_zone == zone, _ahead(due_on, period, zone)) for zone in sorted(zones)]
    return seconds(due_on) + DAY - (sa.case(*ahead, else_=0) if ahead else sa.literal(0))


def _ahead(due_on: Any, period: Period, zone: str) -> sa.ColumnElement[int]:
    """How many seconds the zone is ahead of UTC when the day is over."""
    days = [period.first + dt.timedelta(days=number) for number in range(period.days)]
    runs = itertools.groupby(days, lambda day: _offset(day, zone))
    *earlier, (_, ahead) = [([*run][-1], sa.literal(offset, sa.BigInteger)) for offset, run in runs]
    return sa.case(*[(due_on <= last, offset) for last, offset in earlier], else_=ahead) if earlier else ahead


def _offset(day: dt.date, zone: str) -> int:
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(zone))
    return int((midnight.utcoffset() or dt.timedelta()).total_seconds())
