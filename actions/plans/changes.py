"""Reading what a customer wants changed in a plan: "move it to the 15th", "always on Fridays", "skip this month".

Pure functions. Only what was said is given; whether it can be done is for `bot.billing` to say.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actions.reading import dates, terms
from bot.billing.plans.schedules import months_later, next_on
from bot.models import Frequency

LONGEST = 1_000  # characters that are searched

_PAUSE = re.compile(
    r"\b(?:paus\w+|skip\w*|freez\w+|break|holiday|hold off|on hold|"
    r"put (?:it|this|that|them|everything|the plan|my plan) off|miss (?:a|one|1|it|this|the next)|"
    r"leave (?:a|one|this) (?:one )?out|suspend|stop paying(?: \w+)? for (?:a|now)|for a (?:while|bit))\b"
)
# One instalment is left out: the engine takes whole periods, so a day means the next one.
_ONE_LEFT_OUT = re.compile(r"\bskip\w*\b|\bmiss (?:a|one|1|it|this|the next)\b|\bleave (?:a|one|this) (?:one )?out\b")
_UNIT = r"(?P<unit>day|week|fortnight|month)s?\b"
_SHIFTS = (
    re.compile(
        rf"\b(?P<number>\d{{1,2}}|an?) {_UNIT}(?= (?:late|later|earlier|sooner|back|forward|longer|more|extra)\b)"
    ),
    re.compile(rf"\b(?:by|back|forward|for|another|extra|more) (?P<number>\d{{1,2}}|an?) {_UNIT}"),
    re.compile(rf"\b(?P<number>another|an extra|one more|1 more|\d{{1,2}} (?:more|extra)) {_UNIT}"),
)
_SOONER = re.compile(r"\b(?:earlier|sooner|forward|early)\b")
_SPAN = re.compile(rf"\b(?P<number>\d{{1,2}}|an?) {_UNIT}")
_ALWAYS = re.compile(
    r"\b(?:all|every|each|always|following|from now on|from then on|going forward|permanent\w*|pay ?days?|due dates?|"
    r"payment da(?:y|te)s?|the others|after (?:it|that) as well|(?:mon|tues|wednes|thurs|fri|satur|sun)days)\b"
)
_THIS_ONE = re.compile(r"\b(?:this|next) (?:it|payment|instal+ment|month'?s)\b|\bjust (?:this|once|the next)\b")
_LAST_ONE = re.compile(r"\b(?:last|final) (?:it|payment|instal+ment)\b")
_PARTED = re.compile(
    r"(?:\b(?:half|some|part|a bit)\b|(?<![\w.,])[$£€]?\d+(?:[.,]\d+)?(?![\w]))[^.;?!]{0,40}"
    r"\b(?:(?:and|then|,) (?:the )?|the )(?:rest|remainder|remaining|other half|half)\b"
)
_SPREAD = re.compile(
    r"\b(?:now|today|paid|over|spread|every|each|per|monthly|weekly|(?:a|1) (?:week|month)(?! later))\b"
)
_STARTS = re.compile(r"\b(?:start|begin)\w* (?:(?:it|this|that|paying|the plan) )?(?:in|on|from)\b")
_TARGET = re.compile(r"\b(?:to|until|till|on|instead)\b")
_NEW_TERMS = re.compile(
    r"\b(?:less|lower|smaller|reduc\w+|cheaper|cut|too (?:much|high|big)|more time|longer|extend|spread|amounts?|terms|"
    r"re-?plan|renegotiate|start over|different plan|new plan)\b"
)
_DAYS = {"day": 1, "week": 7, "fortnight": 14}


@dataclass(frozen=True, slots=True)
class Change:
    """What of a plan is to change. One of: a day (`to`) for the instalment `number`, with `following` also those after
    it; a pause of `days` (0: not said how long); new `terms`. None of them: it was not said.
    """

    to: dt.date | None = None
    number: int = 0
    following: bool = False
    pause: bool = False
    days: int = 0
    terms: bool = False

    def __bool__(self) -> bool:
        return self.to is not None or self.pause or self.terms


def read(
    text: str,
    ahead: Mapping[int, dt.date],
    frequency: Frequency,
    currency: str,
    locale: str,
    today: dt.date,
    *,
    pausing: bool = False,
) -> Change:
    """The change that `text` names for a plan of this `frequency`, whose unpaid instalments `ahead` are due on these
    days. `pausing`: a pause is spoken of, so that a bare span is its length."""
    words = terms.folded(text)
    span = _SPAN.search(words)
    if _PAUSE.search(words) or (pausing and span):
        days = 1 if _ONE_LEFT_OUT.search(words) and "month" not in words else 0
        return Change(pause=True, days=_days(span["number"], span["unit"]) if span else days)
    number = _number(words, ahead)
    due_on = ahead[number]
    shift = next((found for pattern in _SHIFTS if (found := pattern.search(words))), None)
    if shift:
        to = _shifted(due_on, shift["number"], shift["unit"], earlier=bool(_SOONER.search(words)))
        return Change(to, number, following=bool(_ALWAYS.search(words)))
    said = terms.read(words, currency, locale, today)
    on_weekdays = said.weekday is not None and said.first_on is None
    is_other_rhythm = said.frequency not in (None, frequency) or (on_weekdays and frequency == Frequency.MONTHLY)
    if said.amount or said.count or said.months or said.down or is_other_rhythm:
        return Change(terms=True)
    day = _day(words, due_on, said, today, locale, frequency)
    if day is not None:
        is_all = said.month_day or _ALWAYS.search(words) or _STARTS.search(words)
        following = bool(is_all) and not _THIS_ONE.search(words)
        return Change(day, number, following)
    return Change(terms=bool(_NEW_TERMS.search(words)))


def is_pause(text: str) -> bool:
    """Whether `text` speaks of a pause."""
    return bool(_PAUSE.search(terms.folded(text)))


def is_parted(text: str) -> bool:
    """Whether `text` puts one instalment on two days: "100 of it on Friday and the rest two weeks later"."""
    words = terms.folded(text)
    return bool(_PARTED.search(words)) and not _SPREAD.search(words)


def is_all_following(text: str) -> bool:
    """Whether `text` says that the dates after it are to move as well."""
    return bool(_ALWAYS.search(text[:LONGEST].lower().replace("’", "'")))


def in_slot(change: Change) -> dict[str, Any]:
    """`change` as it is remembered."""
    return {
        "to": change.to.isoformat() if change.to else None,
        "number": change.number,
        "following": change.following,
        "pause": change.pause,
        "days": change.days,
    }


def from_slot(kept: Mapping[str, Any]) -> Change:
    """The change that was remembered."""
    to = dt.date.fromisoformat(kept["to"]) if kept["to"] else None
    return Change(to, kept["number"], kept["following"], kept["pause"], kept["days"])


def _number(words: str, ahead: Mapping[int, dt.date]) -> int:
    """Which of the instalments ahead is meant: the next one unless another is named by its place or its day."""
    if _STARTS.search(words):
        return min(ahead)
    if _LAST_ONE.search(words):
        return max(ahead)
    before = _TARGET.split(words)[0]
    for number, day in ahead.items():
        if re.search(rf"\b{day.strftime('%B').lower()}\b|\b{day.day}(?:st|nd|rd|th)\b", before):
            return number
    return min(ahead)


def _day(
    words: str, due_on: dt.date, said: terms.Proposed, today: dt.date, locale: str, frequency: Frequency
) -> dt.date | None:
    """The new day: nearest to the old one where only a day of the week or the month was named."""
    if said.month_day and frequency == Frequency.MONTHLY:
        return next_on(frequency, said.month_day, max(today, months_later(due_on, 0, 1)))
    if said.weekday is not None and (said.frequency == frequency or said.first_on is None):
        return next_on(frequency, said.weekday, max(today, due_on - dt.timedelta(days=3)))
    target = _TARGET.split(words)[-1]
    return dates.read(target, today, locale) or dates.read(words, today, locale) or said.first_on


def _shifted(day: dt.date, number: str, unit: str, *, earlier: bool) -> dt.date:
    if unit == "month":
        return months_later(day, -_count(number) if earlier else _count(number))
    span = dt.timedelta(days=_days(number, unit))
    return day - span if earlier else day + span


def _days(number: str, unit: str) -> int:
    return _count(number) * _DAYS.get(unit, 30)


def _count(said: str) -> int:
    found = re.match(r"\d+", said)
    return int(found[0]) if found else 1
