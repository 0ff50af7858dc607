"""Reading a part of a month: "end of the month", "mid March", "the beginning of April". Pure functions over words that
`figures` has made plain, with numbers in figures.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from actions.reading.weekdays import months_later

MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september|"
    r"october|november|december)"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_END = re.compile(r"\b(?:end|last day|close) of (?:the |this )?(next )?month\b|\bmonth'?s? end\b|\bend of next month\b")
_FIRST = re.compile(
    r"\b(?:the )?(?:first|1st|beginning|start) of (?:the |next )?month\b|\b(?:the )?first of next month\b"
)
_MIDDLE = re.compile(r"\b(?:middle of|mid)[ -](?:the |this )?(next )?month\b")
_PART_OF = re.compile(
    rf"\b(end|last day|start|beginning|first day|1st day|middle|mid)(?:-|\s+of\s+|"
    rf"\s+)(?:the\s+month\s+of\s+)?({MONTH})\b"
)


def named(words: str, today: dt.date) -> set[dt.date]:
    """The days that `words` name as parts of months: the first, the 15th, the last."""
    found = set()
    for match in _END.finditer(words):
        month = months_later(today, 1) if "next" in match[0] else today
        found.add(_last_of(month))
    if _FIRST.search(words):
        found.add(months_later(today, 1).replace(day=1))
    if middle := _MIDDLE.search(words):
        day = (months_later(today, 1) if middle[1] else today).replace(day=15)
        found.add(day if day >= today else months_later(day, 1))
    for match in _PART_OF.finditer(words):
        found.add(_part_of(match[1], _MONTHS.index(match[2][:3]) + 1, today))
    return found


def alone(words: str, today: dt.date) -> dt.date | None:
    """The first day of the next month of that name with which `words` begin: "in february"."""
    found = re.match(rf"\W*(?:in |the month of )?({MONTH})\b(?!\W*\d)", words)
    if found is None:
        return None
    month = _MONTHS.index(found[1][:3]) + 1
    return dt.date(today.year + (month <= today.month), month, 1)


def _part_of(part: str, month: int, today: dt.date) -> dt.date:
    first = today.replace(month=month, day=1)
    days = (first, first.replace(year=today.year + 1)) if today.year < dt.MAXYEAR else (first,)
    middle = 15 if part.startswith("mid") else 1
    named = [_last_of(day) if part in ("end", "last day") else day.replace(day=middle) for day in days]
    return next((day for day in named if day >= today), named[-1])


def _last_of(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
