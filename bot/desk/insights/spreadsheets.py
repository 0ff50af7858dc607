"""Tables and lists as CSV (RFC 4180), safe to open in a spreadsheet.

A text that begins like a formula gets an apostrophe in front, which spreadsheets take for "this is text". Numbers are
written as numbers, below zero too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from bot.desk.insights import listing
from bot.desk.insights.facts import Fact
from bot.desk.insights.tables import Table, Value
from bot.desk.insights.topics import Topic

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def of_table(table: Table) -> str:
    """What the page shows, with whole numbers, seconds and exact decimals."""
    return _written([table.columns, *([cell.value for cell in row] for row in table.rows)])


def of_rows(topic: Topic, facts: Iterable[Fact]) -> str:
    """The rows behind a number: ids, instants in UTC, no name and nothing that was said."""
    headings = ("At", "Conversation", "Channel", "Language", *(heading for heading in topic.headings if heading))
    return _written([headings, *(listing.values(topic, fact) for fact in facts)])


def _written(rows: Iterable[Sequence[Value]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_safe(value) for value in row] for row in rows)
    return text.getvalue()


def _safe(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) and not _is_number(value) else value


def _is_number(text: str) -> bool:
    """An amount that we wrote ourselves."""
    return text.removeprefix("-").replace(".", "", 1).isdecimal() and text.isascii()
