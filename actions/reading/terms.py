"""Reading terms of a plan from free text: "60 every second Friday", "100 a month from the 15th", "50 now and the rest
over four months".

Pure functions. Only what was said is given; whether it can be agreed is for `bot.billing` to say.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from fractions import Fraction

from text_to_num import alpha2digit

from actions.reading import amounts, dates, month_parts
from actions.reading.figures import hundreds_in_figures, plain
from bot.models import Frequency
from bot.money import Money

_DAY = r"mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_EACH = r"(?:every|each|evry|per)"
_FREQUENCIES = (
    (
        Frequency.FORTNIGHTLY,
        rf"\bfort ?nightly\b|\b(?:a|per|each|every) fort ?night\b|\bbi-?weekly\b|\b{_EACH} (?:2|two|other|2nd|second) "
        rf"(?:weeks?|wks?|{_DAY})s?\b|\b{_EACH} 14 days\b|\b(?:twice|2 times|2x) (?:a|per|each|every) month\b|"
        r"\b(?:2|two) weekly\b|\balternate (?:weeks|" + _DAY + r")",
    ),
    (
        Frequency.WEEKLY,
        rf"\bweekly\b|(?:\b(?:a|per|each|every)\s|/\s?)(?:1 )?(?:week|wk)\b|\b{_EACH} (?:{_DAY})s?\b|"
        rf"\b{_EACH} 7 days\b|\bp\.?/?w\b\.?",
    ),
    (
        Frequency.MONTHLY,
        rf"\bmonthly\b|(?:\b(?:a|per|each|every|of the|1)\s|/\s?)(?:1 )?(?:month|mth|mo)\b|"
        rf"\b{_EACH} (?:30|31|28) days\b|\bp\.?/?c?\.?m\b\.?(?!\s*\d)",
    ),
)
_FREQUENT = tuple((frequency, re.compile(pattern)) for frequency, pattern in _FREQUENCIES)
_ODD = re.compile(
    r"\b(?:daily|(?:a|per|each|every) (?:day|year|quarter)|every (?:3|4|5|6|three|four|10|ten) (?:weeks|months|days))\b"
)
_ON_WEEKDAY = re.compile(
    rf"\b(?:{_EACH}|on|other|second|2nd|alternate|from|starting)\s+(?:next |this |an? )?({_DAY})s?\b"
)
_ON_DAY = re.compile(
    r"\b(?:the )?(\d{1,2})(?:st|nd|rd|th)\s+(?:day )?(?:of (?:each|every|the|a) month|(?:each|every|a) month|monthly)\b"
    r"|\b(?:each|every|a|per) month on the (\d{1,2})(?:st|nd|rd|th)\b|\bmonthly on the (\d{1,2})(?:st|nd|rd|th)\b"
)
_LAST_DAY = re.compile(r"\b(?:last day of|end of) (?:each|every|the) month\b|\bmonth'?s? end\b")
_FIRST_DAY = re.compile(r"\b(?:first|start|beginning|1st)(?: day)? of (?:each|every|the) month\b")
_NOT_BEFORE = re.compile(r"\b(?:but )?(?:not before|not until|no earlier than|only after)\b")
_FROM = re.compile(
    r"\b(?:from|not before|not until|nothing (?:until|till|before)|no earlier than|only after|starting|"
    r"start(?:s|ing)? (?:on|from|with|in)?|begin(?:ning|s)?(?: on| from| in)?|as of|commencing|"
    r"(?:first|1st) (?:payment|one|instal+ment)(?: is)?(?: on)?)\s+(?P<when>.{3,40})"
)
_NOW = (
    r"(?:now|today|up ?front|straight away|right away|immediately|down|as a deposit|deposit|down ?payment|"
    r"to start(?: with)?)"
)
_MONEY = r"(?:[$£€]|r\$)?\s?\d+(?:[.,]\d+)*(?:\s?(?:dollars?|bucks?|pounds?|quid|euros?|reais|usd|gbp|brl))?"
_DOWN = re.compile(
    rf"(?P<sum>{_MONEY}|half|a (?:third|3rd)|a (?:quarter|4th)|\d{{1,2}}\s?%)\s+(?:\w+\s+)?{_NOW}\b"
    rf"|\b(?:deposit|down ?payment) of (?P<of>{_MONEY}|half|a (?:third|3rd)|a (?:quarter|4th))"
)
_REST = re.compile(
    r"\b(?:rest|remainder|remaining|balance|then|and after|left|other half)\b|\bhalf\b.*\bnext month\b"
    r"|\band half\b|, ?half\b"
)
_REST_NEXT_MONTH = re.compile(
    r"\b(?:half|rest|remainder|remaining|balance|other|left)\b[^.;]{0,30}"
    r"\b(?:next month|in (?:a|1) month|a month later)\b"
)
# "I missed one", "the following ones": no number.
_ONE_OF_THEM = re.compile(
    r"(?<!ty )(?<!ty-)(?<!and )(?<!hundred )\bones?\b"
    r"(?! (?:hundred|thousand|dollar|pound|quid|euro|day|week|fortnight|month|year|payment|instal|point|more))"
)
# "from 225 to 150": the new sum counts.
_FROM_TO = re.compile(r"\bfrom (?:[$£€]|r\$)?\d+(?:[.,]\d+)?(?: (?!\d)\w+)? to(?= (?:[$£€]|r\$)?\d)")
_AT_ONCE = re.compile(r"\b(?:in|as) (?:one|1|a single) (?:go|payment|lump sum|sum)\b")
_COUNT = re.compile(
    r"(?<![\d.,])\b(\d{1,3})\s+(?:(?!(?:in|into|by|as)\b)[a-z]+\s+){0,2}(?:payments?|instal+ments?|parts|goes|chunks|pieces|installs?)\b"
    r"|\b(?:split|divide\w*|spread|break) (?:it |this |that )?(?:up )?(?:in|into|over|by|between) (\d{1,3})\b"
    r"(?! ?(?:month|week|day|fort))"
    r"|\b(?:over|across|into|in|by) (?:the |my )?(?:next )?(\d{1,3}) (?:pay ?che(?:ck|que)s|pay ?days|pays|bits)\b"
)
_COUNT_ANEW = re.compile(
    r"(?<![\d.,$£€])\b(?P<new>\d{1,2}) (?:instead of|rather than|(?:and )?not) (?P<old>\d{1,2})\b(?![.,]?\d)"
    r"|\b(?:instead of|rather than|not) (?P<past>\d{1,2}),? (?:but |make it )?(?P<now>\d{1,2})\b(?![.,]?\d)"
)
_LENGTH = re.compile(
    r"\b(?:over|for|in|within|across|during|next|than)?\s*(?:the )?(?:next )?"
    r"(\d{1,3})[- ]?(month|mth|week|wk|fort ?night|year)s?\b"
)
# "give me 3 months" is how long, "in 3 months" is when.
_GIVEN = re.compile(
    r"(?<!\bin )(?<!\bwithin )(?<!\bafter )\b\d{1,3}[- ](?:months?|mths?|years?)\b"
    r"(?! (?:from now|from today|later|time|grace))"
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What was named of a plan; None is what was not. `weekday` counts from Monday, 0; `month_day` 31 is the last day.

    `down` is paid at once, as Money or as a fraction of the whole. `odd`: a rhythm was named which no plan has.
    """

    amount: Money | None = None
    frequency: Frequency | None = None
    count: int | None = None
    months: int | None = None
    first_on: dt.date | None = None
    weekday: int | None = None
    month_day: int | None = None
    down: Money | Fraction | None = None
    odd: bool = False

    def __bool__(self) -> bool:
        return self != Proposed()


def read(text: str, currency: str, locale: str, today: dt.date) -> Proposed:
    """The terms that `text` names, for somebody for whom it is `today`; empty (false) when it names none.

    A day without a rhythm is the first day, but "on Fridays" is a `weekday` alone, which has none; two amounts of which
    none is paid at once are none.
    """
    words = folded(text).replace("half a year", "6 months")
    words = re.sub(r"\b(?:a|1) year\b", "12 months", words)
    words = _AT_ONCE.sub(" ", _FROM_TO.sub(" ", words))
    down, rest = _down(words, currency, locale)
    frequency = next((frequency for frequency, pattern in _FREQUENT if pattern.search(rest)), None)
    months, count = _length(rest)
    said = amounts.read(_without_rhythm(rest), currency, locale)
    month_day = _month_day(rest)
    if down is not None and not (months or count) and _REST_NEXT_MONTH.search(rest):
        count, month_day = 1, today.day
    elif (
        down is not None
        and not (months or count or frequency)
        and _REST.search(rest)
        and dates.read(rest, today, locale)
    ):
        count = 1  # "50 now and the rest on Friday"
    weekday = _weekday(rest) if frequency is not Frequency.MONTHLY else None
    return Proposed(
        amount=said.amount if said else None,
        frequency=frequency or (Frequency.MONTHLY if month_day else None),
        count=count,
        months=months,
        first_on=_first(rest, today, locale, rhythmic=bool(frequency or month_day)),
        weekday=weekday,
        month_day=month_day,
        down=down,
        odd=frequency is None and bool(_ODD.search(rest)),
    )


def other_count(text: str, spoken: int) -> int | None:
    """The number of instalments that takes the place of the one `spoken` of: "make it ten instead of eight"."""
    found = _COUNT_ANEW.search(folded(text))
    if found is None or int(found["old"] or found["past"]) != spoken:
        return None
    return int(found["new"] or found["now"])


def folded(text: str) -> str:
    """`text` in lower case with its numbers in figures; "the next one" names no number."""
    return str(alpha2digit(_ONE_OF_THEM.sub("it", hundreds_in_figures(plain(text))), "en", threshold=0))


def _down(words: str, currency: str, locale: str) -> tuple[Money | Fraction | None, str]:
    """What is paid at once, and the words without it."""
    found = _DOWN.search(words)
    if found is None or (found["sum"] or "").strip() == "1":  # "one now, one in a month" is no sum
        return None, words
    said = amounts.read(found["sum"] or found["of"], currency, locale)
    if said is None:
        return None, words
    rest = words[: found.start()] + " " + words[found.end() :]
    # "50 now" alone is a payment; with a rest it is the beginning of a plan.
    plan = (
        _REST.search(rest)
        or any(pattern.search(rest) for _, pattern in _FREQUENT)
        or _COUNT.search(rest)
        or _LENGTH.search(rest)
    )
    return (said.amount or said.fraction, rest) if plan else (None, words)


def _length(words: str) -> tuple[int | None, int | None]:
    """How long, in months, and how many instalments."""
    counted = _COUNT.search(words)
    count = int(next(part for part in counted.groups() if part)) if counted else None
    spans = {(int(found[1]), found[2][0]) for found in _LENGTH.finditer(_without_each(words))}
    if len(spans) != 1:
        return None, count
    number, unit = spans.pop()
    if unit == "y":
        return number * 12, count
    if unit in "wf":
        weeks = number * (2 if unit == "f" else 1)
        return max(1, -(-weeks * 12 // 52)), count
    return number, count


def _without_each(words: str) -> str:
    for _, pattern in _FREQUENT:
        words = pattern.sub(" ", words)
    return _ODD.sub(" ", re.sub(r"\bin \d+ (?:days?|weeks?|months?)(?: time)?\b", " ", words))


def _without_rhythm(words: str) -> str:
    """The words in which an amount may stand: no counts, lengths, days."""
    return dates.without_dates(_LENGTH.sub(" ", _COUNT.sub(" ", _without_each(_NOT_BEFORE.sub(" ", words)))))


def _weekday(words: str) -> int | None:
    found = _ON_WEEKDAY.search(words)
    if found is None:
        return None
    return next(
        place for place, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")) if name == found[1][:3]
    )


def _month_day(words: str) -> int | None:
    if _LAST_DAY.search(words):
        return 31
    if _FIRST_DAY.search(words):
        return 1
    found = _ON_DAY.search(words)
    day = int(next(part for part in found.groups() if part)) if found else None
    return day if day and 1 <= day <= 31 else None


def _first(words: str, today: dt.date, locale: str, *, rhythmic: bool) -> dt.date | None:
    found = _FROM.search(words)
    if found:
        return dates.read(found["when"], today, locale) or month_parts.alone(found["when"], today)
    return None if rhythmic else dates.read(_GIVEN.sub(" ", words), today, locale)
