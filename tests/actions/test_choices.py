"""Which plan, and whether it is a yes (K8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reading.choices import is_clear_yes, months, option

LENGTHS = (3, 4, 5, 6)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("the first one", 0),
        ("option 2", 1),
        ("the second one", 1),
        ("2nd", 1),
        ("b", 1),
        ("4 months", 1),
        ("four", 1),
        ("over four months please", 1),
        ("6", 3),
        ("2", 1),
        ("option 4", 3),
        ("last one", 3),
        ("the longest", 3),
        ("the cheapest per month", 3),
        ("the one with smaller payments", 3),
        ("the shortest", 0),
        ("the bigger payments", 0),
        ("not the first one, the second", 1),
        ("i don't want 3 months, 6", 3),
        ("６ months", 3),
    ],
)
def test_a_choice_is_understood(text: str, index: int) -> None:
    assert option(text, LENGTHS) == index


@pytest.mark.parametrize(
    "text", ["", "3 or 4", "7 months", "option 9", "yes", "the middle one", "whatever", "not the first one"]
)
def test_an_unclear_choice_is_not_guessed(text: str) -> None:
    assert option(text, LENGTHS) is None


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes please",
        "ok",
        "sure, go ahead",
        "That's fine",
        "yep!",
        "👍",
        "Yes, set it up",
        "sounds good",
        "yeh go for it",
        "all good",
        "alright then",
        "ok thx",
        "yess please",
        "cool, note it down",
    ],
)
def test_a_plain_yes_is_a_yes(text: str) -> None:
    assert is_clear_yes(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "maybe",
        "I guess",
        "yes?",
        "yes but can we do 5",
        "yes if I can change it",
        "ok, why",
        "fine whatever happens",
        "ok can we do that",
        "yes the second",
        "yes 60",
    ],
)
def test_an_ambiguous_yes_is_no_agreement_k8(text: str) -> None:
    assert not is_clear_yes(text)


def test_a_yes_may_name_what_is_agreed_to() -> None:
    assert is_clear_yes("yes, end my plan", "end|my|plan")
    assert not is_clear_yes("yes, end my plan")
    assert not is_clear_yes("end my plan", "end|my|plan")


def test_k8_a_word_of_place_beside_something_else_chooses_nothing() -> None:
    beside = (
        "can i also pay 50 today on top",
        "that's a lot on top of my rent",
        "how long does it last",
        "i paid last month",
        "i need to pay my rent first",
        "first of all no",
        "the second half of march",
        "give me a second",
        "can i pay on the 4th",
        "the first of the month",
    )
    assert [text for text in beside if option(text, LENGTHS) is not None] == []
    for text, index in (("top", 0), ("the top one", 0), ("I'll take the 2nd", 1), ("the last", 3), ("first please", 0)):
        assert option(text, LENGTHS) == index, text


def test_a_length_is_read() -> None:
    assert months("can I pay over twelve months") == 12
    assert months("3 or 4 months, or 6 months") is None


@given(text=st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    option(text, LENGTHS)
    is_clear_yes(text)
