"""Instants and days as seconds, in both databases' SQL, so that they can be reckoned with in a query."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from bot.desk.insights.period import Period

WEEK = 7 * 24 * 3600
DAY = 24 * 3600


class seconds(FunctionElement[int]):
    """Whole seconds since 1970 of an instant, or of the midnight of a day as if it were in UTC."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(seconds, "sqlite")
def _on_sqlite(element: seconds, compiler: Any, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"


@compiles(seconds, "postgresql")
def _on_postgresql(element: seconds, compiler: Any, **options: Any) -> str:
    return f"CAST(floor(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **options)})) AS BIGINT)"


def week(at: sa.ColumnElement[dt.datetime], period: Period) -> sa.ColumnElement[int]:
    """Which of `period.weeks` the instant `at` falls into, from 0; `at` lies within the period."""
    return _since(period.monday, at, period) // WEEK


def day(at: sa.ColumnElement[dt.datetime], period: Period) -> sa.ColumnElement[int]:
    """Which day of the period the instant `at` falls on, from 0; `at` lies within the period."""
    return _since(period.first, at, period) // DAY


def _since(first: dt.date, at: sa.ColumnElement[dt.datetime], period: Period) -> sa.ColumnElement[int]:
    """The seconds from the beginning of the day `first` to `at`, by the clocks of the period's zone."""
    offsets = period.offsets()
    ahead: sa.ColumnElement[int] = sa.literal(offsets[-1][1], sa.BigInteger)
    if len(offsets) > 1:
        spans = itertools.pairwise(offsets)
        ahead = sa.case(*[(at < then, sa.literal(each, sa.BigInteger)) for (_, each), (then, _) in spans], else_=ahead)
    midnight = int(dt.datetime.combine(first, dt.time(), dt.UTC).timestamp())
    return seconds(at) + ahead - midnight
