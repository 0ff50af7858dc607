"""What hearing clauses singly promises: a sensitive matter is heard beside an ordinary wish (rules C12, C13)."""

from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.inside_rasa.classifier import IntentClassifier
from bot.inside_rasa.clauses import clauses_of, others
from bot.inside_rasa.guard import gravest

THRESHOLDS = {"express_crisis": 0.5, "request_human": 0.6, "dispute_debt": 0.9}


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("I want to pay, but I lost my job", ["I want to pay", "I lost my job"]),
        ("send a receipt please. Stop texting me!", ["send a receipt please", "Stop texting me"]),
        ("how much is it\nI never got it", ["how much is it", "I never got it"]),
        ("the card is new - take it off there", ["the card is new", "take it off there"]),
        ("SEND THE LINK AND LEAVE ME ALONE", ["SEND THE LINK", "LEAVE ME ALONE"]),
        ("I moved house also my mother died plus I am ill", ["I moved house", "my mother died", "I am ill"]),
        ("it is over there.i cannot go on", ["it is over there", "i cannot go on"]),
        ("quiero pagar hoy, pero perdí el trabajo", ["quiero pagar hoy", "perdí el trabajo"]),
        ("¿me manda el recibo? y dejen de escribirme", ["me manda el recibo", "dejen de escribirme"]),
        ("eu quero pagar mas estou sem emprego", ["eu quero pagar", "estou sem emprego"]),
        ("manda o boleto pra mim e parem de ligar", ["manda o boleto pra mim", "parem de ligar"]),
    ],
)
def test_a_text_parts_at_marks_line_ends_and_joining_words(text: str, clauses: list[str]) -> None:
    assert clauses_of(text) == clauses


@pytest.mark.parametrize(
    "text",
    [
        "",
        "how much do I owe",
        "how much do I owe?!",
        "I owe 1,200.50 in all",
        "a well-known sandwich butler sobs",
        "yes, but no, and so on",
        " " * 8000,
    ],
)
def test_a_text_that_is_one_clause_or_has_only_short_ones_has_none(text: str) -> None:
    assert clauses_of(text) == []


def test_a_clause_said_again_and_again_is_heard_once() -> None:
    assert clauses_of("leave me alone now, leave me alone now. thanks") == ["leave me alone now"]


def test_a_clause_wins_from_its_threshold_on() -> None:
    assert gravest("make_payment", [("request_human", 0.6), ("make_payment", 0.99)], THRESHOLDS) == (
        "request_human",
        0.6,
    )
    assert gravest("make_payment", [("request_human", 0.59), ("dispute_debt", 0.89)], THRESHOLDS) is None


def test_of_several_clauses_the_gravest_wins_and_not_the_surest() -> None:
    heard = [("dispute_debt", 0.99), ("express_crisis", 0.4), ("express_crisis", 0.55), ("request_human", 0.9)]
    assert gravest("nlu_fallback", heard, THRESHOLDS) == ("express_crisis", 0.55)


def test_a_clause_never_makes_a_message_less_grave() -> None:
    """C12: who speaks of despair and of an invoice is heard as in despair."""
    assert gravest("express_crisis", [("request_human", 1.0), ("express_crisis", 1.0)], THRESHOLDS) is None


def test_a_message_that_is_grave_itself_needs_a_surer_clause_save_the_gravest() -> None:
    """C12: two sensitive matters are easily taken for one another; despair is heard all the same."""
    assert gravest("dispute_debt", [("request_human", 0.9)], THRESHOLDS) is None
    assert gravest("dispute_debt", [("request_human", 0.99)], THRESHOLDS) == ("request_human", 0.99)
    assert gravest("dispute_debt", [("express_crisis", 0.5)], THRESHOLDS) == ("express_crisis", 0.5)


def test_other_wishes_are_those_of_clauses_in_order_once_each_and_without_talk() -> None:
    spoken = [
        ("hello there you", "greet", 0.9),
        ("send a receipt", "request_receipt", 0.8),
        ("stop texting me", "cease_contact", 0.9),
        ("and a receipt again", "request_receipt", 0.9),
        ("the weather is fine", "out_of_scope", 0.9),
        ("how much is it", "check_balance", 0.5),
        ("or perhaps a plan", "request_plan", 0.49),
    ]
    assert others(spoken, "cease_contact", 0.5) == [
        {"name": "request_receipt", "confidence": 0.8, "text": "send a receipt"},
        {"name": "check_balance", "confidence": 0.5, "text": "how much is it"},
    ]


@pytest.fixture(scope="module")
def agent(model: Path) -> Agent:
    return Agent.load(str(model))


async def understood(agent: Agent, text: str) -> Any:
    return await agent.parse_message(text)


@pytest.mark.parametrize(
    "text",
    [
        "how much do I owe, what is my balance and let me talk to a person",
        "Let me talk to a person. I would like a payment plan, can I pay in instalments? Split it into parts.",
    ],
)
async def test_a_person_asked_for_beside_something_else_is_heard(agent: Agent, text: str) -> None:
    """C13: a customer who asks for a person is recognised every time."""
    found = await understood(agent, text)
    assert found["intent"]["name"] == "request_human"
    assert found["intent"]["clause"] is True
    # the ranking stays that of the whole message, for whoever looks at how it was heard
    assert found["intent_ranking"][0]["name"] != "request_human"
    assert [ranked["name"] for ranked in found["intent_ranking"]].count("request_human") == 1


async def test_the_parse_names_the_other_wishes_of_a_message_and_never_lacks_the_list(agent: Agent) -> None:
    """The second wish of a message is remembered and offered."""
    found = await understood(agent, "Let me talk to a person. Can I pay in instalments? How much do I owe.")
    assert found["intent"]["name"] == "request_human"
    assert [wish["name"] for wish in found["also"]] == ["request_plan", "check_balance"]
    assert found["also"][0]["text"] == "Can I pay in instalments"
    assert found["also"][0]["confidence"] > 0.5
    for text in ("how much do I owe", "hello. bye", "", "😀"):
        assert (await understood(agent, text))["also"] == []


@pytest.mark.parametrize("text", ["how much do I owe, and what is my balance", "let me talk to a person", "hello. bye"])
async def test_a_message_that_decides_itself_bears_no_mark(agent: Agent, text: str) -> None:
    found = await understood(agent, text)
    assert found["intent"] == found["intent_ranking"][0]
    assert "clause" not in found["intent"]


def classifier(folder: Path, **config: Any) -> IntentClassifier:
    """An untrained classifier that keeps what it learns in a folder."""
    merged = {**IntentClassifier.get_default_config(), **config}
    return IntentClassifier(merged, LocalModelStorage(folder), Resource("classifier"))


def test_without_thresholds_clauses_are_not_heard(tmp_path: Path) -> None:
    texts = {"request_human": ["let me talk to a person", "I want an agent"], "greet": ["hello there", "hello you all"]}
    examples = TrainingData([Message.build(text, intent) for intent, all in texts.items() for text in all])
    said = "hello there, hello you all, hello everyone, let me talk to a person"
    heard = []
    for thresholds in ({}, {"request_human": 0.5}):
        trained = classifier(tmp_path, clause_thresholds=thresholds, folds=0)
        trained.train(examples)
        (message,) = trained.process([Message({"text": said})])
        heard.append(message.get("intent").get("clause", False))
    assert heard == [False, True]


def test_an_untrained_classifier_is_in_doubt_about_clauses_too(tmp_path: Path) -> None:
    untrained = classifier(tmp_path, clause_thresholds=THRESHOLDS)
    (message,) = untrained.process([Message({"text": "I want to pay, but let me talk to a person"})])
    assert message.get("intent")["name"] == "nlu_fallback"


def test_a_threshold_for_an_intent_without_examples_stops_the_training(tmp_path: Path) -> None:
    """C12: a slip in the name would leave nobody listening."""
    misspelt = classifier(tmp_path, clause_thresholds={"express_crysis": 0.5})
    with pytest.raises(InvalidConfigException, match="express_crysis"):
        misspelt.train(TrainingData([Message.build("hello", "greet"), Message.build("bye", "goodbye")]))
