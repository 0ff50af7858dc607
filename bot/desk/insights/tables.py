"""What a section of the page is made of: figures, charts and tables of numbers that lead to their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """`text` is what a page shows, `value` what a file holds, `href` where the rows behind it are."""

    text: str
    value: Value
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is unique among all tables; the first cell of each row says what the row is about."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that matters, what it is made of, and what it was in the period before."""

    label: str
    text: str
    note: str
    before: str
    href: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of a table beside it. `legend` names its colours in their order, when there are several."""

    title: str
    svg: Markup
    legend: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page. `lead` says in a sentence what is counted."""

    name: str
    title: str
    lead: str
    figures: Sequence[Figure]
    tables: Sequence[Table]
    charts: Sequence[Chart] = field(default_factory=tuple)


def words(text: str) -> Cell:
    """A cell of words."""
    return Cell(text, text)


def plain(text: str, value: Value) -> Cell:
    """A number that is made of others beside it, such as a share."""
    return Cell(text, value)
