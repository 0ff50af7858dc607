"""Changes of a plan by chat: asked openly, shown exactly, made on a clear yes only (K4, K7, K8)."""

from __future__ import annotations

import pytest

from actions.plans.plan_changes import ChangePlan
from bot.models import Plan, PlanEvent, PlanEventKind
from tests.actions.dialogue import Talk
from tests.conftest import SetClock


def days(plan: Plan | None) -> list[str]:
    assert plan is not None
    return [part.due_on.isoformat()[5:] for part in plan.instalments]


@pytest.fixture
async def planned(talk: Talk) -> Talk:
    """A plan of 4 × 50.12 from 9 March to 9 June."""
    await talk.say("can I pay over 4 months", "request_plan")
    await talk.say("yes", "affirm")
    assert days(talk.plan()) == ["03-09", "04-09", "05-09", "06-09"]
    return talk


async def test_k8_one_date_is_moved_after_it_was_shown_and_agreed(planned: Talk) -> None:
    shown = await planned.say("can you move the next one to the 15th", "change_plan")
    assert shown.responses == ["utter_change_terms_one"]
    assert "from March 9, 2026 to March 15, 2026" in shown.text
    assert days(planned.plan())[0] == "03-09"
    done = await planned.say("yes, change it", "affirm")
    assert done.responses == ["utter_change_made"]
    assert "March 15, 2026" in done.text
    assert days(planned.plan()) == ["03-15", "04-09", "05-09", "06-09"]


async def test_k7_who_will_pay_an_instalment_by_its_day_changes_nothing_and_who_needs_longer_is_shown_it(
    planned: Talk,
) -> None:
    for text in ("I'll pay on friday", "I can pay tomorrow", "I'll pay on the 9th"):
        said = await planned.say(text, "promise_to_pay")
        assert said.responses == ["utter_promise_in_time"]
        assert "$50.12" in said.text
        assert "March 9, 2026" in said.text
    for text in ("I'll pay on the 13th", "I'd rather pay every month on the 6th from now on, starting friday"):
        assert "utter_promise_in_time" not in (await planned.say(text, "promise_to_pay")).responses
        await planned.say("no thanks", "deny")
    assert days(planned.plan()) == ["03-09", "04-09", "05-09", "06-09"]


async def test_what_was_only_shown_is_not_kept(planned: Talk) -> None:
    await planned.say("move it to the 15th", "change_plan")
    with planned.scene.db.reading() as session:
        assert session.query(PlanEvent).filter_by(kind=PlanEventKind.MOVED).count() == 0
    assert (await planned.say("no thanks", "deny")).responses == ["utter_left"]
    assert days(planned.plan()) == ["03-09", "04-09", "05-09", "06-09"]


@pytest.mark.parametrize("by_button", [True, False])
async def test_the_dates_after_it_may_move_too(planned: Talk, by_button: bool) -> None:
    await planned.say("move it to the 15th", "change_plan")
    if by_button:
        shown = await planned.press('{"change": "following"}', change="following")
    else:
        shown = await planned.say("all the following ones too please")
    assert shown.responses == ["utter_change_terms_following"]
    await planned.say("yes", "affirm")
    assert days(planned.plan()) == ["03-15", "04-15", "05-15", "06-15"]


async def test_a_pause_is_corrected_before_the_yes(planned: Talk) -> None:
    await planned.say("can we make it every week", "change_plan")
    await planned.say("3 months", "inform")
    await planned.say("yes", "affirm")
    assert days(planned.plan())[:2] == ["03-09", "03-16"]
    await planned.say("can I pause", "change_plan")
    shown = await planned.say("two weeks")
    assert shown.responses == ["utter_change_terms_pause"]
    assert "until March 23, 2026" in shown.text
    await planned.say("yes please", "affirm")
    assert days(planned.plan())[:2] == ["03-23", "03-30"]


async def test_k7_a_day_out_of_reach_is_met_with_the_nearest_and_other_ways(planned: Talk) -> None:
    shown = await planned.say("can I pay it on the 30th instead", "change_plan")
    assert shown.responses == ["utter_change_far", "utter_change_terms_one"]
    assert "March 23, 2026" in shown.text
    longer = await planned.say("a pause of 3 months")
    assert longer.responses == ["utter_change_pause_most", "utter_change_terms_pause"]
    await planned.say("yes", "affirm")
    assert days(planned.plan())[0] == "04-09"


async def test_an_instalment_that_would_pass_the_next_takes_the_others_along(planned: Talk) -> None:
    await planned.say("20 a week", "change_plan")
    await planned.say("yes", "affirm")
    shown = await planned.say("I need another 10 days", "change_plan")
    assert shown.responses == ["utter_change_terms_following"]


async def test_k7_who_cannot_pay_is_asked_what_would_work(planned: Talk) -> None:
    asked = await planned.say("I can't make this payment", "make_payment")
    assert asked.responses == ["utter_ask_change"]
    assert "$50.12 on March 9, 2026" in asked.text
    asked = await planned.say("smaller parts")
    assert asked.responses == ["utter_plan_ask_terms"]
    shown = await planned.say("20")
    assert shown.responses == ["utter_plan_terms_rest"]
    assert "$20.00 on March 9, 2026" in shown.text
    before = planned.plan()
    await planned.say("yes", "affirm")
    plan = planned.plan()
    assert before is not None
    assert plan is not None
    assert plan.replaces_id == before.id


async def test_k7_new_terms_never_bring_an_agreed_day_forward(planned: Talk, clock: SetClock) -> None:
    await planned.say("move it to the 20th", "change_plan")
    await planned.say("yes", "affirm")
    await planned.say("30 a month instead", "change_plan")
    await planned.say("yes", "affirm")
    assert days(planned.plan())[0] == "03-20"


async def test_the_button_of_the_missed_question_leads_to_what_would_help_k1(planned: Talk, clock: SetClock) -> None:
    clock.advance(days=9)
    asked = await planned.say("", "request_plan")
    assert asked.responses == ["utter_ask_change_late"]
    assert "$50.12 from March 9, 2026" in asked.text
    shown = await planned.say("sorry, I missed one. can I pay it next friday")
    assert shown.responses == ["utter_change_terms_one"]
    await planned.say("yes", "affirm")
    assert days(planned.plan())[0] == "03-20"


async def test_before_the_day_the_button_shows_the_plan_and_how_it_can_change(planned: Talk) -> None:
    assert (await planned.say("", "request_plan")).responses == ["utter_plan_begins"]
    planned.pay(5012)
    assert (await planned.say("", "request_plan")).responses == ["utter_plan_exists"]


async def test_paying_later_on_a_day_moves_the_next_instalment(planned: Talk) -> None:
    shown = await planned.say("I'll pay on the 12th", "promise_to_pay")
    assert shown.responses == ["utter_change_terms_one"]


async def test_dates_moved_as_often_as_the_policy_says_leave_other_ways(planned: Talk) -> None:
    for day in ("10th", "11th", "12th"):
        await planned.say(f"move it to the {day}", "change_plan")
        await planned.say("yes", "affirm")
    refused = await planned.say("move it to the 13th", "change_plan")
    assert refused.responses == ["utter_change_limit"]
    assert planned.loop is None


async def test_the_same_day_again_and_a_day_that_is_past_change_nothing(planned: Talk) -> None:
    assert (await planned.say("move it to the 9th", "change_plan")).responses == [
        "utter_change_same",
        "utter_ask_change_day",
    ]
    past = await planned.say("February 2nd 2026")
    assert past.responses == ["utter_change_past", "utter_ask_change_day"]


async def test_an_unclear_yes_is_asked_back_k8(planned: Talk) -> None:
    await planned.say("move it to the 15th", "change_plan")
    assert (await planned.say("I suppose", "affirm")).responses == ["utter_yes_unclear", "utter_change_terms_one"]
    assert days(planned.plan())[0] == "03-09"


async def test_invoices_cannot_be_taken_out_of_a_plan_in_force_and_that_is_said(planned: Talk) -> None:
    told = await planned.say("only INV-1002 please", "propose_plan")
    assert told.responses == ["utter_plan_one_at_a_time"]


async def test_without_a_plan_there_is_a_way_to_one_k3(talk: Talk) -> None:
    assert (await talk.say("move my next payment", "change_plan")).responses == ["utter_change_no_plan"]
    assert (await talk.say("yes please", "affirm")).responses == ["utter_plan_options"]


async def test_without_a_plan_an_open_link_is_what_changes(talk: Talk) -> None:
    talk.slots["topic"] = "payment"
    answer = await talk.say("can you make that 30 instead", "change_plan")
    assert answer.responses == ["utter_pay_link"]
    assert answer.card is not None
    assert answer.card["amount"] == 3000


async def test_smaller_parts_of_a_plan_in_force_are_asked_about_openly_k7(planned: Talk) -> None:
    assert (await planned.say("I need smaller payments", "request_plan")).responses == ["utter_plan_ask_terms"]


async def test_skip_it_is_a_pause_while_a_change_is_spoken_of(planned: Talk) -> None:
    await planned.say("I can't make this one", "change_plan")
    assert (await planned.say("skip it", "cancel")).responses == ["utter_change_terms_pause"]


async def test_another_day_after_a_promise_moves_the_promise_where_there_is_no_plan(talk: Talk) -> None:
    """Design section 10, 4: a promise may be corrected."""
    talk.slots["topic"] = "promise"
    asked = await talk.scene.run(ChangePlan(), "can we make that two weeks from today", "change_plan", slots=talk.slots)
    assert asked.loop == "promise_form"
    assert asked.slots["promise_day"] == "2026-03-16"


async def test_one_instalment_on_two_days_is_told_and_nothing_is_moved_silently(planned: Talk) -> None:
    told = await planned.say("100 of it on friday and the rest two weeks later", "change_plan")
    assert told.responses == ["utter_change_whole", "utter_ask_change"]
    told = await planned.say("30 on the 20th and the rest a week later", "inform")
    assert told.responses == ["utter_change_whole", "utter_ask_change"]


async def test_a_start_named_after_the_yes_is_about_the_plan_and_leaves_it(planned: Talk) -> None:
    planned.slots["topic"] = "plan"
    said = await planned.say("can we start in may", "start_over")
    assert said.responses == ["utter_change_far", "utter_change_terms_following"]
    assert planned.plan() is not None
