"""What is out of bounds is said in the language that is spoken, and kindly (K12, S4)."""

from __future__ import annotations

import pytest

from actions.paying.payments import MakePayment
from bot import policies
from bot.errors import InvalidInput, Reason
from bot.policies.refusal import RefusalsPolicy
from tests.actions.scene import Scene
from tests.kindness import banned

REST = "pay $260.30"  # of the $260.50 that are open, which would leave what no card can pay


@pytest.mark.parametrize("language", ["es", "pt"])
async def test_an_amount_that_cannot_be_paid_is_refused_in_the_customers_language(scene: Scene, language: str) -> None:
    answer = await scene.run(MakePayment(), REST, "make_payment", slots={"language": language})
    sentence = policies.refusals().sentence(Reason.SMALL_REST, language)
    assert answer.responses == ["utter_refused"]
    assert sentence is not None
    assert sentence in answer.text
    assert "leave" not in answer.text


async def test_in_english_the_error_speaks_for_itself(scene: Scene) -> None:
    answer = await scene.run(MakePayment(), REST, "make_payment")
    assert "That would leave $0.20" in answer.text


def test_an_error_without_a_reason_is_still_said_in_every_language() -> None:
    error = InvalidInput("No.")
    assert all(policies.refusals().sentence(error.reason, language) for language in ("es", "pt"))
    assert policies.refusals().sentence(error.reason, "en") is None


def test_k2_k5_no_sentence_presses() -> None:
    sentences = [sentence for said in policies.refusals().root.values() for sentence in said.values()]
    assert [found for sentence in sentences if (found := banned(sentence))] == []


@pytest.mark.parametrize(
    ("sentences", "says"),
    [({"other": "No."}, "es lacks day"), (dict.fromkeys(Reason, "No, {amount}."), "without braces")],
)
def test_a_language_is_whole_and_plain(sentences: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        RefusalsPolicy.model_validate({"es": sentences})
