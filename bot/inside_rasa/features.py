"""A message in numbers: how often it uses which words and pieces of words, and what its words mean on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Sequence, Tuple

import numpy as np
import numpy.typing as npt

from bot.inside_rasa.terms import Vocabulary, character_terms, word_terms, words
from bot.inside_rasa.word_vectors import WordVectors, shipped

MEANING_SHARE = 0.7
"""The length of the meaning's vector, where that of the words and that of their pieces is one each."""

LEAST_KNOWN = 0.5

Numbers = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]


@dataclass
class Features:
    """What training met: its words, their pieces, and the mean of what its sentences mean.

    A meaning counts as its difference from that mean, for most sentences here are about money and so alike.
    """

    words: Vocabulary
    pieces: Vocabulary
    centre: Vectors

    @classmethod
    def of(cls, texts: Sequence[str]) -> Features:
        """Learns them from the texts of the training data."""
        said = Vocabulary.of([word_terms(text) for text in texts])
        pieces = Vocabulary.of([[piece for word in words(text) for piece in character_terms(word)] for text in texts])
        return cls(said, pieces, shipped().means(texts).mean(axis=0))

    @property
    def vectors(self) -> WordVectors:
        """Where meanings come from."""
        return shipped()

    def matrices(self, texts: Sequence[str]) -> Tuple[Any, Vectors]:
        """A row for each text: of a sparse matrix of terms, and of a dense one of meanings."""
        from scipy.sparse import csr_matrix

        rows = [self._terms(text) for text in texts]
        bounds = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows])
        values = np.concatenate([values for _, values in rows]).astype(np.float32)
        width = len(self.words.columns) + len(self.pieces.columns)
        return csr_matrix((values, columns, bounds), shape=(len(texts), width)), self._meanings(texts)

    def readable(self, text: str) -> bool:
        """Whether at least half of the pieces of a text's words are known: other scripts and mere signs are not."""
        return self.pieces.known_share(words(text)) >= LEAST_KNOWN

    def known_words(self, text: str) -> float:
        """How many of a text's words training met, 0 to 1; 0 of no words."""
        found = words(text)
        return sum(word in self.words.columns for word in found) / len(found) if found else 0.0

    def _terms(self, text: str) -> Tuple[npt.NDArray[np.int64], Numbers]:
        said = self.words.vector(*self.words.counts_of_terms(word_terms(text)))
        pieces = self.pieces.vector(*self.pieces.counts_of_pieces(words(text)))
        columns = np.concatenate([said[0], pieces[0] + len(self.words.columns)])
        return columns, np.concatenate([said[1], pieces[1]])

    def _meanings(self, texts: Sequence[str]) -> Vectors:
        means = self.vectors.means(texts)
        apart = np.where(means.any(axis=1, keepdims=True), means - self.centre, 0)
        lengths = np.linalg.norm(apart, axis=1, keepdims=True)
        found: Vectors = MEANING_SHARE * apart / np.where(lengths, lengths, 1)
        return found


def every(features: Tuple[Any, Vectors]) -> Any:
    """Terms and meanings side by side in one sparse matrix, as they are learnt from."""
    from scipy.sparse import csr_matrix, hstack

    terms, meanings = features
    together: List[Any] = [terms, csr_matrix(meanings)]
    return hstack(together).tocsr()
