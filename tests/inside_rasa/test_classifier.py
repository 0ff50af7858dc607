"""What the classifier promises: it is right, knows when it is not, and is quick with anything."""

import time
from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.inside_rasa.linear_model import LinearModel

TEXTS = [
    "hello there", "hi", "good morning to you", "hey, hello",
    "how much do I owe", "what is my balance", "my balance please", "what do I owe you",
    "I want a payment plan", "can I pay in instalments", "split it in four parts", "a plan, please",
]  # fmt: skip
INTENTS = ["greet"] * 4 + ["check_balance"] * 4 + ["request_plan"] * 4


@pytest.fixture(scope="module")
def learnt() -> LinearModel:
    return LinearModel.learn(TEXTS, INTENTS, 10.0, 0)


def test_it_gives_the_probabilities_of_scikit_learns_own_pipeline(learnt: LinearModel) -> None:
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", sublinear_tf=True)
    pieces = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, preprocessor=lambda text: _plain(text)
    )
    matrix = hstack([words.fit_transform(TEXTS), pieces.fit_transform(TEXTS)]).tocsr()
    stock = LogisticRegression(C=10.0, class_weight="balanced", max_iter=200, tol=1e-3).fit(matrix, INTENTS)
    # only texts whose terms are all known: of unknown ones scikit-learn takes no note, and ours does on purpose
    for text, expected in zip(TEXTS, stock.predict_proba(matrix), strict=False):
        assert learnt.chances(text)[0] == pytest.approx(expected, abs=5e-3)


def _plain(text: str) -> str:
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text.lower()).split())


def test_what_was_learnt_survives_being_written_and_read(learnt: LinearModel, tmp_path: Path) -> None:
    learnt.write(tmp_path)
    read = LinearModel.read(tmp_path)
    for text in [*TEXTS, "something else", "", "😀"]:
        assert read.chances(text)[0] == pytest.approx(learnt.chances(text)[0])


def test_two_intents_are_enough() -> None:
    model = LinearModel.learn(TEXTS[:8], INTENTS[:8], 10.0, 2)
    assert model.intents == ["check_balance", "greet"]
    assert model.chances("hello")[0][1] > 0.7
    assert model.chances("my balance")[0][0] > 0.7


@pytest.fixture(scope="module")
def agent(model: Path) -> Agent:
    return Agent.load(str(model))


async def understood(agent: Agent, text: str) -> Any:
    return await agent.parse_message(text)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Hello!", "greet"),
        ("HOW MUCH do i owe???", "check_balance"),
        ("can i pay in installments", "request_plan"),
        ("let me tlak to a person", "request_human"),
    ],
)
async def test_what_was_meant_is_recognised_in_other_letters_and_with_slips(
    agent: Agent, text: str, intent: str
) -> None:
    found = await understood(agent, text)
    assert found["intent"]["name"] == intent
    assert found["intent"]["confidence"] > 0.5
    assert found["intent_ranking"][0] == found["intent"]


@pytest.mark.parametrize("text", ["", " ", "😀😀", "...", "?!", "qwzx vbkj fgpw", "汉字", "ыъ ыъ", "\u2060", "\x00"])
async def test_what_cannot_be_read_is_confidently_nothing(agent: Agent, text: str) -> None:
    found = await understood(agent, text)
    assert found["intent"]["name"] == "nlu_fallback"
    assert all(ranked["confidence"] < 0.5 for ranked in found["intent_ranking"])
    assert len(found["intent_ranking"]) >= 4


async def test_a_payload_passes(agent: Agent) -> None:
    found = await understood(agent, '/make_payment{"amount": "50"}')
    assert found["intent"] == {"name": "make_payment", "confidence": 1.0}
    assert found["entities"][0]["value"] == "50"


@pytest.mark.parametrize("text", ["a" * 8000, "a " * 4000, "how much do I owe, " * 421, "".join(map(chr, range(8000)))])
async def test_a_text_of_8000_characters_takes_less_than_a_tenth_of_a_second(agent: Agent, text: str) -> None:
    took: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        await understood(agent, text)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.1
