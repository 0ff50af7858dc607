"""Plans by chat: choices, exact terms, an explicit yes, written confirmation (K4, K8, S7)."""

from __future__ import annotations

import sqlalchemy as sa

from actions.plans.agreements import AgreePlan
from actions.plans.plan_questions import AskPlan, AskPlanAgreed
from actions.plans.plans import PlanForm, RequestPlan
from bot.models import Plan, PlanStatus
from tests import factories
from tests.actions.scene import Answer, Scene, invoice

FORM = "plan_form"


async def offers(scene: Scene) -> list[str]:
    """The ids of the plans on offer."""
    asked = await scene.run(AskPlan(), "instalments", "request_plan", loop=FORM)
    ids: list[str] = asked.slots["quotes"]
    return ids


async def choose(scene: Scene, text: str, quotes: list[str], **given: object) -> Answer:
    """Answer the question which."""
    return await scene.run(PlanForm(), text, slots={"quotes": quotes} | given, loop=FORM, requested="plan")


async def confirm(scene: Scene, text: str, intent: str, quotes: list[str]) -> Answer:
    """Answer the question whether to set it up."""
    slots = {"quotes": quotes, "plan": quotes[0]}
    return await scene.run(PlanForm(), text, intent, slots=slots, loop=FORM, requested="plan_agreed")


async def test_three_to_six_months_are_offered_shortest_first_k4(scene: Scene) -> None:
    assert (await scene.run(RequestPlan(), "can I pay in instalments", "request_plan")).loop == FORM
    answer = await scene.run(AskPlan(), "instalments", "request_plan", loop=FORM)
    assert answer.card is not None
    assert [len(option["instalments"]) for option in answer.card["options"]] == [3, 4, 5, 6]
    assert all(sum(part["amount"] for part in option["instalments"]) == 20050 for option in answer.card["options"])
    assert answer.payloads == [option["payload"] for option in answer.card["options"]]
    assert answer.payloads[0] == f'/inform{{"plan": "{answer.slots["quotes"][0]}"}}'
    assert "$66.83" in answer.text


async def test_a_choice_by_words_or_by_button(scene: Scene) -> None:
    quotes = await offers(scene)
    for text, place in (("the first one", 0), ("option 2", 1), ("four", 1), ("5 months", 2), ("the longest", 3)):
        assert (await choose(scene, text, quotes)).slots["plan"] == quotes[place]
    pressed = await scene.run(
        PlanForm(), entities={"plan": quotes[2]}, slots={"quotes": quotes}, loop=FORM, requested="plan"
    )
    assert pressed.slots["plan"] == quotes[2]


async def test_another_customers_plan_cannot_be_chosen(scene: Scene) -> None:
    with scene.db.transaction() as session:
        other = factories.customer(session)
        factories.invoice(session, other)
        theirs = Plan(customer_id=other.id, conversation_id=None, total=10000, currency="USD")
        session.add(theirs)
        session.flush()
    pressed = await scene.run(PlanForm(), entities={"plan": str(theirs.id)}, loop=FORM, requested="plan")
    assert (pressed.responses, pressed.slots["plan"]) == (["utter_plan_gone"], None)
    nonsense = await scene.run(PlanForm(), entities={"plan": "1 OR 1=1"}, loop=FORM, requested="plan")
    assert (nonsense.responses, nonsense.slots["plan"]) == (["utter_plan_gone"], None)


async def test_a_longer_term_is_agreed_on_request_within_the_policy(scene: Scene) -> None:
    quotes = await offers(scene)
    assert (await choose(scene, "12 months please", quotes)).slots == {"plan_agreed": None, "requested_slot": None}
    longer = await scene.run(AgreePlan(), "12 months please", slots={"quotes": quotes})
    assert longer.loop == FORM
    assert longer.slots["plan"] not in [None, *quotes]
    too_long = await scene.run(AgreePlan(), "over 90 months", slots={"quotes": quotes})
    assert too_long.responses == ["utter_plan_countered"]
    assert (too_long.slots["plan"], too_long.slots["plan_question"]) == (None, "nearest")
    assert "go up to 12" in too_long.text


async def test_a_length_in_the_first_message_leads_to_its_terms(scene: Scene) -> None:
    answer = await scene.run(RequestPlan(), "can I pay over 4 months", "request_plan")
    terms = await scene.run(AskPlanAgreed(), "", slots={"plan": answer.slots["plan"]}, loop=FORM)
    assert terms.responses == ["utter_plan_terms"]
    assert terms.card is not None
    assert (len(terms.card["instalments"]), terms.card["status"]) == (4, "quote")


async def test_the_terms_state_every_instalment_before_the_yes_k8(scene: Scene) -> None:
    quotes = await offers(scene)
    terms = await scene.run(AskPlanAgreed(), "", slots={"plan": quotes[0]}, loop=FORM)
    assert terms.text.count("$66.8") == 3
    assert "$200.50" in terms.text


async def test_only_a_clear_yes_agrees_k8(scene: Scene) -> None:
    quotes = await offers(scene)
    assert (await confirm(scene, "yes please", "affirm", quotes)).slots == {"plan_agreed": True}
    assert (await confirm(scene, "", "affirm", quotes)).slots == {"plan_agreed": True}
    for text, intent in (("I guess", "affirm"), ("yes?", "affirm"), ("maybe", "deny"), ("hmm let me think", "inform")):
        asked_back = await confirm(scene, text, intent, quotes)
        assert asked_back.responses == ["utter_yes_unclear"]
        assert asked_back.slots == {"plan_agreed": None}


async def test_another_choice_may_be_made_instead_of_a_yes(scene: Scene) -> None:
    quotes = await offers(scene)
    answer = await confirm(scene, "yes but can we do 5", "affirm", quotes)
    assert (answer.slots["plan"], answer.slots["plan_agreed"]) == (quotes[2], None)
    others = await scene.run(
        PlanForm(), entities={"plan": "other"}, slots={"plan": quotes[0]}, loop=FORM, requested="plan_agreed"
    )
    assert set(others.slots.values()) == {None}


async def test_a_no_is_left_to_its_own_answer(scene: Scene) -> None:
    quotes = await offers(scene)
    assert (await confirm(scene, "no thanks", "deny", quotes)).events == []


async def test_the_agreed_plan_is_in_force_and_repeated_in_writing_k8(scene: Scene) -> None:
    quotes = await offers(scene)
    answer = await scene.run(AgreePlan(), "yes", "affirm", slots={"plan": quotes[0], "plan_agreed": True})
    assert answer.responses == ["utter_plan_agreed"]
    assert answer.card is not None
    assert (answer.card["kind"], answer.card["status"]) == ("plan_schedule", "active")
    assert "$66.84" in answer.text
    assert "write here" in answer.text
    with scene.db.reading() as session:
        active = session.scalars(sa.select(Plan).where(Plan.status == PlanStatus.ACTIVE)).all()
    assert [str(plan.id) for plan in active] == [quotes[0]]
    assert answer.slots["plan"] is None


async def test_nothing_is_agreed_without_the_yes(scene: Scene) -> None:
    quotes = await offers(scene)
    answer = await scene.run(AgreePlan(), "well", slots={"plan": quotes[0]})
    assert answer.loop == FORM
    with scene.db.reading() as session:
        assert set(session.scalars(sa.select(Plan.status))) == {PlanStatus.QUOTE}


async def test_an_offer_that_no_longer_fits_is_made_afresh(scene: Scene) -> None:
    quotes = await offers(scene)
    with scene.db.transaction() as session:
        factories.hold(session, invoice(session, "INV-1001"))
    answer = await scene.run(AgreePlan(), "yes", "affirm", slots={"plan": quotes[0], "plan_agreed": True})
    assert answer.responses == ["utter_plan_gone"]
    assert answer.loop == FORM


async def test_a_plan_in_force_is_shown(scene: Scene) -> None:
    quotes = await offers(scene)
    await scene.run(AgreePlan(), "yes", "affirm", slots={"plan": quotes[0], "plan_agreed": True})
    answer = await scene.run(RequestPlan(), "can I have a plan", "request_plan")
    assert answer.responses == ["utter_plan_begins"]
    assert answer.card is not None
    assert answer.card["status"] == "active"


async def test_a_choice_survives_a_proof_that_ran_out(stranger: Scene) -> None:
    answer = await stranger.run(AgreePlan(), "yes", "affirm", slots={"plan": "0199", "plan_agreed": True})
    assert answer.loop == "verification_form"
    assert answer.slots["wish"] == {"intent": "request_plan", "text": "", "entities": {"plan": "0199"}}
