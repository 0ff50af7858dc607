"""What an agent looks for, as words: nothing in it is an operator, however it is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.errors import InvalidInput

SHORTEST = 2
LONGEST = 40
MOST = 8

_WORD = re.compile(r"[^\W_]+")
# Words of fewer letters begin too many others.
_BEGINS_FROM = 3


@dataclass(frozen=True, slots=True)
class Words:
    """Words in small letters without accents, in the order written. All of them are looked for; the last, and those
    with digits, may be the beginning of a longer one."""

    all: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Words:
        """From what an agent wrote; raises `InvalidInput` for less than two letters or digits."""
        found = [word[:LONGEST] for word in _WORD.findall(fold(text[:1_000]))][:MOST]
        if sum(map(len, found)) < SHORTEST:
            raise InvalidInput("Write at least two letters or digits to look for.")
        return cls(tuple(dict.fromkeys(found)))

    def begins(self, word: str) -> bool:
        """Whether `word` may be the beginning of a longer one."""
        has_digit = any(map(str.isdigit, word))
        return has_digit or (word == self.all[-1] and len(word) >= _BEGINS_FROM)

    @property
    def digits(self) -> str:
        """The digits alone, as in a phone number or the middle of an account's."""
        return "".join(letter for letter in "".join(self.all) if letter.isascii() and letter.isdigit())

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where they stand in `text`, from and up to, in order."""
        found = []
        for part in _WORD.finditer(fold(text)):
            for word in self.all:
                if part.group() == word or (self.begins(word) and part.group().startswith(word)):
                    found.append((part.start(), part.start() + len(word)))
                    break
        return found


def fold(text: str) -> str:
    """Small letters without accents, each in its own place."""
    return "".join(_plain(letter) for letter in text)


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    base = unicodedata.normalize("NFKD", letter.lower())[0]
    # Only what the indexes fold as well: letters of the Latin script and the accents on them.
    return base if base.isascii() and base.isalpha() else letter.lower()[0]
