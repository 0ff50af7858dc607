"""Reading times of day from free text: "after 5", "between 9 and noon", "3:30pm", "in the evening". Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from text_to_num import alpha2digit

LONGEST = 500  # characters that are searched
DAY = 24 * 60

_CLOCK = (
    r"(2[0-4]|1\d|0?\d)(?:[:.h]([0-5]\d))?\s*(a\.?m\.?|p\.?m\.?|o'?clock)?(?![\d%/]|[.,]\d|\s*(?:days?|weeks?|months?|times?|"
    r"th\b|st\b|nd\b|rd\b|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|dollars?|bucks|pounds?|euros?))"
)
_MONEY = re.compile(r"[$£€]\s*\d[\d.,]*")
_BETWEEN = re.compile(rf"\b(?:between|from)\s+{_CLOCK}\s*(?:and|to|until|till|-|–)\s*{_CLOCK}")
_RANGE = re.compile(rf"(?<![\d/.,-]){_CLOCK}\s*(?:-|–|\bto\b|\buntil\b|\btill\b)\s*{_CLOCK}")
_AFTER = re.compile(rf"\b(?:after|from|past|not before|no(?:t|thing)? earlier than|later than|since)\s+{_CLOCK}")
_BEFORE = re.compile(rf"\b(?:before|until|till|by|not after|no(?:t|thing)? later than|earlier than)\s+{_CLOCK}")
_AT = re.compile(rf"(?:\b(?:at|around|about|@|say|like)\s*){_CLOCK}")
_MARKED = re.compile(
    r"(?<![\d/.,:-])(\d{1,2})(?:[:.h](\d\d))?\s*(a\.?m\.?|p\.?m\.?|o'?clock)|(?<![\d/.,:-])(\d{1,2}):(\d\d)\b"
)
_HALF = re.compile(r"\bhalf past (\d{1,2})\b")
_QUARTER = re.compile(r"\bquarter (past|to) (\d{1,2})\b")
_NOON = re.compile(r"\b(?:noon|midday|12 noon)\b")
_MIDNIGHT = re.compile(r"\bmidnight\b")
_NOT = re.compile(r"\b(?:not|nothing|nobody|never|no|don'?t|do not|except)\b[^.,;]{0,25}$")
_PARTS = (
    (re.compile(r"\b(?:lunch ?(?:time|break|hour)?)\b"), (12 * 60, 14 * 60)),
    (re.compile(r"\b(?:early (?:in the )?morning)\b"), (7 * 60, 10 * 60)),
    (re.compile(r"\b(?:late (?:in the )?afternoon)\b"), (15 * 60, 18 * 60)),
    (re.compile(r"\b(?:mornings?|forenoon)\b"), (8 * 60, 12 * 60)),
    (re.compile(r"\bafternoons?\b"), (12 * 60, 17 * 60)),
    (re.compile(r"\b(?:evenings?|after (?:my )?work|nights?|tonight)\b"), (17 * 60, 21 * 60)),
    (re.compile(r"\b(?:(?:office|business|working|work) hours|during the day|day ?time)\b"), (9 * 60, 17 * 60)),
)
_FREE_AFTER = {(8 * 60, 12 * 60): (12 * 60, DAY), (12 * 60, 17 * 60): (17 * 60, DAY), (17 * 60, 21 * 60): (0, 17 * 60)}
_EARLIEST = 7  # a bare "5" is in the afternoon, a bare "7" in the morning


@dataclass(frozen=True, slots=True)
class Times:
    """Part of a day, in minutes after midnight; `end` is not in it."""

    start: int
    end: int


def read(text: str) -> Times | None:
    """The part of the day that `text` names; None for none. "Not in the morning" is the rest of the day after it."""
    words = alpha2digit(text[:LONGEST].lower().replace("’", "'"), "en", threshold=0)
    words = _MIDNIGHT.sub("12am", _NOON.sub("12pm", _MONEY.sub(" ", words)))
    words = _QUARTER.sub(_of_quarter, _HALF.sub(r"\1:30", words))
    for pattern in (_BETWEEN, _RANGE):
        if (found := pattern.search(words)) and (times := _between(found)):
            return times
    after, before = _AFTER.search(words), _BEFORE.search(words)
    if after and before and (start := _minute(*after.groups())) < (end := _minute(*before.groups())):
        return Times(start, end)
    if after and not (before and before.start() < after.start()):
        return _after(words, after)
    if before:
        return _before(words, before)
    if found := _AT.search(words):
        return _from(_minute(*found.groups()))
    if found := _MARKED.search(words):
        hour, minute, half = found[1] or found[4], found[2] or found[5], found[3]
        return _from(_minute(hour, minute, half))
    return _part(words)


def named_hour(text: str) -> int | None:
    """The minute after midnight of a bare hour ("5", "10:30"), for an answer to the question at what time."""
    found = re.fullmatch(rf"\W*{_CLOCK}\W*", alpha2digit(text[:LONGEST].lower().strip(), "en", threshold=0))
    if found is None or int(found[1]) > 23:
        return None
    return _minute(*found.groups())


def _between(found: re.Match[str]) -> Times | None:
    first, first_minute, first_half, second, second_minute, second_half = found.groups()
    if (
        int(first) > 24
        or int(second) > 24
        or not (first_half or second_half or first_minute or _looks_like_hours(found))
    ):
        return None
    end = _minute(second, second_minute, second_half)
    shares_half = int(first) <= int(second) != 12
    start = _minute(first, first_minute, first_half or (second_half if shares_half else None))
    if end <= start and end + 12 * 60 <= DAY:
        end += 12 * 60
    return Times(start, end) if start < end else None


def _looks_like_hours(found: re.Match[str]) -> bool:
    return found[0].startswith(("between", "from")) or (int(found[1]) <= 12 and int(found[4]) <= 12)


def _after(words: str, found: re.Match[str]) -> Times | None:
    minute = _minute(*found.groups())
    if _NOT.search(words[: found.start()]):  # "don't call after 6"
        return Times(0, minute)
    return Times(minute, DAY)


def _before(words: str, found: re.Match[str]) -> Times | None:
    minute = _minute(*found.groups())
    if _NOT.search(words[: found.start()]):  # "not before 10", "don't call before 10"
        return Times(minute, DAY)
    return Times(0, minute)


def _from(minute: int) -> Times:
    return Times(minute, min(minute + 60, DAY))


def _part(words: str) -> Times | None:
    for pattern, (start, end) in _PARTS:
        if found := pattern.search(words):
            if _NOT.search(words[: found.start()]):
                return Times(*_FREE_AFTER.get((start, end), (end, DAY)))
            return Times(start, end)
    return None


def _minute(hour: str | None, minute: str | None, half: str | None) -> int:
    hours = int(hour or 0) % 24
    if half and half.startswith("p") and hours < 12:
        hours += 12
    elif half and half.startswith("a") and hours == 12:
        hours = 0
    elif not (half and half[0] in "ap") and hours < _EARLIEST:
        hours += 12
    return hours * 60 + int(minute or 0) % 60


def _of_quarter(found: re.Match[str]) -> str:
    hour = int(found[2])
    return f"{hour}:15" if found[1] == "past" else f"{hour - 1 or 12}:45"
