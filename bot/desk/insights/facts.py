"""The rows behind a number, as one query: counted, summed, measured and listed by the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.insights.filters import Filters
from bot.desk.insights.instants import week
from bot.models import Conversation

NOWHERE = ""  # the channel and the language of what belongs to no conversation


@dataclass(frozen=True, slots=True)
class Cell:
    """`count` rows whose values sum to `total`. `key` holds what they share, in the order in which it was asked for."""

    key: tuple[Any, ...]
    count: int
    total: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Of `count` values the median and the 90th percentile, by nearest rank."""

    count: int
    median: int
    p90: int


class Fact(NamedTuple):
    """A row. `at` is an instant, or a day where the thing has one. What `part`, `kind` and `value` mean is the topic's
    to say; `text` is what a customer wrote."""

    id: uuid.UUID | int
    at: Any
    conversation_id: uuid.UUID | None
    channel: str
    language: str
    part: str
    kind: str
    value: Any
    text: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All rows of a topic within `filters`."""

    rows: sa.Subquery
    filters: Filters

    def cells(self, session: Session, *by: str) -> list[Cell]:
        """Counts and sums by the columns named, and by `week` (a number, see `Period.weeks`), in one query."""
        # Grouped by columns, never by expressions: a bound value is another one each time that it is written.
        number = [week(self.rows.c.at, self.filters.period).label("week")] if "week" in by else []
        rows = sa.select(self.rows, *number).subquery() if number else self.rows
        keys = [rows.c[name] for name in by]
        total = sa.func.coalesce(sa.func.sum(rows.c.value), 0)
        found = session.execute(sa.select(*keys, sa.func.count(), total).select_from(rows).group_by(*keys))
        return [Cell(tuple(row[:-2]), row[-2], int(row[-1])) for row in found]

    def spreads(self, session: Session, *by: str) -> dict[tuple[Any, ...], Spread]:
        """Median and 90th percentile of the values that there are, by the columns named."""
        c = self.rows.c
        keys = [c[name] for name in by]
        number = sa.func.row_number().over(partition_by=keys or None, order_by=c.value).label("number")
        count = sa.func.count().over(partition_by=keys or None).label("count")
        ranked = sa.select(*keys, c.value, number, count).where(c.value.is_not(None)).subquery()
        groups = [ranked.c[name] for name in by]
        median, p90 = (_ranked(ranked, percent) for percent in (50, 90))
        found = session.execute(sa.select(*groups, ranked.c.count, median, p90).group_by(*groups, ranked.c.count))
        return {tuple(row[:-3]): Spread(*(int(value) for value in row[-3:])) for row in found}

    def only(self, parts: Sequence[str], kind: str | None) -> Facts:
        """Those of the `parts` (all without any) and of the `kind` (any without one)."""
        wanted: list[sa.ColumnElement[bool]] = [self.rows.c.part.in_(parts)] if parts else []
        if kind is not None:
            wanted.append(self.rows.c.kind == kind)
        return Facts(sa.select(self.rows).where(*wanted).subquery(), self.filters) if wanted else self

    def count(self, session: Session) -> int:
        """How many rows there are."""
        return session.scalar(sa.select(sa.func.count()).select_from(self.rows)) or 0

    def page(self, session: Session, first: int, most: int) -> tuple[list[Fact], int]:
        """At most `most` rows after the `first` newest ones, and how many there are in all, by one query."""
        counted = self._listed().add_columns(sa.func.count().over())
        found = session.execute(counted.offset(first).limit(most)).all()
        return [Fact(*row[:-1]) for row in found], found[0][-1] if found else self.count(session)

    def all(self, session: Session) -> Iterator[Fact]:
        """Every row, the newest first, a thousand held at a time."""
        for row in session.execute(self._listed().execution_options(yield_per=1_000)):
            yield Fact(*row)

    def _listed(self) -> sa.Select[Any]:
        c = self.rows.c
        return sa.select(*(c[name] for name in Fact._fields)).order_by(c.at.desc(), c.id.desc(), c.value)


def row(
    *,
    id: Any,
    at: Any,
    part: Any,
    kind: Any = None,
    value: Any = None,
    text: Any = None,
    conversation_id: Any = Conversation.id,
) -> Sequence[sa.ColumnElement[Any]]:
    """The columns of a fact, beside an (outer) joined conversation."""
    return (
        id.label("id"),
        at.label("at"),
        conversation_id.label("conversation_id"),
        sa.func.coalesce(Conversation.channel, NOWHERE).label("channel"),
        sa.func.coalesce(language(), NOWHERE).label("language"),
        part.label("part"),
        (sa.literal("") if kind is None else kind).label("kind"),
        (sa.cast(sa.null(), sa.BigInteger) if value is None else value).label("value"),
        (sa.cast(sa.null(), sa.Text) if text is None else text).label("text"),
    )


def chosen(filters: Filters) -> list[sa.ColumnElement[bool]]:
    """The conditions on the conversation."""
    conditions: list[sa.ColumnElement[bool]] = []
    if filters.channel:
        conditions.append(Conversation.channel == filters.channel)
    if filters.language:
        conditions.append(language() == filters.language)
    return conditions


def language() -> sa.ColumnElement[str]:
    """The language of a conversation: its locale up to the first mark, two letters or three."""
    third = sa.func.substr(Conversation.locale, 3, 1)
    letters = sa.case((third.in_(("", "-", "_")), 2), else_=3)
    return sa.func.lower(sa.func.substr(Conversation.locale, 1, letters))


def _ranked(ranked: sa.Subquery, percent: int) -> sa.ColumnElement[Any]:
    rank = (ranked.c.count * percent + 99) // 100
    return sa.func.max(sa.case((ranked.c.number == rank, ranked.c.value)))
