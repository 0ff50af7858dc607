"""What a message is in numbers: the terms as scikit-learn weighs them, the meaning beside them."""

import numpy as np
import pytest
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.inside_rasa.features import MEANING_SHARE, Features

TEXTS = [
    "hello there", "hi", "good morning to you", "hey, hello", "how much do I owe", "what is my balance",
    "my balance please", "I want a payment plan", "can I pay in instalments", "split it in 4 parts", "no no no",
]  # fmt: skip


def plain(text: str) -> str:
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text.lower()).split())


def test_known_terms_weigh_what_they_weigh_in_scikit_learn() -> None:
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, preprocessor=plain)
    theirs = hstack([words.fit_transform(TEXTS), pieces.fit_transform(TEXTS)]).toarray()
    ours, _ = Features.of(TEXTS).matrices(TEXTS)
    assert ours.toarray() == pytest.approx(theirs, abs=1e-6)


def test_an_unknown_term_takes_weight_from_the_known_ones_and_has_none_itself() -> None:
    features = Features.of(TEXTS)
    rows = features.matrices(["my balance", "my balance xylophonist"])[0].toarray()[:, : len(features.words.columns)]
    alone, beside = np.linalg.norm(rows, axis=1)
    assert alone == pytest.approx(1.0)
    assert 0.5 < beside < 1.0
    assert ((rows[0] > 0) == (rows[1] > 0)).all()


def test_a_meaning_has_its_share_of_length_and_an_empty_text_has_none() -> None:
    _, meanings = Features.of(TEXTS).matrices(["my balance please", ""])
    assert np.linalg.norm(meanings, axis=1) == pytest.approx([MEANING_SHARE, 0.0], abs=1e-5)


def test_a_word_without_its_accents_is_the_same_word() -> None:
    features = Features.of([*TEXTS, "¿cuánto debo todavía?", "não entendi a cobrança"])
    for written, hurried in (("cuánto debo todavía", "cuanto debo todavia"), ("não entendi", "nao entendi")):
        (first, second), meanings = features.matrices([written, hurried])
        assert (first != second).nnz == 0, written
        assert meanings[0] == pytest.approx(meanings[1], abs=1e-6)
