"""What word vectors promise: like things have like vectors, and reading them runs nothing of the package."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.inside_rasa.word_vectors import shipped

ROOT = Path(__file__).parents[2]


def likeness(one: str, other: str) -> float:
    first, second = shipped().means([one, other])
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))


@pytest.mark.parametrize(
    ("word", "like", "unlike"),
    [
        ("lawyer", "attorney", "invoice"),
        ("my mother died", "mum passed away", "send me a receipt"),
        ("phone me", "give me a call", "I am bankrupt"),
    ],
)
def test_what_means_alike_lies_nearer(word: str, like: str, unlike: str) -> None:
    assert likeness(word, like) > likeness(word, unlike) + 0.1


def test_capitals_curly_quotes_and_signs_change_nothing() -> None:
    one, other = shipped().means(["I can't pay 😢", "i can’t PAY"])
    assert one == pytest.approx(other)


@pytest.mark.parametrize("text", ["", " ", "😀", "\x00"])
def test_a_text_without_words_means_nothing(text: str) -> None:
    assert not shipped().means([text]).any()


def test_reading_them_does_not_import_the_package() -> None:
    """It asks for a newer numpy and pydantic than Rasa allows, and logs on import."""
    script = (
        "import sys; from bot.inside_rasa.word_vectors import shipped; shipped().means(['a']); "
        "sys.exit('wordllama' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
