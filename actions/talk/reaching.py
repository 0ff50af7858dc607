"""Reading how, when and in which language somebody wants to be reached. Pure functions (C7)."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import cache

import phonenumbers
from babel import Locale, UnknownLocaleError

from actions.reading import dates, times
from bot import policies
from bot.conversations.preferences import Wish
from bot.models import Medium, PreferenceKind

LONGEST = 500  # characters that are searched

_MEDIA = (
    (Medium.WHATSAPP, r"whats ?app|\bwa\b"),
    (Medium.SMS, r"\b(?:sms|texts?|texted|texting|txts?|text messages?)\b"),
    (Medium.EMAIL, r"\b(?:e-?mails?|e-?mailed|e-?mailing|mail me)\b"),
    (
        Medium.CALL,
        r"\b(?:calls?|called|calling|phoned?|phoning|phone calls?|ring(?:ing)?|rang|voicemails?|telephone)\b",
    ),
    (Medium.LETTER, r"\b(?:letters?|by post|paper|by mail|in the mail|postal(?: mail)?)\b"),
    (Medium.WEB, r"\b(?:chat|here only|only here|website|online)\b"),
)
_REFUSES = re.compile(
    r"\b(?:no(?:t|t by|thing by)?|never|don'?t|dont|do not|stop|quit|without|instead of|rather than|no more|hate|"
    r"can'?t (?:take|answer|use)|unable to (?:take|answer)|opt out of|unsubscribe (?:me )?from)\b"
)
_PREFERS = re.compile(
    r"\b(?:only|prefer|rather|better|instead|(?:text|txt|sms|e-?mail|call|phone|ring|message|whatsapp|write to) me|"
    r"just|use|reach me|contact me|"
    r"works best|best way|by|via|through|over)\b"
)
_NOT_TIME = re.compile(r"\b(?:before|after|until|till|during|in the|at night|on (?:week|mon|tue|wed|thu|fri|sat|sun))")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(r"\b(mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?|s)?\b")
_DAY_RANGE = re.compile(
    r"\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*\s*(?:-|–|to|through|thru|until)\s*(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b"
)
_WEEKEND, _WEEK = re.compile(r"\bweek ?ends?\b"), re.compile(r"\b(?:week ?days?|working days|business days)\b")
_QUIET = re.compile(
    r"\b(?:until|till|not before|before|nothing before|leave me|peace|quiet|silence|pause|"
    r"no (?:messages|contact|reminders))\b"
)
# A question about what we do ("do you still text me?"), not a wish in the shape of one ("can you text me instead?").
_ASKS = re.compile(
    r"\W*(?:(?:so|and|but|hi|hello|hey|ok|okay|wait|just|um|sorry)\W+)*"
    r"(?:(?:do|did|are|were|have|will|would|shall) (?:you|they|i|we|people|somebody|someone|anyone|it)\b|am i\b|"
    r"(?:is|was|will|does|did) (?:it|this|that|he|she|somebody|someone|anyone|anybody)\b|who(?:'s| is)?\b|whose\b|"
    r"why (?:do|did|are|were|have|is|am|was|does)\b|when (?:do|did|are|will|is|does)\b|how (?:often|come|long)\b|"
    r"what (?:number|time|do|does|are|is|will|way|ways)\b)"
)
_NO_QUESTION = re.compile(
    r"\b(?:stop\w*|quit|cease|don'?t|dont|do not|never|no more|not|please|pls|instead|rather|prefer|only|mind|able|"
    r"possible|want|harass\w*|bother\w*|pester\w*|spam\w*|hound\w*|leave me|ok if|okay if)\b"
)
_ABOUT_US = re.compile(
    r"\b(?:call|phon|ring|rang|text|txt|sms|messag|whats ?app|e-?mail|mail|letter|writ|wrote|contact|reach|remind|hear "
    r"from)\w*"
)
_SENTENCE = re.compile(r"(?<=[.?!;\n])\s*")
_OWN = re.compile(r"\b(?:on file|you have|you('?ve)? got|same number|this number|my number|usual number|that number)\b")
_SOON = re.compile(
    r"\b(?:asap|as soon as|any ?time|whenever|soonest|now|right away|straight away|earliest|don'?t mind|don'?t care)\b"
)
_PHONE = re.compile(r"(?:\+|00)?\(?\d[\d\s().-]{6,20}\d")


def preferences(text: str, today: dt.date, locale: str) -> list[Wish]:
    """The wishes that `text` states about being reached; [] for none. Each clause is read by itself, so that "no calls,
    texts are fine" is both."""
    said = " ".join(part for part in _sentences(text) if not _is_question(part))
    found: dict[tuple[PreferenceKind, Medium | None], Wish] = {}
    for clause in re.split(
        r"[.;!\n,]|\bbut\b|\band\b(?=\s+(?:no|not|don|never|only|please|i|text|call|e-?mail))", said
    ):
        for wish in _media(clause):
            found[wish.kind, wish.medium] = wish
    for other in (_quiet(said, today, locale), _days(said), _hours(said), _language(said)):
        if other is not None:
            found[other.kind, other.medium] = other
    only = re.search(r"\bonly\b|\bnothing but\b", said)
    welcome = [wish.medium for wish in found.values() if wish.kind == PreferenceKind.WELCOME]
    if only and welcome and not _QUIET.search(said):
        for medium in Medium:
            if medium not in (*welcome, Medium.WEB):
                found[PreferenceKind.REFUSED, medium] = Wish(PreferenceKind.REFUSED, medium)
    return list(found.values())


def asks(text: str) -> bool:
    """Whether `text` only asks how we reach them, or whether we do: a question records nothing (C4, C7)."""
    sentences = [part for part in _sentences(text) if part.strip(" .?!;")]
    return bool(sentences) and all(_is_question(part) for part in sentences)


def language(text: str) -> str | None:
    """The language that `text` names, in English or in its own words: its ISO 639-1 code; None for none or several."""
    words = set(re.findall(r"[^\W\d_]+", _plain(text[:LONGEST])))
    found = {code for name, code in _names().items() if name in words}
    if len(found) > 1:  # "in Spanish, not English"; "I don't speak English"
        found -= {"en"}
    return found.pop() if len(found) == 1 else None


def language_name(code: str, locale: str) -> str:
    """What the language `code` is called in the language of `locale`."""
    return str(Locale.parse(locale.replace("_", "-"), sep="-").languages.get(code, code))


def phone(text: str, regions: list[str]) -> str | None:
    """The one phone number in `text`, E.164; None for none, or for one that cannot be. `regions` are where a number
    without its country code may be from, the likeliest first."""
    for candidate in _PHONE.findall(text[:LONGEST]):
        for region in regions:
            try:
                number = phonenumbers.parse(candidate, region)
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_possible_number(number):
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def without_phone(text: str) -> str:
    """`text` without the phone numbers in it, so that no time is read from one."""
    return _PHONE.sub(" ", text[:LONGEST])


def regions(locale: str) -> list[str]:
    """Where a phone number without its country code may be from, the likeliest first (ISO 3166)."""
    own = locale.replace("_", "-").split("-")[-1].upper()
    known = [own] if own in phonenumbers.SUPPORTED_REGIONS else []
    return list(dict.fromkeys([*known, *policies.identity().regions]))


def means_own_number(text: str) -> bool:
    """Whether `text` says that the number we have will do."""
    return bool(_OWN.search(text[:LONGEST].lower().replace("’", "'")))


def is_any_time(text: str) -> bool:
    """Whether `text` leaves the time to us."""
    return bool(_SOON.search(text[:LONGEST].lower().replace("’", "'")))


def _sentences(text: str) -> list[str]:
    return _SENTENCE.split(text[:LONGEST].lower().replace("’", "'"))


def _is_question(sentence: str) -> bool:
    is_wish = _NO_QUESTION.search(sentence) or language(sentence) is not None
    return not is_wish and bool(_ASKS.match(sentence) and _ABOUT_US.search(sentence))


def _media(clause: str) -> list[Wish]:
    named = [medium for medium, pattern in _MEDIA if re.search(pattern, clause)]
    if not named:
        return []
    if _REFUSES.search(clause) and not _NOT_TIME.search(clause) and times.read(clause) is None:
        # "text me instead of calling": what is refused stands after the refusal, what is wished for before it.
        refusal = _REFUSES.search(clause)
        assert refusal is not None
        before = [medium for medium, pattern in _MEDIA if re.search(pattern, clause[: refusal.start()])]
        after = [medium for medium in named if medium not in before]
        refused, welcome = (after, before) if after else (named, [])
        return [Wish(PreferenceKind.REFUSED, medium) for medium in refused] + [
            Wish(PreferenceKind.WELCOME, medium) for medium in welcome
        ]
    if _PREFERS.search(clause) or re.search(r"\b(?:ok|okay|fine|good|best|works?)\b", clause) or clause.split()[0] in (
        "text", "texts", "email", "sms", "whatsapp", "letters",
    ):  # fmt: skip
        return [Wish(PreferenceKind.WELCOME, medium) for medium in named]
    return []


def _quiet(said: str, today: dt.date, locale: str) -> Wish | None:
    if not _QUIET.search(said):
        return None
    day = dates.read(said, today, locale)
    if day is None or day <= today:
        return None
    return Wish(PreferenceKind.QUIET_UNTIL, None, {"until": day.isoformat()})


def _days(said: str) -> Wish | None:
    if re.search(r"\b(?:next|this|coming|until|till|from)\s+" + _DAY.pattern.removeprefix(r"\b"), said):
        return None
    days: set[int] = set()
    if found := _DAY_RANGE.search(said):
        first, last = _WEEKDAYS.index(found[1]), _WEEKDAYS.index(found[2])
        days |= {day % 7 for day in range(first, last + 1 if last >= first else last + 8)}
    days |= {_WEEKDAYS.index(found[1][:3]) for found in _DAY.finditer(said)}
    if _WEEKEND.search(said):
        days |= {5, 6}
    if _WEEK.search(said):
        days |= {0, 1, 2, 3, 4}
    if not days:
        return None
    refused = re.search(r"\b(?:not|no|never|don'?t|dont|except)\b", said)
    wanted = sorted(set(range(7)) - days if refused else days)
    return Wish(PreferenceKind.DAYS, None, {"days": wanted}) if wanted else None


def _hours(said: str) -> Wish | None:
    read = times.read(said)
    if read is None:
        return None
    return Wish(PreferenceKind.HOURS, None, {"start": read.start, "end": read.end})


def _language(said: str) -> Wish | None:
    code = language(said)
    return Wish(PreferenceKind.LANGUAGE, None, {"language": code}) if code else None


@cache
def _names() -> dict[str, str]:
    """Names of languages in English and in themselves, the usual ones in each that the assistant speaks, without
    accents, of one word; what else they are called."""
    known = policies.desk().languages
    names = [(code, str(name)) for code, name in Locale("en").languages.items() if len(code) == 2]
    names += [(code, own) for code in known.by_own_name if (own := _own_name(code)) is not None]
    usual = {*known.by_own_name, *known.assistant, *known.team}
    names += [(code, str(Locale(ours).languages.get(code, ""))) for ours in known.assistant for code in usual]
    found = {_plain(name): code for code, name in names if re.fullmatch(r"[^\W\d_]{4,}|[^\x00-\x7f]{2,}", _plain(name))}
    return found | known.also_called


def _own_name(code: str) -> str | None:
    try:
        return str(Locale.parse(code).language_name)
    except (UnknownLocaleError, ValueError):
        return None


def _plain(text: str) -> str:
    """Lower case without accents."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char))
