"""A calibrated multinomial logistic regression over TF-IDF terms, kept as plain arrays: loading it runs no code."""

from __future__ import annotations

import json
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, List, Sequence, Tuple

import numpy as np
import numpy.typing as npt

from bot.inside_rasa.terms import Vocabulary, character_terms, word_terms, words

logger = logging.getLogger(__name__)

ARRAYS = "linear_model.npz"
TERMS = "linear_model.json"
LIKELY_TEMPERATURES = np.geomspace(0.25, 4.0, 65)

Numbers = npt.NDArray[np.float64]


@dataclass
class LinearModel:
    """The intents and, for every term, how much it speaks for each of them.

    Logits are divided by `temperature`, which is found on examples that the model was not trained on, so that a
    confidence of 0.7 is right about seven times in ten.
    """

    intents: List[str]
    word_vocabulary: Vocabulary
    piece_vocabulary: Vocabulary
    coefficients: npt.NDArray[np.float32]
    intercepts: Numbers
    temperature: float

    @classmethod
    def learn(cls, texts: Sequence[str], intents: Sequence[str], penalty: float, folds: int) -> LinearModel:
        """Fits the model; every intent counts the same however many examples it has.

        `penalty` is scikit-learn's C; `folds` how many times a part is held back to find the temperature (an intent
        with fewer examples than folds lowers it; below two the temperature stays 1).
        """
        word_lists = [word_terms(text) for text in texts]
        piece_lists = [[piece for word in words(text) for piece in character_terms(word)] for text in texts]
        word_vocabulary, piece_vocabulary = Vocabulary.of(word_lists), Vocabulary.of(piece_lists)
        names = sorted(set(intents))
        labels = np.array([names.index(intent) for intent in intents])
        model = cls(names, word_vocabulary, piece_vocabulary, np.zeros((0, 0), np.float32), np.zeros(0), 1.0)
        matrix = model._matrix(texts)
        logger.info("Learning %d intents from %d examples …", len(names), len(texts))
        fitted = _fit(matrix, labels, penalty)
        model.coefficients = np.ascontiguousarray(_weights(fitted).T.astype(np.float32))
        model.intercepts = _intercepts(fitted)
        model.temperature = _temperature(matrix, labels, penalty, min(folds, int(np.bincount(labels).min())))
        return model

    def chances(self, text: str) -> Tuple[Numbers, bool]:
        """The probability of each intent, and whether the text holds anything that can be read."""
        chances, readable = self.chances_of([text])
        return chances[0], bool(readable[0])

    def chances_of(self, texts: Sequence[str]) -> Tuple[Numbers, npt.NDArray[np.bool_]]:
        """The same for several texts, a row each, in one matrix product."""
        matrix = self._matrix(texts)
        # of one kind with the coefficients, else the product would first copy all of them
        logits = (self.intercepts + matrix.astype(np.float32) @ self.coefficients) / self.temperature
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True), np.diff(matrix.indptr) > 0

    def write(self, folder: Path) -> None:
        """Writes two files into a folder."""
        np.savez(
            folder / ARRAYS,
            coefficients=self.coefficients,
            intercepts=self.intercepts,
            word_weights=self.word_vocabulary.weights,
            piece_weights=self.piece_vocabulary.weights,
        )
        described = {
            "intents": self.intents,
            "temperature": self.temperature,
            "words": {"terms": list(self.word_vocabulary.columns), "unknown": self.word_vocabulary.unknown},
            "pieces": {"terms": list(self.piece_vocabulary.columns), "unknown": self.piece_vocabulary.unknown},
        }
        (folder / TERMS).write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> LinearModel:
        """Reads them back; raises FileNotFoundError or ValueError when they are missing or damaged."""
        described = json.loads((folder / TERMS).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            return cls(
                described["intents"],
                _vocabulary(described["words"], arrays["word_weights"]),
                _vocabulary(described["pieces"], arrays["piece_weights"]),
                arrays["coefficients"],
                arrays["intercepts"],
                described["temperature"],
            )

    def _vector(self, text: str) -> Tuple[npt.NDArray[np.int64], Numbers]:
        spoken = self.word_vocabulary.vector(*self.word_vocabulary.counts_of_terms(word_terms(text)))
        pieces = self.piece_vocabulary.vector(*self.piece_vocabulary.counts_of_pieces(words(text)))
        columns = np.concatenate([spoken[0], pieces[0] + len(self.word_vocabulary.columns)])
        return columns, np.concatenate([spoken[1], pieces[1]])

    def _matrix(self, texts: Sequence[str]) -> Any:
        from scipy.sparse import csr_matrix

        rows = [self._vector(text) for text in texts]
        bounds = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        width = len(self.word_vocabulary.columns) + len(self.piece_vocabulary.columns)
        columns = np.concatenate([columns for columns, _ in rows])
        values = np.concatenate([values for _, values in rows])
        return csr_matrix((values, columns, bounds), shape=(len(texts), width))


def _vocabulary(described: Any, weights: Numbers) -> Vocabulary:
    return Vocabulary({term: at for at, term in enumerate(described["terms"])}, weights, described["unknown"])


def _fit(matrix: Any, labels: npt.NDArray[np.int64], penalty: float) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    # Threads of the linear algebra cost more here than they give; the last iterations change nothing that is seen.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=penalty, class_weight="balanced", max_iter=100, tol=1e-3).fit(matrix, labels)


def _weights(fitted: Any) -> Numbers:
    """One row an intent; of two intents scikit-learn keeps only the second's, as the difference between them."""
    rows: Numbers = fitted.coef_
    return rows if len(rows) > 1 else np.vstack([-rows / 2, rows / 2])


def _intercepts(fitted: Any) -> Numbers:
    offsets: Numbers = fitted.intercept_
    return offsets if len(offsets) > 1 else np.concatenate([-offsets / 2, offsets / 2])


def _temperature(matrix: Any, labels: npt.NDArray[np.int64], penalty: float, folds: int) -> float:
    """The temperature that makes held-back examples likeliest."""
    if folds < 2:
        return 1.0
    from sklearn.model_selection import StratifiedKFold

    logits = np.zeros((len(labels), int(labels.max()) + 1))
    parts = StratifiedKFold(folds, shuffle=True, random_state=0).split(matrix, labels)
    for number, (known, held) in enumerate(parts, start=1):
        logger.info("Calibrating the intents, part %d of %d …", number, folds)
        fitted = _fit(matrix[known], labels[known], penalty)
        logits[held] = matrix[held] @ _weights(fitted).T + _intercepts(fitted)
    losses = [_loss(logits / temperature, labels) for temperature in LIKELY_TEMPERATURES]
    return float(LIKELY_TEMPERATURES[int(np.argmin(losses))])


def _loss(logits: Numbers, labels: npt.NDArray[np.int64]) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]))
