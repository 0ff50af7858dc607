"""Addresses within the insights. They hold dates, names of channels, languages and lists; nothing of customers."""

from __future__ import annotations

from urllib.parse import urlencode

from bot.desk.insights.filters import Filters

ROOT = "/desk/insights"


def overview(filters: Filters) -> str:
    """The page with all numbers."""
    return f"{ROOT}?{urlencode(filters.query())}"


def rows(topic: str, filters: Filters, *parts: str, kind: str | None = None, page: int = 1, csv: bool = False) -> str:
    """The list behind a number: the rows of a topic, of these `parts` (all without any), of one `kind`."""
    asked = filters.query()
    if parts:
        asked["part"] = ",".join(parts)
    if kind is not None:
        asked["kind"] = kind
    if page > 1:
        asked["page"] = str(page)
    return f"{ROOT}/rows/{topic}{'.csv' if csv else ''}?{urlencode(asked)}"


def table(name: str, filters: Filters) -> str:
    """A table of the page as a file."""
    return f"{ROOT}/tables/{name}.csv?{urlencode(filters.query())}"
