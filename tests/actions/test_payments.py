"""A payment by chat: bounded to what is owed, one live link (design sections 3 and 10, 6; C9)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.amounts import Said, Share
from actions.payments import AskAmount, MakePayment, OpenLink, PaymentForm, meant
from actions.talk import Affirm, Deny, Inform
from bot.billing import invoices
from bot.billing.payments import open_link
from bot.db import Database
from bot.models import Payment, PaymentShare
from bot.money import Money
from tests import factories
from tests.actions.scene import Answer, Scene, invoice

FORM = "payment_form"


def payments(scene: Scene) -> list[Payment]:
    """Every payment, oldest first."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Payment).order_by(Payment.created_at, Payment.id)))


async def answer_amount(scene: Scene, text: str, intent: str = "inform") -> Answer:
    """Answer the question how much."""
    return await scene.run(PaymentForm(), text, intent, loop=FORM, requested="amount")


async def test_an_amount_in_the_wish_gives_its_link_at_once(scene: Scene) -> None:
    answer = await scene.run(MakePayment(), "I want to pay $80.50 now", "make_payment")
    assert answer.responses == ["utter_pay_link"]
    (payment,) = payments(scene)
    assert answer.card == {
        "kind": "pay_link",
        "url": f"https://pay.example/pay/{payment.token}",
        "amount": 8050,
        "currency": "USD",
    }
    assert f"https://pay.example/pay/{payment.token}" in answer.text
    assert payment.conversation_id == scene.id


async def test_without_an_amount_it_is_asked_for_with_ready_choices(scene: Scene) -> None:
    assert (await scene.run(MakePayment(), "I want to pay", "make_payment")).loop == FORM
    asked = await scene.run(AskAmount(), "I want to pay", "make_payment", loop=FORM)
    assert asked.payloads == ['/inform{"amount": "overdue"}', '/inform{"amount": "all"}']
    assert payments(scene) == []


@pytest.mark.parametrize(
    ("text", "minor"),
    [("80,50", 8050), ("fifty now", 5000), ("half", 10025), ("all of it", 26050), ("everything overdue", 20050),
     ("the oldest one", 12000), ("INV-1002", 8050), ("half of everything", 13025)],
)  # fmt: skip
async def test_an_answer_in_free_text_is_taken(scene: Scene, text: str, minor: int) -> None:
    assert (await answer_amount(scene, text)).slots["amount"]["minor"] == minor


@pytest.mark.parametrize(("choice", "minor"), [("overdue", 20050), ("all", 26050)])
async def test_a_button_is_taken(scene: Scene, choice: str, minor: int) -> None:
    answer = await scene.run(PaymentForm(), intent="inform", entities={"amount": choice}, loop=FORM, requested="amount")
    assert answer.slots["amount"]["minor"] == minor


async def test_more_than_is_owed_is_never_taken_s5(scene: Scene) -> None:
    answer = await answer_amount(scene, "300")
    assert answer.responses == ["utter_amount_too_much"]
    assert answer.slots == {"amount": None}
    assert (await scene.run(MakePayment(), "pay 300", "make_payment")).loop == FORM
    assert payments(scene) == []


async def test_an_amount_that_leaves_what_nobody_could_pay_is_answered_with_the_whole_s4(scene: Scene) -> None:
    answer = await scene.run(MakePayment(), "I want to pay $260.30 now", "make_payment")
    assert (answer.responses, answer.loop) == (["utter_refused"], FORM)
    assert "$260.50" in answer.text
    assert payments(scene) == []


@pytest.mark.parametrize("said", [Said(share=Share.ALL), Said(share=Share.OVERDUE), Said(invoices=("INV-1",))])
def test_everything_is_all_that_a_card_can_pay_s4(db: Database, said: Said) -> None:
    with db.transaction() as session:
        customer = factories.customer(session, currency="KWD")
        factories.invoice(session, customer, "10.005", number="INV-1")
        wanted = meant(said, invoices.standing(session, customer))
        assert wanted is not None
        assert wanted.amount == Money.of("10.000", "KWD")
        assert open_link(session, customer, wanted.amount, conversation_id=None)


async def test_nothing_at_all_is_no_payment(scene: Scene) -> None:
    assert (await answer_amount(scene, "$0")).responses == ["utter_amount_none"]


async def test_what_cannot_be_read_is_asked_again(scene: Scene) -> None:
    answer = await answer_amount(scene, "eighty fifty")
    assert answer.responses == ["utter_amount_unclear"]
    assert answer.slots == {"amount": None}


@pytest.mark.parametrize("intent", ["check_balance", "ask_bot_identity", "out_of_scope", "cancel"])
async def test_another_wish_is_heard_for_what_it_is(scene: Scene, intent: str) -> None:
    assert (await answer_amount(scene, "tell me something else entirely please", intent)).events == []


@pytest.mark.parametrize("intent", ["express_crisis", "request_human", "report_hardship", "dispute_debt"])
async def test_a_sensitive_message_is_no_amount_whatever_figures_it_has_c12_c13(scene: Scene, intent: str) -> None:
    assert (await answer_amount(scene, "50", intent)).events == []


async def test_the_link_is_made_when_the_form_is_done(scene: Scene) -> None:
    amount = {"minor": 5000, "currency": "USD", "invoices": []}
    answer = await scene.run(OpenLink(), "50", slots={"amount": amount})
    assert answer.responses == ["utter_pay_link"]
    assert answer.slots["amount"] is None


async def test_a_change_of_mind_supersedes_the_link(scene: Scene) -> None:
    await scene.run(MakePayment(), "pay 80.50", "make_payment")
    answer = await scene.run(Deny(), "no, make it 60", "deny", slots={"topic": "payment"})
    assert answer.responses == ["utter_pay_link_changed"]
    first, second = payments(scene)
    assert first.superseded_at is not None
    assert (second.amount, second.superseded_at) == (6000, None)


async def test_a_bare_amount_is_offered_first_and_paid_after_a_yes(scene: Scene) -> None:
    offered = await scene.run(Inform(), "50")
    assert offered.responses == ["utter_offer_amount"]
    assert payments(scene) == []
    paid = await scene.run(Affirm(), "yes", "affirm", slots={"offer": offered.slots["offer"]})
    assert paid.responses == ["utter_pay_link"]
    assert paid.slots["offer"] is None
    assert payments(scene)[0].amount == 5000


async def test_a_disputed_invoice_is_left_out_and_that_is_said_c9(scene: Scene) -> None:
    with scene.db.transaction() as session:
        disputed = invoice(session, "INV-1001")
        factories.hold(session, disputed)
    answer = await scene.run(MakePayment(), "pay everything", "make_payment")
    assert answer.responses == ["utter_disputed_note", "utter_pay_link"]
    assert answer.card is not None
    assert answer.card["amount"] == 14050
    with scene.db.reading() as session:
        assert disputed.id not in set(session.scalars(sa.select(PaymentShare.invoice_id)))
