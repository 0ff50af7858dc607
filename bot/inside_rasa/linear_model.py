"""A calibrated linear model over terms and meanings, kept as plain arrays: loading it runs no code of the model's."""

from __future__ import annotations

import json
import logging
import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, List, Mapping, Sequence, Tuple

import numpy as np
import numpy.typing as npt

from bot.inside_rasa.features import Features, every
from bot.inside_rasa.terms import Vocabulary

logger = logging.getLogger(__name__)

ARRAYS = "linear_model.npz"
TERMS = "linear_model.json"
LIKELY_TEMPERATURES = np.geomspace(0.05, 4.0, 89)
USUAL = (0.2, 0.7, 0.8)
"""The temperatures of the borders, of naive Bayes, and of their sum, where too few examples are there to find them."""
SMOOTHING = 0.03
TINY = 1e-12

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass
class LinearModel:
    """The intents and, for every term and every side of a meaning, how much it speaks for each of them.

    Two judges are added up: a support vector machine, which draws borders between intents from all that it is shown,
    and a naive Bayes classifier over words and pairs of words, which knows what each intent is made of and errs
    elsewhere. Both are linear, so together they are one matrix. They are divided by temperatures that are found on
    examples that they were not trained on, so that a confidence of 0.7 is right about seven times in ten.
    """

    intents: List[str]
    features: Features
    coefficients: npt.NDArray[np.float32]
    intercepts: Numbers

    @classmethod
    def learn(
        cls, texts: Sequence[str], intents: Sequence[str], penalty: float, bayes_share: float, folds: int
    ) -> LinearModel:
        """Fits the model; every intent counts the same however many examples it has.

        `penalty` is scikit-learn's C; `bayes_share` how much of the verdict is naive Bayes's, 0 to 1; one in `folds` is
        held back to find the temperatures (an intent with fewer examples lowers it; below two they are those that were
        found for the product's own training data).
        """
        names = sorted(set(intents))
        labels = np.array([names.index(intent) for intent in intents])
        features = Features.of(texts)
        matrix = every(features.matrices(texts))
        known = len(features.words.columns)
        logger.info("Learning %d intents from %d examples …", len(names), len(texts))
        borders, contents = _fit(matrix, labels, penalty), _count(matrix[:, :known], labels)
        folds = min(folds, int(np.bincount(labels).min()))
        weight, bayes_weight, temperature = _weights(matrix, labels, penalty, known, bayes_share, folds)
        rows = weight * borders[0]
        rows[:, :known] += bayes_weight * contents
        coefficients = np.ascontiguousarray((rows / temperature).T.astype(np.float32))
        return cls(names, features, coefficients, weight * borders[1] / temperature)

    def expect(self, priors: Mapping[str, float]) -> None:
        """Takes an intent to be said so many times as often as another, from now on."""
        for intent, times in priors.items():
            self.intercepts[self.intents.index(intent)] += math.log(times)

    def chances_of(self, texts: Sequence[str]) -> Numbers:
        """The probability of each intent, a row for each text."""
        terms, meanings = self.features.matrices(texts)
        known = terms.shape[1]
        return _softmax(self.intercepts + terms @ self.coefficients[:known] + meanings @ self.coefficients[known:])

    def write(self, folder: Path) -> None:
        """Writes two files into a folder."""
        np.savez(
            folder / ARRAYS,
            coefficients=self.coefficients,
            intercepts=self.intercepts,
            word_weights=self.features.words.weights,
            piece_weights=self.features.pieces.weights,
            centre=self.features.centre,
        )
        described = {
            "intents": self.intents,
            "vectors": self.features.vectors.name,
            "words": _described(self.features.words),
            "pieces": _described(self.features.pieces),
        }
        (folder / TERMS).write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> LinearModel:
        """Reads them back.

        Raises FileNotFoundError or ValueError when they are missing, damaged, or made with other word vectors.
        """
        described = json.loads((folder / TERMS).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            features = Features(
                _vocabulary(described["words"], arrays["word_weights"]),
                _vocabulary(described["pieces"], arrays["piece_weights"]),
                arrays["centre"],
            )
            if described["vectors"] != features.vectors.name:
                raise ValueError("The model was trained with other word vectors than are installed: train it anew.")
            return cls(described["intents"], features, arrays["coefficients"], arrays["intercepts"])


def _described(vocabulary: Vocabulary) -> Any:
    return {"terms": list(vocabulary.columns), "unknown": vocabulary.unknown}


def _vocabulary(described: Any, weights: Numbers) -> Vocabulary:
    return Vocabulary({term: at for at, term in enumerate(described["terms"])}, weights, described["unknown"])


def _fit(matrix: Any, labels: Labels, penalty: float) -> Tuple[Numbers, Numbers]:
    """A row of weights and an intercept for each intent against all others."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC
    from threadpoolctl import threadpool_limits

    # Threads of the linear algebra cost more here than they give; the last iterations change nothing that is seen.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = LinearSVC(C=penalty, class_weight="balanced", max_iter=150, tol=0.03, random_state=0)
        fitted.fit(matrix, labels)
    rows, offsets = fitted.coef_, fitted.intercept_
    if len(rows) == 1:  # of two intents scikit-learn keeps only the second's, as the difference between them
        return np.vstack([-rows / 2, rows / 2]), np.concatenate([-offsets / 2, offsets / 2])
    return rows, offsets


def _count(matrix: Any, labels: Labels) -> Numbers:
    """A row for each intent: the logarithm of how much of what is said for it each word and pair of words makes up."""
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.utils.class_weight import compute_sample_weight

    fitted = MultinomialNB(alpha=SMOOTHING, fit_prior=False)
    fitted.fit(matrix, labels, sample_weight=compute_sample_weight("balanced", labels))
    rows: Numbers = fitted.feature_log_prob_
    return rows


def _weights(
    matrix: Any, labels: Labels, penalty: float, known: int, bayes_share: float, folds: int
) -> Tuple[float, float, float]:
    """What the margins of the two are multiplied with, and what their sum is divided by, to be held-back logits."""
    if folds < 2:
        return (1 - bayes_share) / USUAL[0], bayes_share / USUAL[1], USUAL[2]
    from sklearn.model_selection import StratifiedKFold

    logger.info("Calibrating the intents …")
    learnt, held = next(StratifiedKFold(folds, shuffle=True, random_state=0).split(matrix, labels))
    weights, intercepts = _fit(matrix[learnt], labels[learnt], penalty)
    contents = _count(matrix[learnt][:, :known], labels[learnt])
    margins, counted = matrix[held] @ weights.T + intercepts, matrix[held][:, :known] @ contents.T
    weight = (1 - bayes_share) / _temperature(margins, labels[held])
    bayes_weight = bayes_share / _temperature(counted, labels[held])
    return weight, bayes_weight, _temperature(weight * margins + bayes_weight * counted, labels[held])


def _temperature(logits: Numbers, labels: Labels) -> float:
    """The temperature that makes the labels likeliest."""
    own = np.arange(len(labels)), labels
    losses = [-np.mean(np.log(_softmax(logits / one)[own] + TINY)) for one in LIKELY_TEMPERATURES]
    return float(LIKELY_TEMPERATURES[int(np.argmin(losses))])


def _softmax(logits: Numbers) -> Numbers:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: Numbers = exponentials / exponentials.sum(axis=1, keepdims=True)
    return chances
