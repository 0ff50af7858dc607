"""Terms in the customer's own words: taken, met with the nearest, or passed to a person; never pressed (K4, K5, K7)."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from bot.models import Approval, Case, Frequency, Hold, HoldKind, Plan, PlanStatus, Proposal
from tests.actions.dialogue import Talk
from tests.actions.scene import invoice


def parts(plan: Plan) -> list[tuple[str, int]]:
    return [(part.due_on.isoformat()[5:], part.amount) for part in plan.instalments]


async def agreed(talk: Talk, text: str, intent: str = "propose_plan") -> Plan:
    await talk.say(text, intent)
    await talk.say("yes please", "affirm")
    plan = talk.plan()
    assert plan is not None
    return plan


async def test_k8_terms_within_policy_lead_to_the_exact_terms_and_bind_by_a_clear_yes(talk: Talk) -> None:
    shown = await talk.say("can I do 60 every second Friday?", "propose_plan")
    assert shown.responses == ["utter_plan_terms"]
    assert shown.text.count("$60.00 on March") == 2
    assert "INV-1001 and INV-1002" in shown.text
    assert talk.plan() is None
    hedged = await talk.say("I guess", "affirm")
    assert hedged.responses == ["utter_yes_unclear", "utter_plan_terms"]
    done = await talk.say("yes, set it up", "affirm")
    assert done.responses == ["utter_plan_agreed"]
    plan = talk.plan()
    assert plan is not None
    assert parts(plan) == [("03-13", 6000), ("03-27", 6000), ("04-10", 6000), ("04-24", 2050)]


async def test_terms_are_corrected_until_the_yes_k4(talk: Talk) -> None:
    await talk.say("60 every second Friday", "propose_plan")
    await talk.say("actually from the 20th", "deny")
    await talk.say("on wednesdays", "inform")
    await talk.say("50 instead", "change_plan")
    await talk.say("yes", "affirm")
    plan = talk.plan()
    assert plan is not None
    assert (plan.frequency, plan.pay_day) == (Frequency.FORTNIGHTLY, 2)
    assert [amount for _, amount in parts(plan)] == [5000, 5000, 5000, 5050]


async def test_another_rhythm_keeps_how_long_it_takes_k7(talk: Talk) -> None:
    await talk.say("can I pay over 4 months", "request_plan")
    plan = await agreed(talk, "weekly instead", "inform")
    assert (plan.frequency, len(plan.instalments)) == (Frequency.WEEKLY, 17)


async def test_k4_how_often_is_asked_for_an_amount_alone(talk: Talk) -> None:
    await talk.say("it's too much all at once", "request_plan")
    assert talk.last.responses == ["utter_plan_ask_terms"]
    asked = await talk.say("I could manage 40")
    assert asked.responses == ["utter_plan_ask_rhythm"]
    assert "$40.00" in asked.text
    shown = await talk.press('{"rhythm": "fortnightly"}', rhythm="fortnightly")
    assert shown.responses == ["utter_plan_terms"]
    await talk.say("ok", "affirm")
    plan = talk.plan()
    assert plan is not None
    assert (plan.frequency, plan.instalments[0].amount) == (Frequency.FORTNIGHTLY, 4000)


async def test_k7_who_finds_it_too_much_is_asked_and_shown_no_sums(talk: Talk) -> None:
    await talk.say("can I pay in instalments", "request_plan")
    assert (await talk.say("that's too much for me", "deny")).responses == ["utter_plan_ask_terms"]
    asked = await talk.say("I get paid every other friday")
    assert asked.responses == ["utter_plan_ask_each"]
    assert "$" not in asked.text
    shown = await talk.say("20")
    assert "one every two weeks" in shown.text


async def test_a_pay_day_without_a_sum_leads_to_choices_on_it(talk: Talk) -> None:
    await talk.say("can I pay in instalments", "request_plan")
    shown = await talk.say("I get paid every other friday")
    assert shown.responses == ["utter_plan_options_asked"]
    assert shown.text.count("one every two weeks from March 13, 2026") == 4
    assert (await talk.say("the second one")).responses == ["utter_plan_terms"]


async def test_k7_what_is_outside_the_policy_is_met_with_the_nearest_as_a_choice(talk: Talk) -> None:
    met = await talk.say("10 a month", "propose_plan")
    assert met.responses == ["utter_plan_countered", "utter_plan_nearest"]
    assert "$10.00 a month would take about 21 months" in met.text
    assert "12 monthly instalments of $16.71" in met.text
    assert "minimum" not in met.text.lower()
    assert met.payloads[1:] == ['/inform{"plan": "terms"}', "/request_human"]
    assert talk.plan() is None
    assert (await talk.say("ok then", "affirm")).responses == ["utter_plan_terms"]
    assert talk.plan() is None


async def test_the_third_that_cannot_be_taken_goes_to_a_person_with_what_was_asked_k13(talk: Talk) -> None:
    await talk.say("10 a month", "propose_plan")
    await talk.say("what about 12 a month", "propose_plan")
    passed = await talk.say("13 a month is all I have", "inform")
    assert passed.responses == ["utter_plan_to_person"]
    assert talk.loop is None
    handoff = talk.handoff()
    assert handoff is not None
    assert (handoff.reason, handoff.skill) == ("counter_offers", "plans")
    assert [asked["each"]["minor"] for asked in handoff.summary["asked_for"]] == [1300, 1200, 1000]


async def test_half_now_and_half_next_month_gives_the_link_for_the_first_half(talk: Talk) -> None:
    shown = await talk.say("half now and half next month", "propose_plan")
    assert "$100.25 now, then one payment" in shown.text
    done = await talk.say("yes", "affirm")
    assert done.responses == ["utter_plan_agreed", "utter_pay_link"]
    assert done.card is not None
    assert (done.card["kind"], done.card["amount"]) == ("pay_link", 10025)
    plan = talk.plan()
    assert plan is not None
    assert parts(plan) == [("03-02", 10025), ("04-01", 10025)]


async def test_only_the_invoice_that_was_named_is_covered_c9(talk: Talk) -> None:
    plan = await agreed(talk, "just INV-1002 in two payments", "request_plan")
    with talk.scene.db.reading() as session:
        assert [part.invoice_id for part in plan.invoices] == [invoice(session, "INV-1002").id]
    assert plan.total == 8050


async def test_the_choice_of_invoices_may_come_in_the_form_and_stays(talk: Talk) -> None:
    await talk.say("can I pay in instalments", "request_plan")
    shown = await talk.say("only INV-1001")
    assert "$120.00" in shown.text
    assert (await talk.say("20 a week")).responses == ["utter_plan_terms"]
    await talk.say("yes", "affirm")
    plan = talk.plan()
    assert plan is not None
    assert plan.total == 12000


async def test_beyond_the_longest_in_hardship_a_person_decides_and_the_wait_is_fine_k7(talk: Talk) -> None:
    await talk.say("I lost my job and can't pay", "report_hardship")
    asked = await talk.say("could I have 18 months", "propose_plan")
    assert asked.responses == ["utter_plan_longer_asked"]
    assert "18 monthly instalments" in asked.text
    with talk.scene.db.reading() as session:
        waiting = session.scalars(sa.select(Plan).where(Plan.approval == Approval.ASKED)).one()
        assert session.scalar(sa.select(Hold.kind)) == HoldKind.HARDSHIP
        assert set(session.scalars(sa.select(Case.kind))) == {"hardship", "plan_approval"}
    told = await talk.say("how is my plan", "check_plan")
    assert told.responses == ["utter_plan_at_a_person"]
    with talk.scene.db.transaction() as session:
        session.get_one(Plan, waiting.id).approval = Approval.GIVEN
    assert (await talk.say("how is my plan", "check_plan")).responses == ["utter_plan_terms"]
    await talk.say("yes", "affirm")
    assert talk.plan() is not None


async def test_in_hardship_nobody_is_shown_more_than_they_can_pay_k7(talk: Talk) -> None:
    await talk.say("I lost my job", "report_hardship")
    passed = await talk.say("5 a month", "propose_plan")
    assert passed.responses == ["utter_plan_to_person"]
    assert talk.handoff() is not None


async def test_hardship_and_terms_in_one_message_are_both_heard(talk: Talk) -> None:
    heard = await talk.say("my hours were cut, I can only do 20 a week", "report_hardship")
    assert heard.responses == ["utter_hardship_heard", "utter_advice_unknown", "utter_plan_terms"]
    with talk.scene.db.reading() as session:
        assert session.scalars(sa.select(Case.kind)).all() == ["hardship"]


async def test_a_rhythm_that_no_plan_has_is_asked_back(talk: Talk) -> None:
    asked = await talk.say("60 every three weeks", "propose_plan")
    assert asked.responses == ["utter_plan_rhythms", "utter_plan_ask_terms"]
    with talk.scene.db.reading() as session:
        assert session.scalars(sa.select(Proposal)).all() == []


async def test_naming_all_that_is_owed_names_no_instalment(talk: Talk) -> None:
    shown = await talk.say("can I pay the 200.50 in instalments", "request_plan")
    assert shown.responses == ["utter_plan_options"]


async def test_a_change_of_mind_to_a_payment_is_no_proposal(talk: Talk) -> None:
    await talk.say("can I pay in instalments", "request_plan")
    assert (await talk.say("I'd rather pay 50 now", "make_payment")).responses == ["utter_pay_link"]


async def test_words_that_no_intent_fits_are_heard_by_what_was_spoken_of(talk: Talk) -> None:
    shown = await talk.say("30 every week maybe", "nlu_fallback")
    assert shown.responses == ["utter_plan_terms"]
    assert (await talk.say("I get paid on fridays, weekly", "inform")).responses == ["utter_plan_terms"]


async def test_an_offer_over_what_has_changed_since_is_made_afresh_c11(talk: Talk) -> None:
    await talk.say("60 every second Friday", "propose_plan")
    with talk.scene.db.transaction() as session:
        session.get_one(Plan, uuid.UUID(talk.slots["plan"])).status = PlanStatus.CANCELLED
    done = await talk.say("yes", "affirm")
    assert done.responses == ["utter_plan_gone", "utter_plan_options"]
    assert talk.plan() is None


async def test_a_length_in_a_wish_to_pay_is_about_a_plan(talk: Talk) -> None:
    shown = await talk.say("can I settle this over 8 months?", "make_payment")
    assert shown.responses == ["utter_plan_terms"]
    assert "8 monthly instalments" in shown.text


async def test_a_part_now_and_the_rest_on_a_day_are_one_agreement(talk: Talk) -> None:
    shown = await talk.say("can I do 50 now and the rest on friday the 20th", "propose_plan")
    assert shown.responses == ["utter_plan_terms"]
    assert "$50.00" in shown.text
    assert "March 20, 2026" in shown.text


@pytest.mark.parametrize(
    "text",
    [
        "66.83 is a bit steep",
        "66.83 a month is a bit much for me",
        "50.12 is more than I can do",
        "40.10? that's over my budget",
        "66.83 is too rich for me",
        "I can't do 66.83",
    ],
)
@pytest.mark.parametrize("intent", ["inform", "propose_plan", "deny"])
async def test_k7_an_amount_that_is_found_too_much_is_not_chosen(talk: Talk, text: str, intent: str) -> None:
    await talk.say("can I pay in instalments", "request_plan")
    told = await talk.say(text, intent)
    assert told.responses == ["utter_plan_ask_terms"]
    assert talk.slots["plan"] is None


async def test_k7_another_amount_beside_it_is_what_they_propose(talk: Talk) -> None:
    await talk.say("can I pay in instalments", "request_plan")
    told = await talk.say("66.83 is a bit steep, I can do 30 a month")
    assert "utter_plan_ask_terms" not in told.responses
    assert "$30.00" in told.text
    assert (await talk.say("the smaller one")).responses != ["utter_plan_ask_terms"]


async def test_a_count_is_corrected_as_a_count(talk: Talk) -> None:
    assert (await talk.say("over four paychecks, every two weeks", "propose_plan")).responses == ["utter_plan_terms"]
    assert (await talk.say("make it five instead of four")).responses == ["utter_plan_terms"]
    await talk.say("yes", "affirm")
    plan = talk.plan()
    assert plan is not None
    assert len(plan.instalments) == 5


async def test_k8_a_sum_a_day_or_a_question_beside_is_no_choice_of_an_option(talk: Talk) -> None:
    for text in ("that's a lot on top of my rent", "how long does the last one take?", "the first but 50 today"):
        await talk.say("can I pay in instalments", "request_plan")
        await talk.say(text)
        assert talk.slots["plan"] is None, text
        await talk.say("stop", "cancel")
    await talk.say("can I pay in instalments", "request_plan")
    shown = await talk.say("can i also pay 50 today on top", "make_payment")
    assert shown.responses == ["utter_plan_options_asked"]
    assert "$50.00 now" in shown.text
    await talk.say("yes", "affirm")
    assert talk.plan() is None


async def test_k4_a_pay_day_told_among_the_options_begins_the_instalments(talk: Talk) -> None:
    await talk.say("can I pay in instalments", "request_plan")
    shown = await talk.say("I lied, my pay is on the 25th", "promise_to_pay")
    assert shown.responses == ["utter_plan_options_asked"]
    assert "March 25" in shown.text


async def test_k7_what_is_offered_after_too_much_is_taken(talk: Talk) -> None:
    for text in (
        "that's still too much. 20 a week?",
        "too steep, what about 20 a week",
        "I can't afford that, 20 a week?",
    ):
        await talk.say("can I pay in instalments", "request_plan")
        shown = await talk.say(text, "deny")
        assert shown.responses == ["utter_plan_terms"], text
        assert "$20.00" in shown.text
        await talk.say("stop", "cancel")
    await talk.say("can I pay in instalments", "request_plan")
    assert (await talk.say("66 a month is too much", "deny")).responses == ["utter_plan_ask_terms"]


async def test_a_change_of_mind_to_one_payment_today_is_a_link(talk: Talk) -> None:
    for intent in ("deny", "inform", "make_payment", "promise_to_pay", "propose_plan"):
        await talk.say("can I pay in instalments", "request_plan")
        paid = await talk.say("no i changed my mind i'll pay 50 today", intent)
        assert [name[:14] for name in paid.responses] == ["utter_pay_link"], intent
        assert talk.loop is None


async def test_three_months_are_a_length_and_no_first_day(talk: Talk) -> None:
    talk.slots["topic"] = "payment"
    shown = await talk.say("actually give me 3 months", "propose_plan")
    assert shown.responses == ["utter_plan_terms"]
    plan = await agreed(talk, "yes", "affirm")
    assert (len(plan.instalments), parts(plan)[0][0] < "04-03") == (3, True)


async def test_a_first_day_that_is_too_late_is_told(talk: Talk) -> None:
    await talk.say("can I pay in instalments", "request_plan")
    met = await talk.say("nothing until may", "inform")
    assert met.responses[0] == "utter_plan_countered"
    assert "from today to" in met.text
