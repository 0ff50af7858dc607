"""Two facts in one message: "50 now and the rest on Friday". The part is paid now, the rest becomes a promise."""

from __future__ import annotations

import datetime as dt
import re

from actions.balance import Account
from actions.reading import amounts, dates
from actions.reading.figures import in_figures, plain
from actions.turn import Events, Turn, enter
from bot import policies
from bot.money import Money

PROMISE_FORM = "promise_form"

_NOW = r"(?:now|today|straight away|right away|tonight|this (?:morning|afternoon|evening))"
_REST = r"(?:(?:the )?(?:rest|remainder|remaining|other half|balance|what'?s left|left over))"
_SPLIT = re.compile(
    rf"\b{_NOW}\b[^.!?]{{0,40}}?\b(?P<rest>{_REST}|half)\b(?P<when>.*)"
    rf"|(?:^\W*|\b(?:and|then|,) ?)(?P<other>{_REST})\b(?P<then>.*)",
    re.DOTALL,
)
_RHYTHM = re.compile(
    r"\b(?:monthly|weekly|fortnightly|every|each|per|instal\w*|over|(?<!in )an? (?:week|month|fortnight)(?! (?:on|"
    r"from|later)))\b|\d\s?/"
)
_SUM = r"(?:[$£€]|r\$)?\s?\d+(?:[.,]\d+)?"
# "10 now and 10 next week"
_SECOND = re.compile(
    rf"^(?P<now>.*\d.*?\b{_NOW}\b)\W*(?:and then|and|then)\s+(?:another |the other )?(?P<sum>{_SUM})\b"
    r"(?!\s?(?:%|days?|weeks?|months?|payments?|instal))(?P<when>.*)",
    re.DOTALL,
)
_LEADS = re.compile(r"\b(?:on|by|next|this|tomorrow|tmrw|in|end of|after|until|till|before|\w+day)\b")
# Said of now, or of what was billed.
_NOT_LATER = re.compile(
    r"\b(?:now|today|tonight|straight away|right away|immediately|due|dated|from|issued|billed|invoice|bill)\b"
)
# A time to come, even one that names no day: "after christmas".
_COMES = re.compile(r"\b(?:after|until|till?|before|by|at|when|once|next|later|soon|tomorrow)\b")
# What begins the second of two parts: "50 on the 5th and the rest at christmas", "half on the 3rd, half on the 17th".
_AND = re.compile(r"\s*(?:[,;]|\band then\b|\band\b|\bthen\b)\s*")
_OTHER_PART = re.compile(rf"^(?:the )?(?:other |another )?(?:half\b|{_REST}\b|{_SUM}\b)")
_SPAN = re.compile(r"\b\d{1,3} (?:days?|weeks?|fortnights?|months?)\b")


def is_split(text: str) -> bool:
    """Whether `text` parts what is paid into something now and the rest on another day."""
    parted = _parted(text)
    return (parted is not None and _names_something(parted[0])) or _second(text) is not None


def now_part(text: str) -> str:
    """The words about what is paid now: those before the rest where `text` is parted, else all."""
    second = _second(text)
    if second is not None:
        return second["now"]
    parted = _parted(text)
    if parted is None:
        return text
    is_put_off = re.search(rf"\b{_NOW}\b", parted[0]) and _LEADS.search(parted[1])
    return parted[0] if _names_something(parted[0]) or is_put_off else text


def is_rest_later(text: str, mine: Account) -> bool:
    """Whether `text` puts off what remains and names nothing to pay now: "and the rest after christmas"."""
    parted = _parted(text)
    if parted is None or _names_something(parted[0]) or _NOT_LATER.search(" ".join(parted)):
        return False
    day = dates.read(parted[1], mine.today, mine.phrases.locale)
    return (day is not None and day > mine.today) or bool(_COMES.search(parted[1]))


def first_later(text: str, mine: Account) -> str | None:
    """The words about the first part, where `text` names two parts and even the first is for a day to come; else
    None. A rhythm is a plan's."""
    words = plain(text)
    for turned in () if _RHYTHM.search(words) else _AND.finditer(words):
        first, then = words[: turned.start()], words[turned.end() :]
        if not _OTHER_PART.search(dates.without_dates(then)) or re.search(rf"\b{_NOW}\b", first):
            continue
        day = dates.read(first, mine.today, mine.phrases.locale)
        has_time = dates.read(then, mine.today, mine.phrases.locale) or _COMES.search(then)
        if day is not None and day > mine.today and has_time and _names_something(first):
            return first
    return None


def is_later(text: str, mine: Account) -> bool:
    """Whether `text` speaks of paying on a day to come, and not now: "50 on Friday"."""
    words = plain(text)
    if is_rest_later(text, mine):
        return True
    if not _LEADS.search(words) or _NOT_LATER.search(words):
        return False
    day = dates.read(words, mine.today, mine.phrases.locale)
    return day is not None and day > mine.today


def when(text: str, mine: Account) -> dt.date | None:
    """The day that `text` names for the rest; None when it names none that can be."""
    second, parted = _second(text), _parted(text)
    later = second["when"] if second is not None else parted[1] if parted is not None else ""
    day = dates.read(later, mine.today, mine.phrases.locale)
    last = mine.today + dt.timedelta(days=policies.plans().promise_days)
    return day if day is not None and mine.today < day <= last else None


def promised(turn: Turn, mine: Account, now: Money) -> Events:
    """Go on with a promise of the rest on its day, which is asked to be confirmed; nothing where none was named.

    The rest is what is overdue, or else open, without what is paid `now`; less where a second sum is named.
    """
    if not is_split(turn.words):
        return []
    rest = (mine.standing.payable_overdue or mine.standing.payable) - now
    second = _second(turn.words)
    said = amounts.parse(re.sub(r"[^\d.,]", "", second["sum"]), now.currency, mine.phrases.locale) if second else None
    if said is not None:
        rest = min(said, mine.standing.payable - now)
    if rest.minor <= 0:
        return []
    day = when(turn.words, mine)
    kept = {"minor": rest.minor, "currency": rest.currency}
    return enter(PROMISE_FORM, promise=kept, promise_day=day.isoformat() if day else None, promise_agreed=None)


def names_rhythm(text: str) -> bool:
    """Whether `text` speaks of paying again and again, or over a time: "100 a month"."""
    return bool(_RHYTHM.search(plain(text)))


def _second(text: str) -> re.Match[str] | None:
    """What is paid now, and a second sum with its time, where `text` names both and no rhythm."""
    found = _SECOND.search(in_figures(text))
    is_later = found is not None and _LEADS.search(found["when"]) and not _NOT_LATER.search(found["when"])
    return found if is_later and found is not None and not _RHYTHM.search(found["when"]) else None


def _parted(text: str) -> tuple[str, str] | None:
    """The words before the rest and those about it, where `text` parts it so; a plan's rhythm or a second sum is not
    for a promise."""
    words = plain(text)
    found = _SPLIT.search(words)
    if found is None:
        return None
    later = found["when"] or found["then"] or ""
    is_more = _RHYTHM.search(later) or re.search(r"\d", _SPAN.sub(" ", dates.without_dates(later)))
    return None if is_more else (words[: found.start("rest" if found["rest"] else "other")], later)


def _names_something(words: str) -> bool:
    """Whether `words` name a sum, a share or an invoice."""
    has_figure = re.search(r"\d", in_figures(dates.without_dates(words))) is not None
    return has_figure or amounts.read(words, "USD", "en") is not None
