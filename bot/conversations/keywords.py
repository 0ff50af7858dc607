"""STOP, START and HELP: heard on a phone before anything is understood, on a whole message only (C4).

The words are data (`policies/keywords.yml`). On the website there are none: nobody is written to there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache

from bot import policies
from bot.policies.keyword import WordsByLanguage

LONGEST = 200  # characters; a longer message is about more than one word
Words = tuple[str, ...]


class Keyword(StrEnum):
    """What a whole message can ask for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


def read(text: str, *, refused: bool) -> Keyword | None:
    """The keyword that `text` is, courtesy and ornament aside; None for every other message.

    `refused`: messages to this number are stopped; only then a mere YES means START.
    """
    heard = _heard(text, refused=refused)
    return heard[0] if heard else None


def refuses(text: str) -> bool:
    """Whether `text`, as a whole and courtesy aside, says in words that no more messages are wanted (C4)."""
    if len(text) > LONGEST:
        return False
    left, heard = _plain(text), False
    while left:
        refused = next((phrase for phrase in _refusing() if left[: len(phrase)] == phrase), None)
        beside = refused or next((phrase for phrase in _around() if left[: len(phrase)] == phrase), None)
        if beside is None:
            return False
        left, heard = left[len(beside) :], heard or refused is not None
    return heard


def asks_what_writes(text: str) -> bool:
    """Whether `text`, courtesy aside, asks if a person or a program writes here (P6)."""
    return len(text) <= LONGEST and _without_courtesy(_plain(text)) in _questions()


def language(text: str, spoken: str) -> str:
    """The language in which the keyword `text` is best confirmed: `spoken` (BCP 47), unless it lacks this word.
    Everybody sends the English words."""
    heard = _heard(text, refused=True)
    languages = heard[1] if heard else ()
    own = spoken.replace("_", "-").split("-")[0].lower()
    return spoken if {own, "en"} & set(languages) or not languages else languages[0]


def _heard(text: str, *, refused: bool) -> tuple[Keyword, Words] | None:
    if len(text) > LONGEST:
        return None
    words = _without_courtesy(_plain(text))
    if not words:
        return None
    table = _table()
    # "opt out", "OPT-OUT" and "o.p.t.o.u.t" are one word; "stop stop" is the same word twice.
    meant = table.get("".join(words)) or next(iter(_all_the_same(words)), None)
    if meant is None or (meant[0] == "yes" and not refused):
        return None
    return Keyword.START if meant[0] == "yes" else Keyword(meant[0]), meant[1]


def _all_the_same(words: Words) -> Iterator[tuple[str, Words]]:
    found = [_table().get(word) for word in words]
    first = found[0]
    if first is not None and all(one is not None and one[0] == first[0] for one in found):
        yield first


def _plain(text: str) -> Words:
    """The words of `text` in lower case, without accents, punctuation, emoji and invisible characters."""
    # Compatibility forms first: full-width and styled letters become plain ones.
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = []
    for character in spread:
        kind = unicodedata.category(character)
        if kind in ("Mn", "Me", "Cf") or character in "'\u2019":
            continue
        kept.append(character if kind[0] in "LN" else " ")
    return tuple("".join(kept).split())


def _without_courtesy(words: Words) -> Words:
    phrases = _courtesy()
    before: Sequence[str] | None = None
    while words != before:
        before = words
        for phrase in phrases:
            if words[: len(phrase)] == phrase:
                words = words[len(phrase) :]
            if words and words[-len(phrase) :] == phrase:
                words = words[: -len(phrase)]
    return words


@cache
def _courtesy() -> tuple[Words, ...]:
    """The longest first."""
    return _longest_first(policies.keywords().courtesy)


@cache
def _refusing() -> tuple[Words, ...]:
    """The longest first."""
    return _longest_first(policies.keywords().refusals.phrases)


@cache
def _around() -> tuple[Words, ...]:
    """The longest first."""
    policy = policies.keywords()
    return _longest_first(policy.refusals.around, policy.courtesy)


@cache
def _questions() -> frozenset[Words]:
    return frozenset(_longest_first(policies.keywords().asks_what_writes))


def _longest_first(*lists: WordsByLanguage) -> tuple[Words, ...]:
    phrases = {_plain(phrase) for by_language in lists for each in by_language.values() for phrase in each}
    return tuple(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))


@cache
def _table() -> dict[str, tuple[str, Words]]:
    """What each word means, and in which languages, under the word without spaces."""
    policy = policies.keywords()
    lists: dict[str, WordsByLanguage] = {
        "stop": policy.stop, "start": policy.start, "yes": policy.yes, "help": policy.help
    }  # fmt: skip
    table: dict[str, tuple[str, Words]] = {}
    for meaning, by_language in lists.items():
        for spoken, words in by_language.items():
            for word in words:
                key = "".join(_plain(word))
                table[key] = (meaning, (*table.get(key, (meaning, ()))[1], spoken))
    return table
