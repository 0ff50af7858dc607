"""A reduction: told on request, within policy, in plain words; else truthfully that a person decides (K7, K16)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.models import Invoice, PlanKind
from tests import factories
from tests.actions.dialogue import Talk
from tests.actions.scene import invoice


async def test_k16_the_offer_is_stated_exactly_and_agreed_by_a_clear_yes(talk: Talk) -> None:
    told = await talk.say("can you knock something off?", "request_discount")
    assert told.responses == ["utter_discount_terms"]
    for fact in ("$180.45", "March 16, 2026", "$20.05", "$200.50", "INV-1001 and INV-1002"):
        assert fact in told.text
    assert talk.plan() is None
    done = await talk.say("yes please", "affirm")
    assert done.responses == ["utter_discount_agreed", "utter_pay_link"]
    assert done.card is not None
    assert done.card["amount"] == 18045
    plan = talk.plan()
    assert plan is not None
    assert (plan.kind, plan.total, plan.discount) == (PlanKind.EARLY, 18045, 2005)


async def test_k16_it_is_never_brought_up_by_itself(talk: Talk) -> None:
    for text, intent in (("how much do I owe", "check_balance"), ("can I pay in instalments", "request_plan")):
        assert "off" not in (await talk.say(text, intent)).text.lower().replace("offer", "").split()


async def test_a_no_changes_nothing_and_an_amount_leads_to_a_plan(talk: Talk) -> None:
    await talk.say("can you knock something off?", "request_discount")
    assert (await talk.say("20", "inform")).responses == ["utter_plan_ask_rhythm"]
    assert (await talk.say("every week", "inform")).responses == ["utter_plan_terms"]


async def test_agreed_once_it_is_not_offered_again(talk: Talk) -> None:
    await talk.say("can you knock something off?", "request_discount")
    await talk.say("yes", "affirm")
    assert (await talk.say("and a bit more off?", "request_discount")).responses == ["utter_discount_agreed_before"]
    assert (await talk.say("20 a week instead", "change_plan")).responses == [
        "utter_plan_terms_rest",
        "utter_discount_would_end",
    ]


async def test_beside_a_plan_in_force_it_says_that_it_takes_its_place_k8(talk: Talk) -> None:
    await talk.say("can I pay over 4 months", "request_plan")
    await talk.say("yes", "affirm")
    for text in ("any discount?", "is it less if I pay it off now?"):
        assert (await talk.say(text, "request_discount")).responses == ["utter_discount_terms_plan"]
        await talk.say("no", "deny")


@pytest.mark.parametrize(
    "text",
    ["what about making them smaller instead, 150 ish", "can it be less?", "that's a bit steep", "30 each instead?"],
)
async def test_k7_smaller_instalments_are_no_early_settlement(talk: Talk, text: str) -> None:
    await talk.say("can I pay over 4 months", "request_plan")
    await talk.say("yes", "affirm")
    before = talk.plan()
    told = await talk.say(text, "request_discount")
    assert not [name for name in told.responses if "discount" in name]
    await talk.say("yes", "affirm")
    after = talk.plan()
    assert before is not None
    assert after is not None
    assert (after.kind, after.total) == (before.kind, before.total)


@pytest.mark.parametrize("text", ["that's too steep for me", "could you do 40 a month instead", "30 each"])
async def test_k7_without_a_plan_less_at_a_time_leads_to_terms(talk: Talk, text: str) -> None:
    await talk.say("can I pay in instalments", "request_plan")
    told = await talk.say(text, "request_discount")
    assert told.responses
    assert not [name for name in told.responses if "discount" in name]


async def test_without_an_offer_it_is_said_truthfully_c11(talk: Talk) -> None:
    with talk.scene.db.transaction() as session:
        factories.hold(session, invoice(session, "INV-1001"))
    told = await talk.say("can you knock something off?", "request_discount")
    assert told.responses == ["utter_discount_none"]
    assert "person" in told.text


async def test_hardship_is_met_humanely_k7(talk: Talk) -> None:
    await talk.say("I lost my job", "report_hardship")
    told = await talk.say("can you lower it?", "request_discount")
    assert told.responses == ["utter_discount_hardship", "utter_discount_terms"]
    await talk.say("no", "deny")
    with talk.scene.db.transaction() as session:
        for one in session.scalars(sa.select(Invoice)):
            factories.hold(session, one)
    assert (await talk.say("can you lower it?", "request_discount")).responses == ["utter_discount_none_hardship"]
