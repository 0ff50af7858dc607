"""The course of a talk: a fresh start, the same in other words, anger, a second wish, a return (K2)."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
import string

import pytest
import sqlalchemy as sa
import yaml

import actions
from actions.balance import CheckBalance
from actions.care.care import ExpressCrisis, ReportHardship
from actions.deed import Deed
from actions.paying.payments import MakePayment, OpenLink, PaymentForm
from actions.phrases import Phrases
from actions.plans.agreements import AgreePlan
from actions.sensitive import SENSITIVE
from actions.talk.beside import _has_name
from actions.talk.callbacks import RecordCallback, RequestCallback
from actions.talk.fresh_start import StartOver
from actions.talk.frustration import ExpressFrustration
from actions.talk.handoff import RequestHuman
from actions.talk.parting import BotIdentity, Goodbye
from actions.talk.repeats import SIMPLER, Repeat
from actions.talk.talk import Affirm, Greet, NotUnderstood
from actions.talk.verification import Resume
from actions.turn import FORM_SLOTS
from bot.billing import plans
from bot.conversations import handoff, transcript
from bot.models import Author, Conversation, Handoff
from bot.settings import ROOT
from tests import factories
from tests.actions.scene import Scene, responses
from tests.conftest import SetClock

BALANCE = ("check_balance", "what do I owe")
PLAN = ("request_plan", "can I pay in parts")


def say_in_transcript(scene: Scene, *texts: str) -> None:
    """The customer's messages as the front door writes them down."""
    with scene.db.transaction() as session:
        conversation = session.get_one(Conversation, scene.id)
        for text in texts:
            transcript.append(session, conversation, author=Author.CUSTOMER, text=text)


def fields(text: str) -> set[str]:
    """The placeholders of a response."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def handoffs(scene: Scene) -> list[Handoff]:
    """Every hand-over."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Handoff)))


# --- from the beginning -----------------------------------------------------------------------------------------------


async def test_a_fresh_start_leaves_everything_and_keeps_the_proof(scene: Scene) -> None:
    answer = await scene.run(
        StartOver(), "start over", "start_over", loop="plan_form", slots={"plan": "x", "topic": "plan", "also": [{}]}
    )
    assert answer.responses == ["utter_start_over"]
    assert answer.loop is None
    assert all(answer.slots[name] is None for name in (*FORM_SLOTS, "wish", "offer", "also", "topic"))
    with scene.db.reading() as session:
        assert session.get_one(Conversation, scene.id).verified_until is not None


async def test_a_fresh_start_of_a_stranger_implies_nothing_p1(stranger: Scene) -> None:
    answer = await stranger.run(StartOver(), "start over", "start_over", loop="verification_form")
    assert answer.responses == ["utter_start_over_unknown"]


# --- once more, in other words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SIMPLER))
def test_what_is_said_more_simply_needs_only_what_was_said_before(name: str) -> None:
    import string

    given = {
        field
        for variation in responses()[name]
        for _, field, _, _ in string.Formatter().parse(variation["text"])
        if field
    }
    for variation in responses()[SIMPLER[name]]:
        needed = {field for _, field, _, _ in string.Formatter().parse(variation["text"]) if field}
        assert needed <= given
        assert variation["text"] not in [other["text"] for other in responses()[name]]


async def test_an_answer_is_repeated_in_other_words_with_its_values(scene: Scene) -> None:
    before = await scene.run(CheckBalance(), "what do I owe", "check_balance")
    again = await scene.run(Repeat(), "I don't get it", "repeat", last=before, intents_before=("check_balance",))
    assert again.responses == ["utter_simply_balance"]
    assert "$200.50" in again.text
    assert again.text != before.text


async def test_asked_once_more_it_asks_which_part(scene: Scene) -> None:
    before = await scene.run(CheckBalance(), "what do I owe", "check_balance")
    again = await scene.run(Repeat(), "what?", "repeat", last=before)
    assert (await scene.run(Repeat(), "still don't get it", "repeat", last=again)).responses == ["utter_repeat_which"]


async def test_in_a_form_the_choices_come_with_its_question(scene: Scene) -> None:
    before = await scene.run(CheckBalance(), "what do I owe", "check_balance")
    again = await scene.run(Repeat(), "what?", "repeat", last=before, loop="payment_form", requested="amount")
    assert again.payloads == []
    assert again.events == []


async def test_what_has_no_simpler_words_is_looked_up_again_or_asked_about(scene: Scene) -> None:
    first = await scene.run(Repeat(), "huh", "repeat")
    assert first.responses == ["utter_repeat_which"]
    again = await scene.run(Repeat(), "huh", "repeat", intents_before=("check_plan",))
    assert again.responses[0] == "utter_repeat"
    assert len(again.responses) == 2


# --- anger ------------------------------------------------------------------------------------------------------------


async def test_anger_is_acknowledged_with_a_way_on_and_a_person_k2(stranger: Scene) -> None:
    answer = await stranger.run(ExpressFrustration(), "you are useless!!", "express_frustration")
    assert answer.responses == ["utter_frustration"]
    assert answer.loop == "unchanged"
    for variation in responses()["utter_frustration"]:
        assert "useless" not in variation["text"]
        assert "/request_human" in [button["payload"] for button in variation["buttons"]]


async def test_anger_in_a_form_is_met_gently_and_then_the_form_is_left(scene: Scene) -> None:
    first = await scene.run(ExpressFrustration(), "ffs", "express_frustration", loop="plan_form", requested="plan")
    assert (first.responses, first.events) == (["utter_frustration_here"], [])
    second = await scene.run(
        ExpressFrustration(), "idiots", "express_frustration", loop="plan_form", requested="plan",
        intents_before=("request_plan", "express_frustration"),
    )  # fmt: skip
    assert second.responses == ["utter_frustration_again"]
    assert second.loop is None


async def test_the_third_in_a_row_brings_a_person_by_policy_k13(clock: SetClock, scene: Scene) -> None:
    before = ("express_frustration", "express_frustration")
    answer = await scene.run(ExpressFrustration(), "argh", "express_frustration", intents_before=before)
    assert answer.responses == ["utter_frustration_person"]
    (found,) = handoffs(scene)
    assert found.reason == "frustration"


async def test_anger_now_and_then_is_not_in_a_row(scene: Scene) -> None:
    before = ("express_frustration", "check_balance")
    answer = await scene.run(ExpressFrustration(), "argh", "express_frustration", intents_before=before)
    assert answer.responses == ["utter_frustration"]
    assert handoffs(scene) == []


# --- an ambiguous yes -------------------------------------------------------------------------------------------------


async def test_a_yes_to_several_ways_asks_back_which(scene: Scene) -> None:
    before = await scene.run(CheckBalance(), "what do I owe", "check_balance")
    answer = await scene.run(Affirm(), "yes", "affirm", last=before)
    assert answer.responses == ["utter_yes_which"]
    assert {"/make_payment", "/request_plan"} <= set(answer.payloads)


async def test_a_yes_to_the_offer_of_a_person_brings_one_c13(clock: SetClock, stranger: Scene) -> None:
    before = await stranger.run(NotUnderstood(), "asdf", "nlu_fallback", intents_before=("nlu_fallback",))
    answer = await stranger.run(Affirm(), "yes please", "affirm", last=before)
    assert answer.responses == ["utter_handoff"]
    assert len(handoffs(stranger)) == 1


async def test_a_yes_to_nothing_asks_what_they_would_like(scene: Scene) -> None:
    assert (await scene.run(Affirm(), "yes", "affirm")).responses == ["utter_what_next"]


async def test_who_is_not_next_is_told_their_place_with_the_hand_over(clock: SetClock, scene: Scene) -> None:
    with scene.db.transaction() as session:
        other = factories.conversation(session)
        handoff.request(session, other.id, reason="request_human", skill="general", summary={})
    clock.advance(seconds=1)
    answer = await scene.run(RequestHuman(), "a person please", "request_human")
    assert answer.responses == ["utter_handoff", "utter_handoff_wait"]
    assert "number 2 in line" in answer.text


async def test_out_of_hours_it_is_said_when_they_are_back_with_a_call_or_the_assistant_c13(
    clock: SetClock, scene: Scene
) -> None:
    clock.set(dt.datetime(2026, 3, 8, 16, 0, tzinfo=dt.UTC))
    answer = await scene.run(RequestHuman(), "a person please", "request_human")
    assert answer.responses == ["utter_handoff", "utter_handoff_closed"]
    assert "Monday, March 9" in answer.text
    assert answer.payloads == ["/request_callback", "/back_to_assistant"]


# --- a second wish ----------------------------------------------------------------------------------------------------


async def test_a_second_wish_is_offered_when_the_first_is_answered(scene: Scene) -> None:
    answer = await scene.run(CheckBalance(), "what do I owe and can I pay in parts", "check_balance", also=(PLAN,))
    assert answer.responses[-1] == "utter_also"
    assert "paying over time" in answer.text
    assert answer.slots["offer"] == {"intent": "request_plan", "text": "can I pay in parts", "entities": {}}
    yes = await scene.run(Affirm(), "yes", "affirm", slots={"offer": answer.slots["offer"]}, last=answer)
    assert yes.loop == "plan_form"


async def test_a_second_wish_waits_until_the_form_is_over(scene: Scene) -> None:
    first = await scene.run(MakePayment(), "I want to pay. what do I owe", "make_payment", also=(BALANCE,))
    assert "utter_also" not in first.responses
    assert first.loop == "payment_form"
    kept = first.slots["also"]
    assert [wish["intent"] for wish in kept] == ["check_balance"]
    amount = {"minor": 5000, "currency": "USD", "invoices": []}
    done = await scene.run(OpenLink(), "50", answered_before=True, slots={"also": kept, "amount": amount})
    assert done.responses[-1] == "utter_also"
    assert (done.slots["offer"]["intent"], done.slots["also"]) == ("check_balance", None)


async def test_a_second_wish_waits_for_the_proof_too(stranger: Scene) -> None:
    answer = await stranger.run(CheckBalance(), "what do I owe and can I pay in parts", "check_balance", also=(PLAN,))
    assert answer.loop == "verification_form"
    assert "utter_also" not in answer.responses
    assert [wish["intent"] for wish in answer.slots["also"]] == ["request_plan"]


async def test_a_second_wish_in_an_answer_to_a_form_is_kept(scene: Scene) -> None:
    answer = await scene.run(
        PaymentForm(), "50, and can I pay the rest in parts", "inform", loop="payment_form", requested="amount",
        also=(PLAN,),
    )  # fmt: skip
    assert answer.slots["amount"]["minor"] == 5000
    assert [wish["intent"] for wish in answer.slots["also"]] == ["request_plan"]


async def test_the_sensitive_wish_comes_first_and_the_other_is_offered_c13(scene: Scene) -> None:
    answer = await scene.run(ReportHardship(), "I lost my job. what do I owe", "report_hardship", also=(BALANCE,))
    assert answer.responses[-1] == "utter_also"
    assert answer.slots["offer"]["intent"] == "check_balance"


async def test_beside_a_crisis_nothing_is_offered_c12(clock: SetClock, scene: Scene) -> None:
    answer = await scene.run(ExpressCrisis(), "I want to die. what do I owe", "express_crisis", also=(BALANCE,))
    assert answer.responses == ["utter_crisis"]
    assert "offer" not in answer.slots or answer.slots["offer"] is None


async def test_what_was_done_meanwhile_is_not_offered_again(scene: Scene) -> None:
    kept = [{"intent": "check_balance", "text": "", "entities": {}}]
    answer = await scene.run(CheckBalance(), "what do I owe", "check_balance", slots={"also": kept})
    assert "utter_also" not in answer.responses
    assert answer.slots["also"] is None


async def test_what_a_form_has_just_served_is_not_offered_after_it(clock: SetClock, scene: Scene) -> None:
    kept = [{"intent": name, "text": "", "entities": {}} for name in ("request_plan", "propose_plan")]
    with scene.db.transaction() as session:
        offer = plans.quote(session, scene.customer, conversation_id=scene.id)[0]
    slots = {"also": kept, "plan": str(offer.id), "plan_agreed": True}
    answer = await scene.run(AgreePlan(), "yes", "affirm", answered_before=True, slots=slots)
    assert "utter_also" not in answer.responses
    assert answer.slots["also"] is None


async def test_passing_questions_are_not_offered_as_something_to_do(scene: Scene) -> None:
    for passing in (("suspect_scam", "is this genuine"), ("change_language", "spanish")):
        answer = await scene.run(CheckBalance(), "what do I owe", "check_balance", also=(passing,))
        assert "utter_also" not in answer.responses


async def test_a_wish_beside_a_question_about_us_is_offered(scene: Scene) -> None:
    answer = await scene.run(BotIdentity(), "are you a bot? what do I owe", "ask_bot_identity", also=(BALANCE,))
    assert answer.responses == ["utter_bot_identity", "utter_also"]


async def test_what_another_form_interrupts_is_offered_again(clock: SetClock, scene: Scene) -> None:
    begun = await scene.run(
        RequestCallback(), "can somebody call me", "request_callback", loop="plan_form", requested="plan"
    )
    assert begun.loop == "callback_form"
    assert [wish["intent"] for wish in begun.slots["also"]] == ["request_plan"]
    slots = begun.slots | {"callback_time": ["2026-03-03T15:00:00+00:00", "2026-03-03T16:00:00+00:00"]}
    done = await scene.run(RecordCallback(), "tomorrow at 9", slots=slots)
    assert done.responses == ["utter_callback_noted", "utter_also"]
    assert done.slots["offer"]["intent"] == "request_plan"


async def test_so_is_the_wish_behind_a_proof(clock: SetClock, stranger: Scene) -> None:
    wish = {"intent": "check_balance", "text": "what do I owe", "entities": {}}
    begun = await stranger.run(
        RequestCallback(), "just call me", "request_callback", loop="verification_form", slots={"wish": wish}
    )
    assert begun.slots["also"] == [wish]


async def test_after_a_lockout_nothing_is_offered_p2(stranger: Scene) -> None:
    kept = [{"intent": "check_balance", "text": "", "entities": {}}]
    answer = await stranger.run(Resume(), "123456", slots={"also": kept})
    assert (answer.said, answer.slots["also"]) == ([], None)


async def test_a_second_deed_for_one_message_does_not_offer_twice(scene: Scene) -> None:
    answer = await scene.run(CheckBalance(), "x", "check_balance", also=(PLAN,), answered_before=True)
    assert "utter_also" not in answer.responses


# --- a return ---------------------------------------------------------------------------------------------------------


async def test_a_return_to_an_open_form_is_welcomed_once(clock: SetClock, scene: Scene) -> None:
    say_in_transcript(scene, "I want to pay")
    clock.advance(minutes=20)
    say_in_transcript(scene, "hm")
    early = await scene.run(PaymentForm(), "hm", "nlu_fallback", loop="payment_form", requested="amount")
    assert "utter_welcome_back" not in early.responses
    with scene.db.transaction() as session:
        session.get_one(Conversation, scene.id).verified_until = clock.now() + dt.timedelta(days=2)
    clock.advance(hours=20)
    say_in_transcript(scene, "hi")
    back = await scene.run(PaymentForm(), "hi", "greet", loop="payment_form", requested="amount")
    assert back.responses == ["utter_welcome_back"]
    greeted = await scene.run(Greet(), "hi", "greet", loop="payment_form", requested="amount")
    assert greeted.responses == []


async def test_a_return_after_the_proof_has_run_out_names_nothing_p1(clock: SetClock, scene: Scene) -> None:
    say_in_transcript(scene, "I want to pay")
    clock.advance(hours=20)
    say_in_transcript(scene, "hi")
    back = await scene.run(PaymentForm(), "60", loop="payment_form", requested="amount")
    assert back.responses == ["utter_welcome_back_unknown"]
    assert back.slots == {"amount": None, "requested_slot": None}


async def test_a_greeting_in_the_middle_of_something_goes_on_with_it(scene: Scene) -> None:
    answer = await scene.run(Greet(), "hello?", "greet", loop="payment_form", requested="amount")
    assert (answer.responses, answer.loop) == (["utter_greet_here"], "unchanged")


async def test_every_form_has_a_name_for_the_welcome() -> None:
    forms = yaml.safe_load((ROOT / "domain.yml").read_text())["forms"]
    for form in forms:
        assert form == "verification_form" or Phrases("en-US").say(f"doing_{form}")


async def test_a_goodbye_in_a_talk_in_which_nothing_was_settled_asks_nothing(scene: Scene) -> None:
    answer = await scene.run(Goodbye(), "bye", "goodbye")
    assert answer.responses == ["utter_goodbye"]


async def test_a_goodbye_ends_the_question_about_erasure(scene: Scene) -> None:
    answer = await scene.run(Goodbye(), "bye", "goodbye", loop="erasure_form", requested="erasure_agreed")
    assert (answer.responses, answer.loop) == (["utter_goodbye"], None)


def test_every_wish_that_can_be_carried_out_can_be_offered() -> None:
    """But for the sensitive ones, which are heard first, and those that are about the talk itself."""
    for module in pkgutil.iter_modules(actions.__path__):
        if module.name != "__main__":
            importlib.import_module(f"actions.{module.name}")
    talk = {"express_frustration", "give_feedback", "remind_me", "repeat", "start_over"}
    assert {intent for intent in Deed.by_intent if not _has_name(intent)} <= SENSITIVE | talk
