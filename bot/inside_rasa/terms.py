"""Word and character n-grams of a message, weighed as scikit-learn's TF-IDF weighs them, without its cost per call."""

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Dict, List, Tuple

import numpy as np
import numpy.typing as npt

WORD = re.compile(r"(?u)\b\w+\b|[\u2600-\u27bf\U0001f300-\U0001faff]")
WORD_SIZES = (1, 2)
CHARACTER_SIZES = (1, 2, 3, 4)
REMEMBERED_WORDS = 50_000
LONGEST_REMEMBERED = 30
UNKNOWN_SHARE = 0.25
"""How much an unknown term counts: with 1 a new word hides the known ones, with 0 gibberish looks like something."""


def words(text: str) -> List[str]:
    """The words of a text, in small letters without accents; digits and emoji count as words, other signs do not."""
    return WORD.findall(plain(text.lower()))


def plain(text: str) -> str:
    """A text without accents, which half of those leave out who write Spanish or Portuguese on a phone."""
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))


def word_terms(text: str) -> List[str]:
    """The words of a text and its pairs of neighbouring words."""
    found = words(text)
    return found + [f"{first} {second}" for first, second in pairwise(found)]


def character_terms(word: str) -> List[str]:
    """The one to four characters long pieces of a word between spaces, as scikit-learn's `char_wb` cuts them."""
    padded = f" {word} "
    terms: List[str] = []
    for size in CHARACTER_SIZES:
        terms.extend(padded[at : at + size] for at in range(max(1, len(padded) - size + 1)))
        if size >= len(padded):
            break
    return terms


@dataclass
class Vocabulary:
    """The terms that training met, each with its column and its inverse document frequency.

    `unknown` is the weight of a term that training never met. It counts in the length of a message's vector and in
    nothing else, so that a message made of unknown terms is near to no intent instead of near to whichever owns the
    one letter that it knows.
    """

    columns: Dict[str, int]
    weights: npt.NDArray[np.float64]
    unknown: float
    _pieces: Dict[str, Tuple[Tuple[int, ...], int]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, documents: List[List[str]]) -> "Vocabulary":
        """Learns the vocabulary of documents that are given as lists of terms."""
        frequency: Counter[str] = Counter()
        for terms in documents:
            frequency.update(set(terms))
        columns = {term: column for column, term in enumerate(sorted(frequency))}
        total = len(documents)
        weights = np.array([math.log((1 + total) / (1 + frequency[term])) + 1 for term in columns], dtype=np.float64)
        return cls(columns, weights, math.log(1 + total) + 1)

    def counts_of_terms(self, terms: List[str]) -> Tuple[Counter[int], int]:
        """How often each known column occurs, and how many terms are unknown."""
        counts: Counter[int] = Counter()
        unknown = 0
        for term in terms:
            column = self.columns.get(term)
            if column is None:
                unknown += 1
            else:
                counts[column] += 1
        return counts, unknown

    def counts_of_pieces(self, found: List[str]) -> Tuple[Counter[int], int]:
        """The same for the character pieces of words; a word met before costs one look-up."""
        counts: Counter[int] = Counter()
        unknown = 0
        for word, times in Counter(found).items():
            known, missing = self._pieces_of(word)
            unknown += missing * times
            for column in known:
                counts[column] += times
        return counts, unknown

    def known_share(self, found: List[str]) -> float:
        """How much of the pieces of these words training met, 0 to 1; 0 of no words."""
        counts, unknown = self.counts_of_pieces(found)
        known = sum(counts.values())
        return known / (known + unknown) if known else 0.0

    def _pieces_of(self, word: str) -> Tuple[Tuple[int, ...], int]:
        remembered = self._pieces.get(word)
        if remembered is None:
            columns = [self.columns.get(piece) for piece in character_terms(word)]
            known = tuple(column for column in columns if column is not None)
            remembered = (known, len(columns) - len(known))
            if len(word) <= LONGEST_REMEMBERED and len(self._pieces) < REMEMBERED_WORDS:
                self._pieces[word] = remembered
        return remembered

    def vector(self, counts: Counter[int], unknown: int) -> Tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Columns and values of the TF-IDF vector (1 + log of the count, length one with the unknown terms' share)."""
        columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))) * self.weights[columns]
        length = math.sqrt(float(values @ values) + unknown * (UNKNOWN_SHARE * self.unknown) ** 2)
        return columns, values / length if length else values
