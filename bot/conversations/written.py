"""The language of a message, where it shows itself beyond doubt (docs/decisions/0020-three-languages.md). Pure.

A message in two languages is in neither, so that a customer who mixes them is answered in the one that is spoken.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from bot import policies

LONGEST = 500  # characters that are looked at
LONG_WORDS, LONG_TELLING = 5, 3
OUTWEIGHS = 3  # so many telling words for each that only another language has
SCRIPT_SHARE = 0.5

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_NO_WORDS = re.compile(r"\S*[\d@/_]\S*|\S+\.\S+")  # numbers, accounts and addresses
_SIGN = re.compile(r"[¿¡]")


@dataclass(frozen=True, slots=True)
class Written:
    """What shows: the language (ISO 639-1), how many words the message has, and whether it would do by itself."""

    language: str
    words: int
    is_long: bool


def language_of(text: str) -> Written | None:
    """The language of `text`; None where it does not show, or two of them do."""
    said = unicodedata.normalize("NFC", text[:LONGEST].lower().replace("\u2019", "'"))
    words = _WORD.findall(_NO_WORDS.sub(" ", said))
    if (script := _script(said)) is not None:
        return Written(script, len(words), len(said.strip()) >= LONG_WORDS)
    told = {*words, *_SIGN.findall(said)} if words else set()
    known = {language: {word for word in told if shows(word)} for language, shows in _shows().items()}
    best = max(known, key=lambda language: len(known[language]))
    telling = len(told)
    for other in known.keys() - {best}:
        own, foreign = len(known[best] - known[other]), len(known[other] - known[best])
        if own < 1 or own < OUTWEIGHS * foreign:
            return None
        telling = min(telling, own)
    return Written(best, len(words), len(words) >= LONG_WORDS and telling >= LONG_TELLING)


def is_yes(text: str, language: str) -> bool:
    """Whether `text` begins with a yes in one of the languages that we lack."""
    shown = policies.languages().root.get(language)
    said = unicodedata.normalize("NFC", text[:LONGEST].lower().replace("\u2019", "'")).strip(" ¡!,.")
    return (
        shown is not None
        and shown.accepts is not None
        and re.match(rf"(?:{shown.accepts})(?![a-zà-ÿа-яё])", said) is not None
    )


def _script(said: str) -> str | None:
    letters = [sign for sign in said if sign.isalpha()]
    for language, (script, signs) in _scripts().items():
        own = sum(script.match(sign) is not None for sign in letters)
        if own > SCRIPT_SHARE * len(letters) and (signs is None or signs.search(said)):
            return language
    return None


@dataclass(frozen=True, slots=True)
class _Shows:
    words: frozenset[str]
    signs: re.Pattern[str] | None

    def __call__(self, word: str) -> bool:
        return word in self.words or (self.signs is not None and self.signs.search(word) is not None)


@cache
def _shows() -> dict[str, _Shows]:
    return {
        language: _Shows(_spelt(shown.words), re.compile(shown.signs) if shown.signs else None)
        for language, shown in policies.languages().root.items()
        if shown.words
    }


def _spelt(words: str) -> frozenset[str]:
    """Each with its accents, and without, as hurried people write."""
    given = words.lower().split()
    plain = (
        "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
        for word in given
    )
    return frozenset([*given, *plain])


@cache
def _scripts() -> dict[str, tuple[re.Pattern[str], re.Pattern[str] | None]]:
    return {
        language: (re.compile(shown.script), re.compile(shown.signs) if shown.signs else None)
        for language, shown in policies.languages().root.items()
        if shown.script
    }
