"""What the classifier promises: it is right, knows when it is not, and is quick with anything."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.core.agent import Agent
from rasa.shared.nlu.training_data.message import Message

from bot.inside_rasa.classifier import IntentClassifier, shared_out
from bot.inside_rasa.features import Features
from bot.inside_rasa.linear_model import TERMS, LinearModel
from bot.inside_rasa.word_vectors import shipped

TEXTS = [
    "hello there", "hi", "good morning to you", "hey, hello",
    "how much do I owe", "what is my balance", "my balance please", "what do I owe you",
    "I want a payment plan", "can I pay in instalments", "split it in four parts", "a plan, please",
]  # fmt: skip
INTENTS = ["greet"] * 4 + ["check_balance"] * 4 + ["request_plan"] * 4


def learn(texts: list[str], intents: list[str], folds: int = 0) -> LinearModel:
    return LinearModel.learn(texts, intents, penalty=1.0, bayes_share=0.4, folds=folds)


@pytest.fixture(scope="module")
def learnt() -> LinearModel:
    return learn(TEXTS, INTENTS)


def test_it_knows_what_it_was_taught_and_is_sure_in_shares_of_one(learnt: LinearModel) -> None:
    chances = learnt.chances_of(TEXTS)
    assert [learnt.intents[at] for at in chances.argmax(axis=1)] == INTENTS
    assert chances.sum(axis=1) == pytest.approx(1.0)


def test_the_same_data_makes_the_same_model() -> None:
    one, two = learn(TEXTS, INTENTS, folds=2), learn(TEXTS, INTENTS, folds=2)
    assert np.array_equal(one.coefficients, two.coefficients)
    assert np.array_equal(one.intercepts, two.intercepts)


def test_several_texts_get_what_each_gets_alone(learnt: LinearModel) -> None:
    asked = ["hello, I want to pay", "", "pay", "😀"]
    for text, row in zip(asked, learnt.chances_of(asked), strict=True):
        assert row == pytest.approx(learnt.chances_of([text])[0])


def test_a_text_of_which_half_is_known_can_be_read_and_another_script_cannot() -> None:
    features = Features.of(["hello there", "👍"])
    assert [features.readable(text) for text in ("hello", "HELO there!!", "👍", "你好", "…", "", "🐙")] == [
        True, True, True, False, False, False, False,
    ]  # fmt: skip


def test_an_intent_expected_more_often_is_heard_more_readily_and_the_shares_stay_whole() -> None:
    model = learn(TEXTS, INTENTS)
    (before,) = model.chances_of(["hello, my plan"])
    model.expect({"greet": 4.0})
    (after,) = model.chances_of(["hello, my plan"])
    at = model.intents.index("greet")
    assert after[at] / (1 - after[at]) == pytest.approx(4 * before[at] / (1 - before[at]))
    assert after.sum() == pytest.approx(1.0)


def test_who_speaks_another_language_is_heard_by_the_model_that_learnt_it(learnt: LinearModel) -> None:
    spanish = learn(["hola", "buenos dias", "cuanto debo", "mi saldo por favor"], ["greet", "greet", "owe", "owe"])
    config = {**IntentClassifier.get_default_config(), "others": ["es"]}
    classifier = IntentClassifier(config, None, None, learnt, spanish)  # type: ignore[arg-type]
    for text, metadata, intent in (
        ("cuánto debo", {"locale": "es-MX"}, "owe"),
        ("how much do I owe", {"locale": "en-US"}, "check_balance"),
        ("how much do I owe", {"locale": "es-MX"}, "check_balance"),  # it knows more of the words
        ("cuánto debo", {"locale": "en-US"}, "owe"),
        ("cuánto debo", None, "owe"),
    ):
        (message,) = classifier.process([Message({"text": text, "metadata": metadata})])
        assert message.get("intent")["name"] == intent, (text, metadata)


def test_examples_go_to_the_model_of_their_folder_and_what_is_said_in_both_to_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, lines in (("talk.yml", ["ok", "hello"]), ("es/talk.yml", ["ok", "hola"])):
        path = tmp_path / "data" / "nlu" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("nlu:\n- intent: greet\n  examples: |\n" + "".join(f"    - {line}\n" for line in lines))
    monkeypatch.chdir(tmp_path)
    examples = [(text, "greet") for text in ("ok", "hello", "hola", "reviewed elsewhere")]
    ours, theirs = shared_out(examples, ["es", "pt"])
    assert [text for text, _ in ours] == ["ok", "hello", "reviewed elsewhere"]
    assert [text for text, _ in theirs] == ["ok", "hola"]


def test_a_model_made_with_other_word_vectors_is_refused(learnt: LinearModel, tmp_path: Path) -> None:
    learnt.write(tmp_path)
    described = (tmp_path / TERMS).read_text("utf-8")
    (tmp_path / TERMS).write_text(described.replace(shipped().name, "another"), "utf-8")
    with pytest.raises(ValueError, match="train it anew"):
        LinearModel.read(tmp_path)


def test_what_was_learnt_survives_being_written_and_read(learnt: LinearModel, tmp_path: Path) -> None:
    learnt.write(tmp_path)
    read = LinearModel.read(tmp_path)
    texts = [*TEXTS, "something else", "", "😀"]
    assert read.chances_of(texts) == pytest.approx(learnt.chances_of(texts))


def test_two_intents_are_enough() -> None:
    model = learn(TEXTS[:8], INTENTS[:8], folds=2)
    assert model.intents == ["check_balance", "greet"]
    (hello, balance) = model.chances_of(["hello", "my balance"])
    assert hello[1] > 0.7
    assert balance[0] > 0.7


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
