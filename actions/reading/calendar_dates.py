"""Reading calendar dates: "Dec 3", "the 3rd of December", "3/4", "2026-12-03". A day without a year is the next one.

Pure functions over words that `figures` has made plain.
"""

from __future__ import annotations

import datetime as dt
import re

import dateparser

from actions.reading.month_parts import MONTH

CALENDAR = re.compile(
    rf"\b\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}\b"
    rf"|(?<![\d/.,-])\d{{1,2}}(?:/\d{{1,2}}(?:/(?:\d{{4}}|\d{{2}}))?|\.\d{{1,2}}\.(?:\d{{4}}|\d{{2}})|"
    rf"-\d{{1,2}}-\d{{4}})"
    rf"(?![\d/.,-]\d)\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?\s+{MONTH}\b\.?(?:,?\s+20\d{{2}}\b)?"
    rf"|\b{MONTH}\b\.?\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+20\d{{2}}\b)?"
)


def named(words: str, today: dt.date, locale: str) -> set[dt.date]:
    """The calendar dates that `words` name; `locale` says whether 3/4 is in March or in April."""
    month_first = locale.replace("_", "-").upper().endswith("-US")
    found = set()
    for match in CALENDAR.finditer(words):
        day = (
            _in_figures(match[0], today, month_first)
            if match[0][-1].isdigit() and not re.search(r"[a-z]", match[0])
            else _in_words(match[0], today)
        )
        if day is not None:
            found.add(day)
    return found


def _in_figures(said: str, today: dt.date, month_first: bool) -> dt.date | None:
    parts = [int(part) for part in re.split(r"[-/.]", said)]
    if parts[0] > 999:
        return _date(*parts)
    first, second, *year = parts
    orders = [(first, second), (second, first)] if month_first else [(second, first), (first, second)]
    for month, day in orders:
        found = _date(_full(year[0]), month, day) if year else _next(today, month, day)
        if found is not None:
            return found
    return None


def _full(year: int) -> int:
    return year + 2000 if year < 100 else year


def _in_words(said: str, today: dt.date) -> dt.date | None:
    said = re.sub(r"\b(?:of|the)\b", " ", said)
    parsed = dateparser.parse(
        re.sub(r"\bsept\b", "sep", said),
        languages=["en"],
        settings={
            "DATE_ORDER": "DMY",
            "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": dt.datetime.combine(today, dt.time()),
        },
    )
    return parsed.date() if isinstance(parsed, dt.datetime) else None


def _next(today: dt.date, month: int, day: int) -> dt.date | None:
    """The next such day from today on; February 29 may be a few years ahead."""
    years = range(today.year, today.year + 9)
    return next((found for year in years if (found := _date(year, month, day)) is not None and found >= today), None)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
