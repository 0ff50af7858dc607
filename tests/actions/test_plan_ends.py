"""The end of a plan on the customer's wish: a clear yes, what was paid stays, ways forward (K3, K8)."""

from __future__ import annotations

import pytest

from bot.models import PlanStatus
from tests.actions.dialogue import Talk


async def begin(talk: Talk) -> None:
    await talk.say("can I pay over 4 months", "request_plan")
    await talk.say("yes", "affirm")


async def test_k8_it_ends_on_a_clear_yes_after_what_it_would_mean(talk: Talk) -> None:
    await begin(talk)
    talk.pay(5012)
    asked = await talk.say("I want out of the plan", "cancel_plan")
    assert asked.responses == ["utter_cancel_terms_paid"]
    assert "$50.12" in asked.text
    assert "$150.38 would be open" in asked.text
    assert talk.plan() is not None
    assert (await talk.say("hmm not sure", "affirm")).responses == ["utter_yes_unclear", "utter_cancel_terms_paid"]
    ended = await talk.say("yes, end it", "cancel_plan")
    assert ended.responses == ["utter_plan_ended_paid"]
    assert "$150.38 is open" in ended.text
    assert (talk.plan(), PlanStatus.CANCELLED in talk.statuses()) == (None, True)


async def test_cancel_it_may_mean_the_question_and_is_asked_back(talk: Talk) -> None:
    await begin(talk)
    await talk.say("I want out of the plan", "cancel_plan")
    assert (await talk.say("cancel it", "cancel")).responses == ["utter_yes_unclear", "utter_cancel_terms"]
    assert (await talk.say("yes cancel it", "cancel")).responses == ["utter_plan_ended"]


async def test_a_no_keeps_it(talk: Talk) -> None:
    await begin(talk)
    await talk.say("stop my plan", "cancel_plan")
    assert (await talk.say("no, keep it", "deny")).responses == ["utter_left"]
    assert talk.plan() is not None


async def test_a_person_is_brought_in_all_the_same_c13(talk: Talk) -> None:
    await begin(talk)
    await talk.say("stop my plan", "cancel_plan")
    await talk.say("yes but I want to talk to somebody", "request_human")
    assert talk.handoff() is not None
    assert talk.plan() is not None


async def test_without_a_plan_there_is_nothing_to_end(talk: Talk) -> None:
    assert (await talk.say("cancel my plan", "cancel_plan")).responses == ["utter_cancel_no_plan"]


async def test_never_mind_the_plan_is_about_the_plan(talk: Talk) -> None:
    assert (await talk.say("never mind, cancel the plan", "cancel")).responses == ["utter_all_right"]
    await begin(talk)
    assert (await talk.say("never mind, cancel the whole plan", "cancel")).responses == ["utter_cancel_terms"]


@pytest.mark.parametrize("text", ["plan", "the plan", "Plan please?"])
async def test_a_plan_named_without_a_word_for_its_end_is_not_ended(talk: Talk, text: str) -> None:
    asked = await talk.say(text, "cancel_plan")
    assert talk.loop == "plan_form"
    assert "utter_cancel_no_plan" not in asked.responses
    await talk.say("never mind", "cancel")
    await begin(talk)
    shown = await talk.say(text, "cancel_plan")
    assert shown.responses == ["utter_plan_stands_begins"]
    assert talk.loop is None
