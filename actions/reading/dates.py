"""Reading a day from free text: "friday", "next Friday", "the 15th", "in two weeks", "Dec 3", "end of the month".

Pure functions. A day without a year, month or week is the next one to come. Nothing is guessed: "soon", "payday" or
"when I can" name no day.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from text_to_num import alpha2digit

from actions.reading import calendar_dates, month_parts, weekdays
from actions.reading.calendar_dates import CALENDAR
from actions.reading.figures import plain
from actions.reading.month_parts import MONTH
from actions.reading.weekdays import months_later

# A fraction where an amount is spoken of, not the second of January.
_FRACTION = re.compile(
    r"^\W*(?:1/2|1/3|2/3|1/4|3/4|50/50)\W*(?:please|pls|now)?\W*$"
    r"|\b(?:1/2|1/3|2/3|1/4|3/4|50/50)(?=\s+(?:of|the|now|it|today)\b)|\b50/50\b"
)
_COUPLE = re.compile(r"\b(?:a |the next )?couple (?:of )?(?=(?:more )?(?:day|week|month))")
_UNIT = r"(day|week|fortnight|month)s?"
_ANOTHER = re.compile(r"\b(?:another|an extra|1 more) (?=(?:day|week|fortnight|month)\b)")
_A_MORE = re.compile(r"\ban? (day|week|fortnight|month)(?: (?:more|longer|extra)\b|'?s grace\b)")
_GRACE = re.compile(r"\b(\d{1,3}) (day|week|fortnight|month)s?'? grace\b")
_A_MONTH = re.compile(
    r"\b(?:in|within) a month\b|\bthis time next month\b|\ba month(?:'?s? time| from (?:now|today))\b"
)
_SPAN = re.compile(
    r"\b(?:in|within|after|another|give me|need|for)\s+(?:about\s+|around\s+|another\s+|the next\s+|like\s+)?"
    rf"(\d{{1,3}})\s+(?:more\s+)?{_UNIT}\b"
)
_SPAN_MORE = re.compile(rf"\b(\d{{1,3}})\s+more\s+(?:\w+\s+)?{_UNIT}\b")
_SPAN_LATER = re.compile(rf"\b(\d{{1,3}})\s+{_UNIT}\s+(?:from (?:now|today)|later|time|today)\b")
_SPAN_ALONE = re.compile(
    rf"\W*(?:about |around |maybe |say |probably )?(\d{{1,3}}|an?) (?:more )?{_UNIT}\W*(?:please|pls|max|tops)?\W*"
)
_SPAN_RANGE = re.compile(rf"\b\d{{1,3}}\s*(?:-|–|to|or)\s*\d{{1,3}} {_UNIT}\b|\b(?:\d{{1,3}}|an?) {_UNIT} or \d")
_ORDINAL = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)\b(?!\s+(?:1\b|one|option|choice|plan|invoice|bill|time|payment|instal|thing|wage|salary|pay\w*|job|letter|reminder|"
    r"attempt|try|(?:mon|tue|wed|thu|fri|sat|sun)\w*\s+(?:of|in)\b))(?P<next>\s+(?:of\s+)?next month)?"
)
_BARE_ORDINAL = re.compile(
    r"\b(?:on|by|until|till|before|around|after) the (\d{1,2})\b(?![.,/%]?\d|%|\s?(?:[$£€]|st|nd|rd|th|dollars?|"
    r"bucks|pounds?|"
    r"quid|of (?:them|these|those)|invoices?|bills?))"
)
_AFTER_TOMORROW = re.compile(r"\b(?:the )?day after tomorrow\b")
_WORDS = (
    (re.compile(r"\bovermorrow\b"), dt.timedelta(days=2)),
    (
        re.compile(r"\b(?:tomorrow|tomorow|tommorow|tommorrow|tomorro|tmrw|tmr|tmrow|tmw|tomoz|2morrow|2moro|2mrw|2morow)\b"),
        dt.timedelta(days=1),
    ),
    (re.compile(r"\bin the morning\b"), dt.timedelta(days=1)),
    (re.compile(r"\byesterday\b"), dt.timedelta(days=-1)),
    (re.compile(r"\b(?:today|tonight|2day|this (?:evening|afternoon|morning))\b"), dt.timedelta()),
    (re.compile(r"\b(?:the )?week after next\b"), dt.timedelta(weeks=2)),
    (
        re.compile(r"\ba week (?:from )?(?:today|now)\b|\b(?:in|within) (?:a|1|one) week\b|\bweek'?s? time\b"),
        dt.timedelta(weeks=1),
    ),
    (re.compile(r"\b(?:in|within) a fortnight\b|\bfortnight'?s? time\b"), dt.timedelta(weeks=2)),
)  # fmt: skip
_VAGUE = re.compile(
    r"\b(?:soon|later|some ?time|eventually|pay ?day|next (?:week|wk|month|pay)|few (?:days|weeks|months)|couple of|"
    r"(?:when|once|after|till?) (?:i|my|the)|more time|extension|longer|as soon|not sure|don'?t know|dunno|idk|no idea|"
    r"whenever|asap|a while|week ?end|end of (?:the |this |next )?(?:week|year)|(?:this|that) (?:week|month)|"
    rf"(?:in|sometime in|early|late) {MONTH})\b"
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
# "not on Friday", "can't do the 15th": named to be refused. "Not before Friday" and "not until" are not.
_REFUSED = re.compile(
    r"(?:\bnot|n't|\bcannot|\bcant)\s+(?:(?:do|make|pay|manage)\s+)?(?:it\s+|that\s+|this\s+)?(?:on\s+|"
    r"by\s+)?(?:the\s+)?"
    r"(?:today|tomorrow|(?:this|next)\s+(?:week|month)|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|"
    r"\d{1,2}(?:st|nd|rd|th))\b"
)
_MOVED = re.compile(r"\b(?:mov\w+|shift\w*|push\w*|postpon\w+|delay\w*|put (?:it |that )?(?:back|off)|again|later)\b")
_SOONER = re.compile(r"\b(?:earlier|sooner|forward|early|next month|weeks?|days?(?! of))\b")
_OF_MONTH = re.compile(
    r"\b\d{1,2}(?:st|nd|rd|th)\b|\bthe \d{1,2}\b|"
    r"\b(?:last day|end|close|first|1st|start|beginning|middle) of (?:the |this )?month\b"
)
_CLAUSE = re.compile(r"[,.;!?]\s|\b(?:and|then|but|so|because|cause|as)\b")
_PAYING = re.compile(r"\b(?:pay|paying|settle|clear|send|transfer|do it|can do)\b")
_EITHER = re.compile(r"\bor\b(?! (?:so|before|by|earlier|sooner)\b)|\bbetween\b")


def read(text: str, today: dt.date, locale: str) -> dt.date | None:
    """The day that `text` names, as seen from `today`; None if it names none, or two that differ.

    `locale` says whether 3/4 is in March or in April. A date with a year may lie in the past, so that it can be said.
    """
    words = _folded(text)
    if _SPAN_RANGE.search(words):
        return None
    named = [days for days in (find(words, today) for find in _FINDERS) if days]
    if len(set().union(*named)) > 1 and not _EITHER.search(words):
        # "I'm away till Friday, I'll pay on Saturday"
        paying = [clause for clause in _CLAUSE.split(words) if _PAYING.search(clause)]
        days = _days(paying[-1], today, locale) if paying else set()
        if len(days) == 1:
            return days.pop()
    days = _days(words, today, locale)
    return days.pop() if len(days) == 1 else None


def answered(text: str, today: dt.date, locale: str) -> dt.date | None:
    """The day that `text` names where a day was asked for: "two weeks" alone is in two weeks. Else as `read`."""
    alone = _SPAN_ALONE.fullmatch(_folded(text))
    if alone is None:
        return read(text, today, locale)
    return read(f"in {1 if alone[1] in ('a', 'an') else alone[1]} {alone[2]}", today, locale)


def moved(text: str, standing: dt.date, today: dt.date, locale: str) -> dt.date | None:
    """As `read`, where the day `standing` is to be changed: "moved to the 12th" is the first 12th after it."""
    words = _folded(text)
    is_later = _MOVED.search(words) and not _SOONER.search(words)
    if standing < today or not is_later or not _OF_MONTH.search(words) or CALENDAR.search(words):
        return read(text, today, locale)
    return read(text, standing + dt.timedelta(days=1), locale)


def is_vague(text: str) -> bool:
    """Whether `text` speaks of a time without naming a day: "soon", "after payday", "next month"."""
    return bool(_VAGUE.search(plain(text)))


def without_dates(text: str) -> str:
    """`text` without the calendar dates in it, so that no amount is read from one."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\x00{len(kept) - 1}\x00"

    words = _FRACTION.sub(keep, plain(text).replace("\x00", " "))
    words = _BARE_ORDINAL.sub(" ", _ORDINAL.sub(" ", CALENDAR.sub(" ", words)))
    return re.sub("\x00(\\d+)\x00", lambda found: kept[int(found[1])], words)


def _folded(text: str) -> str:
    words = _ON_THE.sub(lambda found: f"on the {_ORDINAL_WORDS[found[1]]}th", plain(text))
    words = _COUPLE.sub("2 ", str(alpha2digit(words, "en", threshold=0)))
    words = _GRACE.sub(r"\1 more \2", _A_MORE.sub(r"1 more \1", _ANOTHER.sub("1 more ", words)))
    return _REFUSED.sub(" ", words)


def _days(words: str, today: dt.date, locale: str) -> set[dt.date]:
    """The days that `words` name: one, or several between which they leave the choice."""
    found = [days for days in (find(words, today) for find in _FINDERS) if days]
    if len(found) > 1 and found[0] == {today}:
        found = found[1:]  # "your letter came today, I can pay on Friday"
    days = calendar_dates.named(words, today, locale) or (found[0] if found else set())
    if _EITHER.search(words):
        return days.union(*found)
    if days and days == _ordinals(words, today) and (said := weekdays.named(words)):
        return {day for day in days if day.weekday() in said}  # "Friday the 13th"
    return days


def _relative(words: str, today: dt.date) -> set[dt.date]:
    if _A_MONTH.search(words):
        return {months_later(today, 1)}
    words = _AFTER_TOMORROW.sub("overmorrow", words)
    if weekdays.named(words):
        words = words.replace("week after next", " ")
    return {today + span for pattern, span in _WORDS if pattern.search(words)}


def _span(words: str, today: dt.date) -> set[dt.date]:
    found = _SPAN_LATER.search(words) or _SPAN.search(words) or _SPAN_MORE.search(words)
    if found is None:
        return set()
    count = int(found[1])
    match found[2]:
        case "day":
            return {today + dt.timedelta(days=count)}
        case "week":
            return {today + dt.timedelta(weeks=count)}
        case "fortnight":
            return {today + dt.timedelta(weeks=2 * count)}
        case _:
            return {months_later(today, count)}


def _ordinals(words: str, today: dt.date) -> set[dt.date]:
    found = set()
    is_next = re.search(r"\bnext month\b", words) is not None
    for match in (*_ORDINAL.finditer(words), *_BARE_ORDINAL.finditer(words)):
        day = int(match[1])
        if not 1 <= day <= 31:
            continue
        month = today.replace(day=1)
        if is_next or day < today.day:
            month = months_later(month, 1)
        while day > calendar.monthrange(month.year, month.month)[1]:
            month = months_later(month, 1)
        found.add(month.replace(day=day))
    return found


_FINDERS = (month_parts.named, weekdays.in_month, weekdays.weeks_on, _relative, _span, _ordinals, weekdays.coming)
