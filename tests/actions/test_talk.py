"""Small talk, and what goes wrong: never silence, never a lost state."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.balance import CheckBalance
from actions.deed import Deed
from actions.paying.payments import PaymentForm
from actions.talk.talk import Affirm, Cancel, Deny, Greet, Inform, NotUnderstood
from actions.turn import FORM_SLOTS, Events, Turn
from bot.db import Database
from bot.errors import Conflict, OutsideService, TooMany
from tests.actions.scene import Scene, responses


class Failing(Deed):
    """Raises what it is given."""

    title = "action_failing"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error or AssertionError("nothing to raise")

    async def act(self, turn: Turn) -> Events:
        """Fail."""
        raise self.error


async def test_a_stranger_is_greeted_by_a_program_that_implies_nothing_p1_p6(stranger: Scene) -> None:
    assert (await stranger.run(Greet(), "hi", "greet")).responses == ["utter_greet"]
    for variation in responses()["utter_greet"]:
        assert "not a person" in variation["text"]


async def test_a_known_customer_is_greeted_by_name(scene: Scene) -> None:
    assert "Maya" in (await scene.run(Greet(), "hi", "greet")).text


@pytest.mark.parametrize("text", ["hi, GT-1001", "hello it's maya@example.com"])
async def test_a_greeting_with_a_proof_begins_the_verification(stranger: Scene, text: str) -> None:
    assert (await stranger.run(Greet(), text, "greet")).loop == "verification_form"


@pytest.mark.parametrize("text", ["GT-1001", "482913", "maya@example.com"])
async def test_a_bare_proof_begins_the_verification(stranger: Scene, text: str) -> None:
    assert (await stranger.run(Inform(), text)).loop == "verification_form"


async def test_any_other_bare_fact_from_a_stranger_implies_nothing_p1(stranger: Scene) -> None:
    assert (await stranger.run(Inform(), "80.50")).responses == ["utter_what_next_unknown"]


async def test_a_length_goes_on_to_a_plan(scene: Scene) -> None:
    assert (await scene.run(Inform(), "6 months")).loop == "plan_form"


@pytest.mark.parametrize("action", [Cancel(), Deny()])
async def test_whatever_is_going_on_can_be_left_cleanly(scene: Scene, action: Deed) -> None:
    answer = await scene.run(
        action, "never mind", "cancel", loop="plan_form", slots={"plan": "x", "wish": {"intent": "y"}}
    )
    assert answer.responses == ["utter_left"]
    assert answer.loop is None
    assert all(answer.slots[name] is None for name in (*FORM_SLOTS, "wish", "offer", "requested_slot"))


async def test_leaving_the_verification_implies_nothing_p1(stranger: Scene) -> None:
    assert (await stranger.run(Cancel(), "never mind", "cancel", loop="verification_form")).responses == [
        "utter_left_unknown"
    ]


async def test_a_yes_inside_a_form_leaves_the_question_to_the_form(scene: Scene) -> None:
    answer = await scene.run(Affirm(), "yes", "affirm", loop="payment_form", requested="amount")
    assert (answer.said, answer.events) == ([], [])


async def test_an_offer_holds_for_the_next_message_only(scene: Scene) -> None:
    offer = {"intent": "make_payment", "text": "50", "entities": {}}
    answer = await scene.run(CheckBalance(), "how much", "check_balance", slots={"offer": offer})
    assert answer.slots == {"offer": None}


async def test_the_second_misunderstanding_in_a_row_offers_a_person(stranger: Scene) -> None:
    first = await stranger.run(NotUnderstood(), "asdf", "nlu_fallback", intents_before=("greet",))
    again = await stranger.run(NotUnderstood(), "asdf", "nlu_fallback", intents_before=("nlu_fallback",))
    assert (first.responses, again.responses) == (["utter_not_understood"], ["utter_not_understood_again"])
    payloads = [button["payload"] for button in responses()["utter_not_understood_again"][0]["buttons"]]
    assert payloads == ["/request_human"]


@pytest.mark.parametrize(
    ("error", "response"),
    [
        (RuntimeError("GT-1001 owes 200.50"), "utter_sorry"),
        (OutsideService("no", service="stripe", retryable=True), "utter_unavailable"),
        (TooMany("slow down", retry_after=61), "utter_too_many"),
        (Conflict("somebody was first"), "utter_sorry"),
    ],
)
async def test_a_failure_is_said_kindly_and_nothing_of_it_is_logged_p7(
    scene: Scene, error: Exception, response: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await scene.run(Failing(error), "my secret", "greet")
    assert answer.responses == [response]
    logged = capsys.readouterr()
    assert not [word for word in ("GT-1001", "200.50", "my secret") if word in logged.out + logged.err]


async def test_a_failing_database_keeps_the_forms_question_open(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    with sqlite_db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE invoices RENAME TO elsewhere"))
    answer = await scene.run(PaymentForm(), "50", loop="payment_form", requested="amount")
    assert answer.responses == ["utter_sorry"]
    assert answer.slots == {"amount": None}


async def test_a_proof_that_ran_out_ends_the_form_for_what_comes_after_it(stranger: Scene) -> None:
    answer = await stranger.run(PaymentForm(), "50", loop="payment_form", requested="amount")
    assert answer.slots == {"amount": None, "requested_slot": None}


async def test_a_conversation_that_is_none_of_ours_learns_nothing_p1(db: Database) -> None:
    scene = Scene(db)
    with db.transaction() as session:
        session.delete(session.merge(scene.conversation))
    assert (await scene.run(CheckBalance(), "how much", "check_balance")).responses == ["utter_verify_first"]
