"""A card number in a message is spoken of once, and never in a grave matter (P3, C12)."""

from __future__ import annotations

import pytest

from actions.care.care import ReportVulnerability
from actions.paying.payments import MakePayment, PaymentForm
from tests.actions.scene import Scene

TEXT = "my card is [card number removed], take 50"


async def test_the_customer_is_told_that_the_number_was_taken_out(scene: Scene) -> None:
    answer = await scene.run(MakePayment(), TEXT, "make_payment")
    assert answer.responses[0] == "utter_card_removed"
    assert answer.responses.count("utter_card_removed") == 1


async def test_in_a_form_it_is_told_as_well(scene: Scene) -> None:
    answer = await scene.run(PaymentForm(), TEXT, "make_payment", loop="payment_form", requested="amount")
    assert answer.responses == ["utter_card_removed"]


@pytest.mark.parametrize("text", ["take 50", ""])
async def test_without_one_there_is_no_word_of_it(scene: Scene, text: str) -> None:
    answer = await scene.run(MakePayment(), text, "make_payment")
    assert "utter_card_removed" not in answer.responses


async def test_in_a_grave_matter_there_is_no_word_of_it(scene: Scene) -> None:
    answer = await scene.run(ReportVulnerability(), f"{TEXT}, I am in hospital", "report_vulnerability")
    assert "utter_card_removed" not in answer.responses
