"""Reading a day by its weekday: "next Friday", "a week on Tuesday", "Monday next week", "the first Friday of April".

Pure functions over words that `figures` has made plain, with numbers in figures.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAME = r"(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|" + "|".join(_DAYS) + ")"
_WEEKDAY = re.compile(
    rf"\b(?P<which>next|this|coming|this coming)?\s*(?P<day>{_NAME})\b(?P<later>\s+(?:week|wk|fort ?night|"
    rf"after next)\b)?"
)
_SHORT = ("mon", "wed", "sat", "sun")  # words of their own: "we sat in the sun" names no day
_LEADS_TO_DAY = re.compile(r"(?:^|\b(?:on|by|until|till|before|after|maybe|say|from|or|and))\s*$")
_WEEKS_ON = re.compile(
    rf"\b(?:(?P<count>\d|an?)\s+)?(?P<unit>weeks?|fort ?nights?)\s+"
    rf"(?:(?:on|from|come|this|after)\s+(?:this |next )?(?P<day>{_NAME})|(?:from\s+)?(?P<tomorrow>tomorrow))\b"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IN_MONTH = re.compile(
    rf"\b(?P<place>[1-4]st|[1-4]nd|[1-4]rd|4th|first|second|third|fourth|last)\s+(?P<day>{_NAME})\s+"
    rf"(?:(?:of|in)\s+)?(?P<month>(?:the |this |next )?month|(?:{'|'.join(_MONTHS)})\w*)\b"
)
_PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4}


def named(words: str) -> set[int]:
    """The weekdays that `words` name, Monday 0."""
    return {_index(found["day"]) for found in _WEEKDAY.finditer(words)}


def coming(words: str, today: dt.date) -> set[dt.date]:
    """The next days of the weekdays that are named; "next Friday" said on a Monday is the Friday of the week after."""
    return {_coming(words, found, today) for found in _WEEKDAY.finditer(words) if _is_meant(words, found)}


def weeks_on(words: str, today: dt.date) -> set[dt.date]:
    """A week or more after the next such day: "a week on Tuesday", "2 weeks from Friday"."""
    days = set()
    for found in _WEEKS_ON.finditer(words):
        count = int(found["count"]) if (found["count"] or "").isdigit() else 1
        weeks = count * (2 if found["unit"].startswith("fort") else 1)
        start = today + dt.timedelta(days=1 if found["tomorrow"] else _ahead(found["day"], today))
        days.add(start + dt.timedelta(weeks=weeks))
    return days


def in_month(words: str, today: dt.date) -> set[dt.date]:
    """The so-manieth such day of a month that is to come: "the last Friday of the month"."""
    days = set()
    for found in _IN_MONTH.finditer(words):
        place = -1 if found["place"] == "last" else _PLACES.get(found["place"]) or int(found["place"][0])
        months = _months(found["month"], today)
        such = [_such_day(month, _index(found["day"]), place) for month in months]
        days.add(next((day for day in such if day >= today), such[-1]))
    return days


def months_later(day: dt.date, count: int) -> dt.date:
    """The same day of the month, `count` months on; the last one where the month is shorter."""
    years, month = divmod(day.month - 1 + count, 12)
    last = calendar.monthrange(day.year + years, month + 1)[1]
    return dt.date(day.year + years, month + 1, min(day.day, last))


def _is_meant(words: str, found: re.Match[str]) -> bool:
    if found["day"] not in _SHORT or found["which"] or re.match(r"\s+\d", words[found.end() :]):
        return True
    return bool(_LEADS_TO_DAY.search(words[: found.start()]))


def _coming(words: str, found: re.Match[str], today: dt.date) -> dt.date:
    ahead = _ahead(found["day"], today)
    weeks = 2 if re.search(r"\bweek after next\b", words) else 1
    if weeks == 2 or (re.search(r"\bnext (?:week|wk)\b", words) and found["which"] != "next"):
        monday = today - dt.timedelta(days=today.weekday())
        return monday + dt.timedelta(weeks=weeks, days=_index(found["day"]))
    later = found["later"] or ""
    if (found["which"] == "next" and today.weekday() + ahead < 7) or later:
        ahead += 14 if "fort" in later else 7
    return today + dt.timedelta(days=ahead)


def _ahead(day: str, today: dt.date) -> int:
    """Days until the next such day; a week where it is such a day today."""
    return (_index(day) - today.weekday()) % 7 or 7


def _index(day: str) -> int:
    return next(index for index, name in enumerate(_DAYS) if name.startswith(day[:3]))


def _months(said: str, today: dt.date) -> list[dt.date]:
    first = today.replace(day=1)
    if said.startswith("next"):
        return [months_later(first, 1)]
    if said.endswith("month"):
        return [first, months_later(first, 1)]
    month = _MONTHS.index(said[:3]) + 1
    return [first.replace(month=month), first.replace(month=month, year=first.year + 1)]


def _such_day(month: dt.date, weekday: int, place: int) -> dt.date:
    last = calendar.monthrange(month.year, month.month)[1]
    days = [month.replace(day=day) for day in range(1, last + 1) if month.replace(day=day).weekday() == weekday]
    return days[-1] if place == -1 else days[place - 1]
