"""A payment by chat: bounded to what is owed, one live link (design sections 3 and 10, 6; C9)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.paying.amount_questions import AskAmount, is_asked
from actions.paying.payments import MakePayment, OpenLink, PaymentForm
from actions.paying.wanted import meant
from actions.plans import proposals
from actions.reading.amounts import Said, Share
from actions.talk.talk import Affirm, Deny, Inform
from bot.billing import invoices
from bot.billing.payments import open_link
from bot.db import Database
from bot.models import Payment, PaymentShare
from bot.money import Money
from tests import factories
from tests.actions.scene import Answer, Scene, invoice, uttered
from tests.conftest import SetClock

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
     ("the oldest one", 12000), ("INV-1002", 8050), ("half of everything", 13025), ("a tenner", 1000),
     ("no, 60 not 50", 6000), ("half of INV-1001", 6000), ("50 on INV-1001", 5000), ("all except INV-1002", 18000),
     ("the bigger invoice", 12000), ("the second invoice", 8050), ("both", 20050), ("a third of it", 6683),
     ("the first one", 20050), ("option 2", 26050), ("I owe 200.50 but can do 40", 4000)],
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


async def test_several_amounts_are_asked_back_with_each_as_a_button(scene: Scene) -> None:
    answer = await answer_amount(scene, "40 or 50")
    assert answer.responses == ["utter_amount_several"]
    assert answer.payloads == ['/inform{"amount": "4000"}', '/inform{"amount": "5000"}']
    assert answer.slots == {"amount": None}
    wish = await scene.run(MakePayment(), "I can pay 40 or 50", "make_payment")
    assert (wish.responses, wish.loop) == (["utter_amount_several"], FORM)
    assert payments(scene) == []


async def test_a_yes_where_two_amounts_were_offered_is_asked_back_k8(scene: Scene) -> None:
    answer = await answer_amount(scene, "yes please", "affirm")
    assert answer.responses == ["utter_amount_which"]
    assert answer.slots == {"amount": None}


@pytest.mark.parametrize(
    ("text", "intent"),
    [("what's the least?", "ask_minimum_payment"), ("any fees?", "ask_fees"), ("can I do 50 a month?", "propose_plan"),
     ("I'll pay 50 on friday", "promise_to_pay"), ("I already paid INV-1001", "already_paid")],
)  # fmt: skip
async def test_a_question_or_another_wish_inside_a_payment_is_no_amount(scene: Scene, text: str, intent: str) -> None:
    assert (await answer_amount(scene, text, intent)).events == []


async def test_k7_an_amount_that_they_cannot_pay_never_becomes_a_link(scene: Scene) -> None:
    answer = await scene.run(MakePayment(), "I can't pay 200", "make_payment")
    assert "utter_pay_link" not in answer.responses
    assert payments(scene) == []


async def test_now_and_the_rest_on_a_day_are_a_link_and_then_a_promise(clock: SetClock, scene: Scene) -> None:
    answer = await scene.run(MakePayment(), "50 now and the rest on friday", "make_payment")
    assert answer.responses == ["utter_pay_link"]
    assert answer.loop == "promise_form"
    assert answer.slots["promise"] == {"minor": 15050, "currency": "USD"}
    assert answer.slots["promise_day"] == "2026-03-06"
    taken = await answer_amount(scene, "half now, half next friday")
    assert taken.slots["amount"]["minor"] == 10025
    link = await scene.run(OpenLink(), "half now, half next friday", slots=taken.slots)
    assert (link.loop, link.slots["promise_day"]) == ("promise_form", "2026-03-13")


async def test_what_is_named_to_be_left_out_is_not_paid_and_what_is_disputed_neither_c9(scene: Scene) -> None:
    with scene.db.transaction() as session:
        factories.hold(session, invoice(session, "INV-1001"))
    assert (await answer_amount(scene, "all except INV-1002")).slots["amount"]["minor"] == 6000
    assert (await answer_amount(scene, "the rest")).slots["amount"]["minor"] == 14050


async def test_the_other_one_is_the_one_that_is_not_disputed_c9(scene: Scene) -> None:
    with scene.db.transaction() as session:
        factories.hold(session, invoice(session, "INV-1001"))
        factories.hold(session, invoice(session, "INV-1003"))
    answer = await scene.run(MakePayment(), "ok, I'll pay the other one then", "make_payment")
    assert answer.card is not None
    assert answer.card["amount"] == 8050


@pytest.mark.parametrize(("text", "minor"), [("no, make it 60", 6000), ("60 not 80", 6000), ("actually 40", 4000)])
async def test_a_correction_after_the_link_changes_it(scene: Scene, text: str, minor: int) -> None:
    await scene.run(MakePayment(), "pay 80.50", "make_payment")
    answer = await scene.run(Inform(), text, slots={"topic": "payment"})
    assert answer.responses == ["utter_pay_link_changed"]
    assert [payment.amount for payment in payments(scene) if payment.superseded_at is None] == [minor]


@pytest.mark.parametrize(
    ("text", "minor"), [("no, half", 10025), ("no, only the overdue part", 20050), ("no, 30", 3000)]
)
async def test_a_no_that_names_another_part_changes_the_link(scene: Scene, text: str, minor: int) -> None:
    await scene.run(MakePayment(), "pay 260.50", "make_payment")
    answer = await scene.run(Deny(), text, "deny", slots={"topic": "payment"})
    assert answer.responses == ["utter_pay_link_changed"]
    assert answer.card is not None
    assert answer.card["amount"] == minor


@pytest.mark.parametrize("text", ["no, that's all", "no thanks", "no, that's everything for today"])
async def test_a_no_that_ends_the_talk_asks_for_no_payment(scene: Scene, text: str) -> None:
    await scene.run(MakePayment(), "pay 80.50", "make_payment")
    await scene.run(Deny(), text, "deny", slots={"topic": "payment"})
    assert len(payments(scene)) == 1


@pytest.mark.parametrize("text", ["I'd like to pay 50 on friday", "50 next friday please", "can I pay 50 in two weeks"])
async def test_k7_a_day_to_come_is_a_promise_and_no_link(clock: SetClock, scene: Scene, text: str) -> None:
    answer = await scene.run(MakePayment(), text, "make_payment")
    assert answer.loop == "promise_form"
    assert answer.slots["promise"] == {"minor": 5000, "currency": "USD"}
    assert answer.slots["promise_day"] is not None
    assert payments(scene) == []


async def test_k7_a_day_in_answer_to_how_much_is_a_promise_too(clock: SetClock, scene: Scene) -> None:
    taken = await answer_amount(scene, "50 on friday")
    later = await scene.run(OpenLink(), "50 on friday", slots=taken.slots)
    assert (later.loop, later.slots["promise_day"], later.slots["amount"]) == ("promise_form", "2026-03-06", None)
    bare = await answer_amount(scene, "on friday")
    assert bare.slots == {"amount": None, "requested_slot": None}
    assert (await scene.run(OpenLink(), "on friday")).slots["promise_day"] == "2026-03-06"
    assert payments(scene) == []


@pytest.mark.parametrize(
    "text", ["pay 50 now", "pay the invoice due on march 12", "pay 50 today, I get paid on friday"]
)
async def test_what_is_meant_for_now_is_a_link(clock: SetClock, scene: Scene, text: str) -> None:
    assert (await scene.run(MakePayment(), text, "make_payment")).loop != "promise_form"


async def test_of_several_amounts_it_is_asked_once(scene: Scene) -> None:
    asked = await answer_amount(scene, "40 or 50")
    message = {"event": "user", "parse_data": {}}
    assert is_asked([message, *uttered(asked)])
    assert not is_asked([*uttered(asked), message])
    assert not is_asked([message, *uttered(await scene.run(AskAmount(), loop=FORM))])


async def test_several_amounts_after_a_link_are_asked_back_too(scene: Scene) -> None:
    await scene.run(MakePayment(), "pay 80.50", "make_payment")
    answer = await scene.run(Inform(), "40 or 50 instead", slots={"topic": "payment"})
    assert answer.responses == ["utter_amount_several"]
    pressed = await scene.run(Inform(), entities={"amount": "4000"}, slots={"topic": "payment"})
    assert pressed.responses == ["utter_pay_link_changed"]


@pytest.mark.parametrize("text", ["ok. 120", "sorry, fifty after all"])
async def test_a_bare_amount_is_the_payment_s_whatever_it_was_heard_as(scene: Scene, text: str) -> None:
    asked = await scene.run(PaymentForm(), text, "propose_plan", loop="payment_form", requested="amount")
    assert asked.slots["amount"]
    changed = await scene.run(proposals.ProposePlan(), text, "propose_plan", slots={"topic": "payment"})
    assert changed.card is not None
    assert changed.card["kind"] == "pay_link"


async def test_an_amount_with_a_rhythm_is_no_payment(scene: Scene) -> None:
    asked = await scene.run(PaymentForm(), "50 a month", "propose_plan", loop="payment_form", requested="amount")
    assert asked.slots == {}


@pytest.mark.parametrize(
    ("text", "minor"),
    [("can I pay the 80", 8050), ("can I pay 80", 8000), ("pay the 1.5", 150), ("pay the 60", 6000), ("the 90", 9000)],
)
async def test_the_whole_of_an_invoice_stands_for_it(sqlite_db: Database, text: str, minor: int) -> None:
    answer = await Scene(sqlite_db).run(MakePayment(), text, "make_payment")
    assert answer.card is not None
    assert answer.card["amount"] == minor


@pytest.mark.parametrize(
    ("text", "minor", "number"),
    [
        ("pay half of the lampshades", 4025, "INV-1002"),
        ("half of the table", 6000, "INV-1001"),
        ("pay the table", 12000, "INV-1001"),
        ("I'll pay for the two linen lampshades", 8050, "INV-1002"),
        ("put 30 towards the table", 3000, "INV-1001"),
        ("pay everything except the lampshades", 18000, None),
        ("half of it", 10025, None),
    ],
)
async def test_a_part_named_by_what_was_bought_is_of_that_invoice_c11(
    sqlite_db: Database, text: str, minor: int, number: str | None
) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        for name, description in (("INV-1001", "Oak side table"), ("INV-1002", "Two linen lampshades")):
            invoice(session, name).description = description
    answer = await scene.run(MakePayment(), text, "make_payment")
    assert answer.card is not None
    assert answer.card["amount"] == minor
    if number is not None:
        with scene.db.reading() as session:
            shares = session.scalars(sa.select(PaymentShare.invoice_id)).all()
            assert shares == [invoice(session, number).id]


async def test_nothing_is_taken_for_what_is_wholly_disputed_unless_it_is_named_c9(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        for number in ("INV-1001", "INV-1002", "INV-1003"):
            factories.hold(session, invoice(session, number))
    answer = await scene.run(MakePayment(), "pay 75.25", "make_payment")
    assert (answer.responses, answer.card) == (["utter_only_disputed"], None)
    named = await scene.run(MakePayment(), "pay 50 of INV-1001 anyway", "make_payment")
    assert named.card is not None
    assert named.card["amount"] == 5000


async def test_no_more_is_taken_than_is_open_beside_a_dispute_c9(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        factories.hold(session, invoice(session, "INV-1001"))
    answer = await scene.run(MakePayment(), "pay 200", "make_payment")
    assert (answer.responses, answer.loop) == (["utter_amount_beside_hold"], FORM)
    assert "$140.50" in answer.text
    assert payments(scene) == []


@pytest.mark.parametrize("text", ["I want to pay off my bill at 100 a month", "pay 50 a month", "50 every friday"])
async def test_an_amount_with_a_rhythm_is_a_plan_and_no_link_c11(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db)
    answer = await scene.run(MakePayment(), text, "make_payment")
    assert (answer.card, answer.loop) == (None, "plan_form")
    assert (await answer_amount(scene, text, "make_payment")).events == []


@pytest.mark.parametrize("text", ["pay my monthly 50", "pay 50 this month"])
async def test_a_month_that_repeats_nothing_leaves_it_a_payment(sqlite_db: Database, text: str) -> None:
    answer = await Scene(sqlite_db).run(MakePayment(), text, "make_payment")
    assert answer.card is not None
    assert answer.card["amount"] == 5000


@pytest.mark.parametrize("text", ["pay 25", "please pay $25 now", "I want to pay 25 pounds"])
async def test_a_sum_to_pay_and_nothing_else_is_paid_once(sqlite_db: Database, text: str) -> None:
    answer = await Scene(sqlite_db).run(proposals.ProposePlan(), text, "propose_plan")
    assert answer.card is not None
    assert answer.card["amount"] == 2500


@pytest.mark.parametrize(
    ("text", "promised", "day"),
    [
        ("pay 10 now and 10 on friday", 1000, "2026-03-06"),
        ("pay 10 now and then another 20.50 on the 10th", 2050, "2026-03-10"),
        ("pay 10 now and 5000 on friday", 25050, "2026-03-06"),
        ("pay ten now and ten next week", 1000, None),
    ],
)
async def test_a_second_sum_on_a_later_day_becomes_a_promise_c11(
    sqlite_db: Database, clock: SetClock, text: str, promised: int, day: str | None
) -> None:
    answer = await Scene(sqlite_db).run(MakePayment(), text, "make_payment")
    assert answer.card is not None
    assert answer.card["amount"] == 1000
    assert answer.loop == "promise_form"
    assert answer.slots["promise"]["minor"] == promised
    assert answer.slots["promise_day"] == day


@pytest.mark.parametrize(
    ("text", "is_asked_first"), [("7", True), ("1", True), ("#2.", True), ("60", False), ("$7", False)]
)
async def test_a_figure_like_a_menu_number_changes_no_link_unasked(
    sqlite_db: Database, text: str, is_asked_first: bool
) -> None:
    scene = Scene(sqlite_db)
    await scene.run(MakePayment(), "pay 50", "make_payment")
    answer = await scene.run(Inform(), text, slots={"topic": "payment"})
    assert answer.responses == ["utter_offer_amount" if is_asked_first else "utter_pay_link_changed"]
    assert (payments(scene)[0].superseded_at is None) is is_asked_first


async def test_what_is_disputed_can_be_paid_on_an_express_wish_c9(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        disputed = invoice(session, "INV-1001")
        factories.hold(session, disputed)
    for text, minor in (
        ("pay 200 anyway", 20000),
        ("pay everything including the disputed one", 26050),
        ("pay all of it anyway", 26050),
        ("pay 100 anyway", 10000),
        ("I'll pay it anyway", 12000),
    ):
        answer = await scene.run(MakePayment(), text, "make_payment")
        assert answer.card is not None, text
        assert answer.card["amount"] == minor, text
    refused = await scene.run(MakePayment(), "pay 200", "make_payment")
    assert (refused.responses, refused.card) == (["utter_amount_beside_hold"], None)


async def test_pay_it_anyway_is_all_where_all_is_disputed_c9(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        for number in ("INV-1001", "INV-1002", "INV-1003"):
            factories.hold(session, invoice(session, number))
    answer = await scene.run(MakePayment(), "pay it anyway", "make_payment")
    assert answer.card is not None
    assert answer.card["amount"] == 26050


async def test_markup_where_an_amount_is_asked_makes_no_link(sqlite_db: Database) -> None:
    text = "<script>alert(1)</script>"
    answer = await Scene(sqlite_db).run(PaymentForm(), text, loop=FORM, requested="amount")
    assert (answer.responses, answer.slots) == (["utter_amount_unclear"], {"amount": None})
