"""Reading a day from free text: "friday", "next Friday", "the 15th", "in two weeks", "Dec 3", "end of the month".

Pure functions. A day without a year, month or week is the next one to come. Nothing is guessed: "soon", "payday" or
"when I can" name no day.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

import dateparser
from text_to_num import alpha2digit

LONGEST = 1_000  # characters that are searched

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(
    r"\b(?P<which>next|this|coming|this coming)?\s*(?P<day>mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|"
    + "|".join(_DAYS)
    + r")\b"
    r"(?P<later>\s+(?:week|after next)\b)?"
)
_SHORT = ("mon", "wed", "sat", "sun")  # words of their own: "we sat in the sun" names no day
_LEADS_TO_DAY = re.compile(r"(?:^|\b(?:on|by|until|till|before|after|maybe|say|from))\s*$")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december)"  # noqa: E501 - one pattern
_CALENDAR = re.compile(
    rf"\b\d{{4}}-\d{{2}}-\d{{2}}\b"
    rf"|(?<![\d/.,-])\d{{1,2}}(?:/\d{{1,2}}(?:/(?:\d{{4}}|\d{{2}}))?|\.\d{{1,2}}\.(?:\d{{4}}|\d{{2}}))(?![\d/.,-]\d)\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH}\b\.?(?:,?\s+20\d{{2}}\b)?"
    rf"|\b{_MONTH}\b\.?\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+20\d{{2}}\b)?"
)
_A_MONTH = re.compile(r"\b(?:in|within) a month\b|\bthis time next month\b|\ba month'?s? time\b")
_SPAN = re.compile(
    r"\b(?:in|within|after|another|give me|need|for)\s+(?:about\s+|another\s+|the next\s+)?"
    r"(\d{1,3})\s+(?:more\s+)?(day|week|fortnight|month)s?\b"
)
_SPAN_LATER = re.compile(r"\b(\d{1,3})\s+(day|week|fortnight|month)s?\s+(?:from (?:now|today)|later|time)\b")
_ORDINAL = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)\b(?!\s+(?:1\b|one|option|choice|plan|invoice|bill|time))"
    r"(?P<next>\s+(?:of\s+)?next month)?"
)
_END = re.compile(r"\b(?:end|last day) of (?:the |this )?(next )?month\b|\bmonth'?s? end\b|\bend of next month\b")
_FIRST = re.compile(r"\b(?:the )?(?:first|beginning|start) of (?:the |next )?month\b|\b(?:the )?first of next month\b")
_WORDS = (
    (re.compile(r"\b(?:the )?day after tomorrow\b"), dt.timedelta(days=2)),
    (re.compile(r"\b(?:tomorrow|tmrw|tmr|tomorow|tommorow|tommorrow|2morrow)\b"), dt.timedelta(days=1)),
    (re.compile(r"\b(?:today|tonight|this (?:evening|afternoon|morning))\b"), dt.timedelta()),
    (re.compile(r"\b(?:the )?week after next\b"), dt.timedelta(weeks=2)),
    (
        re.compile(r"\ba week (?:from )?(?:today|now)\b|\b(?:in|within) (?:a|1|one) week\b|\bweek'?s? time\b"),
        dt.timedelta(weeks=1),
    ),
    (re.compile(r"\b(?:in|within) a fortnight\b|\bfortnight'?s? time\b"), dt.timedelta(weeks=2)),
)  # fmt: skip
_VAGUE = re.compile(
    r"\b(?:soon|later|some ?time|eventually|pay ?day|next (?:week|month|pay)|few (?:days|weeks|months)|couple of|"
    r"when i|as soon|not sure|don'?t know|dunno|idk|no idea|whenever|asap|a while)\b"
)
_ORDINAL_WORDS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_ON_THE = re.compile(
    r"\b(?:on|by|until|till|before|after|from) the ("
    + "|".join(_ORDINAL_WORDS)
    + r")\b(?! (?:one|option|choice|of next month|of the month))"
)


def read(text: str, today: dt.date, locale: str) -> dt.date | None:
    """The day that `text` names, as seen from `today`; None if it names none, or two that differ.

    `locale` says whether 3/4 is in March or in April. A date with a year may lie in the past, so that it can be said.
    """
    words = text[:LONGEST].lower().replace("’", "'")
    words = _ON_THE.sub(lambda found: f"on the {_ORDINAL_WORDS[found[1]]}th", words)
    words = alpha2digit(words, "en", threshold=0)
    days = _calendar_days(words, today, locale)
    if days:
        return days.pop() if len(days) == 1 else None
    for find in (_end_of_month, _start_of_month, _relative, _span, _weekday, _ordinal):
        day = find(words, today)
        if day is not None:
            return day
    return None


def is_vague(text: str) -> bool:
    """Whether `text` speaks of a time without naming a day: "soon", "after payday", "next month"."""
    return bool(_VAGUE.search(text[:LONGEST].lower().replace("’", "'")))


def without_dates(text: str) -> str:
    """`text` without the calendar dates in it, so that no amount is read from one."""
    return _ORDINAL.sub(" ", _CALENDAR.sub(" ", text.lower()))


def _calendar_days(words: str, today: dt.date, locale: str) -> set[dt.date]:
    month_first = locale.replace("_", "-").upper().endswith("-US")
    found = set()
    for match in _CALENDAR.finditer(words):
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
    if "-" in said:
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


def _end_of_month(words: str, today: dt.date) -> dt.date | None:
    found = _END.search(words)
    if found is None:
        return None
    month = _months_later(today, 1) if "next" in found[0] else today
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def _start_of_month(words: str, today: dt.date) -> dt.date | None:
    return _months_later(today, 1).replace(day=1) if _FIRST.search(words) else None


def _relative(words: str, today: dt.date) -> dt.date | None:
    if _A_MONTH.search(words):
        return _months_later(today, 1)
    return next((today + span for pattern, span in _WORDS if pattern.search(words)), None)


def _span(words: str, today: dt.date) -> dt.date | None:
    found = _SPAN_LATER.search(words) or _SPAN.search(words)
    if found is None:
        return None
    count = int(found[1])
    match found[2]:
        case "day":
            return today + dt.timedelta(days=count)
        case "week":
            return today + dt.timedelta(weeks=count)
        case "fortnight":
            return today + dt.timedelta(weeks=2 * count)
        case _:
            return _months_later(today, count)


def _months_later(day: dt.date, count: int) -> dt.date:
    """The same day of the month, `count` months on; the last one where the month is shorter."""
    years, month = divmod(day.month - 1 + count, 12)
    last = calendar.monthrange(day.year + years, month + 1)[1]
    return dt.date(day.year + years, month + 1, min(day.day, last))


def _weekday(words: str, today: dt.date) -> dt.date | None:
    found = _WEEKDAY.search(words)
    if found is None or (
        found["day"] in _SHORT and found["which"] is None and not _LEADS_TO_DAY.search(words[: found.start()])
    ):
        return None
    wanted = next(index for index, name in enumerate(_DAYS) if name.startswith(found["day"][:3]))
    ahead = (wanted - today.weekday()) % 7 or 7
    if (found["which"] == "next" and today.weekday() + ahead < 7) or found["later"]:
        ahead += 7  # "next Friday" said on a Monday is the Friday of the week after
    return today + dt.timedelta(days=ahead)


def _ordinal(words: str, today: dt.date) -> dt.date | None:
    found = _ORDINAL.search(words)
    if found is None or not 1 <= int(found[1]) <= 31:
        return None
    day = int(found[1])
    month = today.replace(day=1)
    if found["next"] or day < today.day:
        month = _months_later(month, 1)
    while day > calendar.monthrange(month.year, month.month)[1]:
        month = _months_later(month, 1)
    return month.replace(day=day)
