"""How easily a text is read, by the measure that its language has (K12). Pure.

English: the years of school of Flesch and Kincaid (1975), at most eight. Spanish: the ease of reading of Fernández
Huerta (1959), at least 60, which is the seventh or eighth year. Portuguese: Flesch's ease as Martins, Ghiraldelo, Nunes
and de Oliveira (1996) fitted it, at least 50, which is the fifth to eighth year.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pyphen

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_END = re.compile(r"[.?!:]+(?:\s|$)|\n\s*\n")
_VOWELS = re.compile(r"[aeiouyáéíóúâêôãõàüï]+", re.IGNORECASE)
_SILENT = re.compile(r"[^aeiouyl]e$|[^aeiouytd]ed$|[^aeiouysxzc]es$")
# Fewer words have no grade worth the name: one long word decides it.
LEAST_WORDS = 10


@dataclass(frozen=True, slots=True)
class Measure:
    """A formula of words a sentence and syllables a word, and what is still easy by it."""

    name: str
    dictionary: str
    formula: Callable[[float, float], float]
    limit: float
    is_ease: bool


@dataclass(frozen=True, slots=True)
class Grade:
    """What a measure says of one text."""

    measure: Measure
    value: float

    @property
    def is_easy(self) -> bool:
        """Whether it is within what the measure allows."""
        return self.value >= self.measure.limit if self.measure.is_ease else self.value <= self.measure.limit


MEASURES = {
    "en": Measure("Flesch-Kincaid grade", "en_US", lambda words, beats: 0.39 * words + 11.8 * beats - 15.59, 8, False),
    "es": Measure("Fernández Huerta", "es", lambda words, beats: 206.84 - 60 * beats - 1.02 * words, 60, True),
    "pt": Measure("Flesch (Martins)", "pt_BR", lambda words, beats: 248.835 - 84.6 * beats - 1.015 * words, 50, True),
}


def grade(text: str, language: str) -> Grade | None:
    """What the measure of `language` (ISO 639-1) says of `text`; None for a text that is too short, or a language that
    has no measure here."""
    words = _WORD.findall(text)
    measure = MEASURES.get(language)
    if measure is None or len(words) < LEAST_WORDS:
        return None
    sentences = max(len(_END.findall(text)), 1)
    beats = sum(_syllables(word.lower(), language, measure.dictionary) for word in words)
    return Grade(measure, measure.formula(len(words) / sentences, beats / len(words)))


def _syllables(word: str, language: str, dictionary: str) -> int:
    """Hyphens miss those of one letter ("o-pen"), and groups of vowels those that meet: the greater of the two."""
    groups = len(_VOWELS.findall(word))
    silent = language == "en" and _SILENT.search(word) is not None
    return max(len(_hyphens(dictionary).positions(word)) + 1, groups - silent, 1)


@cache
def _hyphens(dictionary: str) -> pyphen.Pyphen:
    return pyphen.Pyphen(lang=dictionary)
