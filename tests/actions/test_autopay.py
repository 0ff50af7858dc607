"""Automatic payments by chat: consent to exact words, how it stands, off at once (K8, K11)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.plans.autopay import AgreeAutopay, AskAutopayAgreed, AutopayForm, ManageAutopay
from bot.billing import mandates, payments, plans
from bot.billing.gateway import SavedCard
from bot.models import Customer, Mandate, MandateStatus, Payment, PaymentOrigin, PaymentStatus
from tests.actions.scene import Answer, Scene
from tests.conftest import SetClock

FORM = "autopay_form"
CARD = SavedCard("pm_1", "cus_1", "visa", "4242", 12, 2034)


@pytest.fixture
def scene(clock: SetClock, scene: Scene) -> Scene:
    """Maya on Monday, 2 March 2026, with a plan of three instalments of 66.83, the last one 66.84."""
    with scene.db.transaction() as session:
        customer = session.get_one(Customer, scene.customer.id)
        offers = plans.quote(session, customer, conversation_id=scene.id)
        plans.agree(session, offers[0].id, customer)
    return scene


def mandate(scene: Scene) -> Mandate | None:
    """The one in force."""
    with scene.db.reading() as session:
        return mandates.current(session, session.get_one(Customer, scene.customer.id))


def switched_on(scene: Scene) -> None:
    """She has agreed, and a payment has saved her card."""
    with scene.db.transaction() as session:
        customer = session.get_one(Customer, scene.customer.id)
        plan = plans.current(session, customer)
        assert plan is not None
        made = mandates.consent(session, customer, plan, conversation_id=scene.id, locale="en-US")
        mandates.activate(session, made.id, CARD)


async def answer(scene: Scene, text: str, intent: str) -> Answer:
    """Answer the question whether to set it up."""
    return await scene.run(AutopayForm(), text, intent, loop=FORM, requested="autopay_agreed")


async def test_the_exact_words_are_shown_before_the_yes_and_kept_k8(scene: Scene) -> None:
    assert (await scene.run(ManageAutopay(), "take it automatically please", "manage_autopay")).loop == FORM
    asked = await scene.run(AskAutopayAgreed(), loop=FORM)
    agreed = await scene.run(AgreeAutopay(), "yes", "affirm", slots={"autopay_agreed": True})
    kept = mandate(scene)
    assert kept is not None
    assert kept.wording in asked.text
    assert "$66.83 on March 9, 2026" in asked.text
    assert kept.status == MandateStatus.PENDING
    assert agreed.responses == ["utter_autopay_agreed", "utter_pay_link"]


async def test_the_link_that_follows_saves_the_card(scene: Scene) -> None:
    await scene.run(AgreeAutopay(), "yes", "affirm", slots={"autopay_agreed": True})
    kept = mandate(scene)
    with scene.db.reading() as session:
        payment = session.scalars(sa.select(Payment)).one()
    assert kept is not None
    assert (payment.mandate_id, payment.amount) == (kept.id, 6683)


async def test_only_a_clear_yes_is_consent(scene: Scene) -> None:
    assert (await answer(scene, "yes please", "affirm")).slots == {"autopay_agreed": True}
    assert (await answer(scene, "maybe, what if I'm broke", "affirm")).responses == ["utter_yes_unclear"]
    assert (await answer(scene, "no thanks", "deny")).events == []
    assert mandate(scene) is None


async def test_without_a_yes_nothing_is_kept(scene: Scene) -> None:
    await scene.run(AgreeAutopay(), slots={"autopay_agreed": None})
    assert mandate(scene) is None


@pytest.mark.parametrize(
    "text",
    ["stop the automatic payments", "please don't take any more from my card", "turn autopay off", "remove my card"],
)
async def test_it_is_off_at_once_k11(scene: Scene, text: str) -> None:
    switched_on(scene)
    stopped = await scene.run(ManageAutopay(), text, "manage_autopay")
    assert stopped.responses == ["utter_autopay_stopped"]
    assert mandate(scene) is None
    again = await scene.run(ManageAutopay(), text, "manage_autopay")
    assert again.responses == ["utter_autopay_is_off"]


async def test_what_is_on_its_way_already_is_said_truthfully_c11(scene: Scene) -> None:
    switched_on(scene)
    with scene.db.transaction() as session:
        session.add(
            Payment(
                customer_id=scene.customer.id,
                conversation_id=scene.id,
                amount=6683,
                currency="USD",
                status=PaymentStatus.PROCESSING,
                origin=PaymentOrigin.AUTOPAY,
                token="t",
                input_hash="h",
            )
        )
    stopped = await scene.run(ManageAutopay(), "stop automatic payments", "manage_autopay")
    assert stopped.responses == ["utter_autopay_stopped_coming"]
    assert "$66.83" in stopped.text


@pytest.mark.parametrize(
    ("text", "responses"),
    [
        ("is my card still saved?", ["utter_autopay_is_on"]),
        ("is autopay on", ["utter_autopay_is_on"]),
        ("I want to use a different card", ["utter_autopay_another_card", "utter_pay_link"]),
        ("my card expired, can I change it", ["utter_autopay_another_card", "utter_pay_link"]),
    ],
)
async def test_how_it_stands_and_another_card(scene: Scene, text: str, responses: list[str]) -> None:
    switched_on(scene)
    assert (await scene.run(ManageAutopay(), text, "manage_autopay")).responses == responses
    kept = mandate(scene)
    assert kept is not None
    assert kept.status == MandateStatus.ACTIVE


async def test_the_next_card_takes_the_place_of_the_one_before(scene: Scene) -> None:
    switched_on(scene)
    await scene.run(ManageAutopay(), "use another card", "manage_autopay")
    with scene.db.transaction() as session:
        customer = session.get_one(Customer, scene.customer.id)
        waiting = mandates.waiting_for_card(session, customer)
        link = session.scalars(sa.select(Payment)).one()
        assert waiting is not None
        assert link.mandate_id == waiting.id
        mandates.activate(session, waiting.id, SavedCard("pm_2", "cus_2", "mastercard", "5454", 1, 2035))
        assert mandates.waiting_for_card(session, customer) is None
        assert payments.on_its_way(session, customer).minor == 0
    kept = mandate(scene)
    assert kept is not None
    assert (kept.card_last4, kept.status) == ("5454", MandateStatus.ACTIVE)


async def test_without_a_plan_there_is_nothing_to_take(db: object, stranger: Scene) -> None:
    with stranger.db.transaction() as session:
        conversation = session.merge(stranger.conversation)
        conversation.customer_id = stranger.customer.id
        conversation.verified_until = conversation.created_at.replace(year=2100)
    said = await stranger.run(ManageAutopay(), "set up automatic payments", "manage_autopay")
    assert said.responses == ["utter_autopay_needs_plan"]


async def test_a_stranger_proves_who_they_are_first_p1(stranger: Scene) -> None:
    said = await stranger.run(ManageAutopay(), "stop autopay", "manage_autopay")
    assert said.slots["wish"]["intent"] == "manage_autopay"
