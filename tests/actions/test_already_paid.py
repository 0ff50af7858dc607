"""They say that it is paid: looked at, believed, held, passed on; the rest goes on (K9, C9, P1; design 10, 1 and 7)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.paying.already_paid import AlreadyPaid, AskPaidHow, AskPaidInvoices, PaidForm, RecordPaid
from actions.paying.said_paid import says_how
from bot.billing import payments as billing
from bot.models import Case, Customer, Hold, HoldKind, HoldStatus, Invoice, Payment, PaymentStatus
from bot.money import Money
from tests import factories
from tests.actions.scene import Answer, Scene, invoice
from tests.conftest import SetClock

FORM = "paid_form"


@pytest.fixture
def scene(clock: SetClock, scene: Scene) -> Scene:
    """Maya, on Monday, 2 March 2026."""
    return scene


def paid(scene: Scene, minor: int = 5000) -> Payment:
    """A payment of Maya's that arrived."""
    with scene.db.transaction() as session:
        maya = session.get_one(Customer, scene.customer.id)
        payment = billing.open_link(session, maya, Money(minor, "USD"), conversation_id=scene.id)
        billing.settle(session, payment.id, factories.checkout(payment))
    return payment


def held(scene: Scene) -> list[str]:
    """The numbers of the invoices that are held as reported."""
    with scene.db.reading() as session:
        query = (
            sa.select(Invoice.number)
            .join(Hold, Hold.invoice_id == Invoice.id)
            .where(Hold.kind == HoldKind.DISPUTE, Hold.status == HoldStatus.REPORTED)
        )
        return sorted(session.scalars(query))


def case(scene: Scene) -> Case:
    with scene.db.reading() as session:
        return session.scalars(sa.select(Case).where(Case.kind == "already_paid")).one()


async def say(scene: Scene, text: str, **entities: str) -> Answer:
    return await scene.run(AlreadyPaid(), text, "already_paid", entities=entities)


async def answer_which(scene: Scene, text: str, intent: str = "inform", **entities: str) -> Answer:
    wish = {"intent": "already_paid", "text": "I already paid that", "entities": {}}
    return await scene.run(
        PaidForm(), text, intent, entities=entities, slots={"wish": wish}, loop=FORM, requested="paid_invoices"
    )


async def answer_how(scene: Scene, text: str, intent: str = "inform", **entities: str) -> Answer:
    return await scene.run(PaidForm(), text, intent, entities=entities, loop=FORM, requested="paid_how")


async def test_k9_a_payment_that_arrived_is_told_with_thanks(scene: Scene) -> None:
    paid(scene)
    answer = await say(scene, "I already paid")
    assert answer.responses == ["utter_paid_arrived"]
    assert "$50.00" in answer.text
    assert held(scene) == []


async def test_s2_a_payment_on_its_way_is_told(scene: Scene) -> None:
    payment = paid(scene)
    with scene.db.transaction() as session:
        session.get_one(Payment, payment.id).status = PaymentStatus.PROCESSING
    assert (await say(scene, "but I paid that yesterday")).responses == ["utter_paid_coming"]
    assert held(scene) == []


async def test_another_payment_than_the_one_that_is_here_is_believed(scene: Scene) -> None:
    paid(scene)
    assert (await say(scene, "I paid 80.50 last week by bank transfer")).responses[0] == "utter_already_paid_noted"
    assert held(scene) == ["INV-1002"]


async def test_i_mean_another_one_asks_which(scene: Scene) -> None:
    paid(scene)
    answer = await say(scene, "", paid="other")
    assert answer.loop == FORM
    assert answer.slots["paid_invoices"] is None


async def test_the_invoice_that_is_named_is_held_at_once_and_how_is_asked(scene: Scene) -> None:
    answer = await say(scene, "I've paid INV-1002 already")
    assert answer.responses == ["utter_already_paid_held"]
    assert answer.loop == FORM
    assert held(scene) == ["INV-1002"]
    with scene.db.reading() as session:
        assert answer.slots["paid_invoices"] == [str(invoice(session, "INV-1002").id)]
    assert "I've paid INV-1002 already" in case(scene).summary
    assert case(scene).customer_id == scene.customer.id


async def test_when_and_how_was_said_it_is_not_asked(scene: Scene) -> None:
    answer = await say(scene, "I paid INV-1001 by bank transfer on the 20th of February")
    assert answer.responses == ["utter_already_paid_noted", "utter_already_paid_rest"]
    assert "$140.50" in answer.text
    assert answer.loop is None


async def test_which_one_is_asked_with_each_as_a_button(scene: Scene) -> None:
    assert (await say(scene, "I already paid")).loop == FORM
    asked = await scene.run(AskPaidInvoices(), "I already paid", "already_paid", loop=FORM)
    assert asked.payloads[0] == '/already_paid{"paid": "INV-1001"}'
    assert asked.payloads[-1] == '/already_paid{"paid": "all"}'
    assert held(scene) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("INV-1001", ["INV-1001"]),
        ("the older one", ["INV-1001"]),
        ("the second one", ["INV-1002"]),
        ("the one for 80.50", ["INV-1002"]),
        ("all of them", ["INV-1001", "INV-1002", "INV-1003"]),
        ("what's overdue", ["INV-1001", "INV-1002"]),
        ("200.50", ["INV-1001", "INV-1002"]),
    ],
)
async def test_the_answer_holds_what_it_names(scene: Scene, text: str, numbers: list[str]) -> None:
    answer = await answer_which(scene, text)
    assert answer.slots["paid_how"] is None
    assert held(scene) == numbers
    with scene.db.reading() as session:
        assert "I already paid that" in session.scalars(sa.select(Hold.reason)).all()


async def test_a_button_holds_its_invoice(scene: Scene) -> None:
    await answer_which(scene, "", "already_paid", paid="INV-1003")
    assert held(scene) == ["INV-1003"]


async def test_an_unclear_answer_is_asked_again_and_holds_nothing(scene: Scene) -> None:
    assert (await answer_which(scene, "the blue one")).responses == ["utter_already_paid_unclear"]
    assert held(scene) == []


@pytest.mark.parametrize("intent", ["request_human", "express_crisis", "report_hardship", "cancel", "explain_balance"])
async def test_another_wish_is_heard_for_what_it_is_c13(scene: Scene, intent: str) -> None:
    assert (await answer_which(scene, "please help me with something else here", intent)).events == []
    assert (await answer_how(scene, "please help me with something else here", intent)).events == []


@pytest.mark.parametrize(
    ("text", "intent", "kept"),
    [
        ("by cheque, around the 3rd", "inform", "by cheque, around the 3rd"),
        ("bank transfer last week", "ask_payment_methods", "bank transfer last week"),
        ("I don't remember", "deny", "skipped"),
        ("no idea", "inform", "skipped"),
    ],
)
async def test_how_it_was_paid_is_kept_or_left_open(scene: Scene, text: str, intent: str, kept: str) -> None:
    assert (await answer_how(scene, text, intent)).slots == {"paid_how": kept}


async def test_the_question_may_be_skipped_by_its_button(scene: Scene) -> None:
    assert (await scene.run(AskPaidHow(), loop=FORM)).responses == ["utter_ask_paid_how"]
    assert (await answer_how(scene, "", "already_paid", paid="skipped")).slots == {"paid_how": "skipped"}


async def test_the_words_go_to_the_case_and_the_rest_goes_on_c9(scene: Scene) -> None:
    first = await say(scene, "INV-1001 is paid")
    slots = {"paid_invoices": first.slots["paid_invoices"], "paid_how": "by card in January"}
    answer = await scene.run(RecordPaid(), "by card in January", slots=slots)
    assert answer.responses == ["utter_already_paid_noted", "utter_already_paid_rest"]
    assert answer.loop is None
    summary = case(scene).summary
    for words in ("INV-1001", "INV-1001 is paid", "by card in January"):
        assert words in summary


async def test_the_only_open_invoice_is_the_one(clock: SetClock, scene: Scene) -> None:
    paid(scene, 20050)
    clock.advance(days=20)
    with scene.db.transaction() as session:
        session.get_one(type(scene.conversation), scene.id).verified_until = clock.now().replace(hour=23)
    assert (await say(scene, "I've paid already")).responses == ["utter_already_paid_held"]
    assert held(scene) == ["INV-1003"]


async def test_who_owes_nothing_is_thanked(scene: Scene) -> None:
    paid(scene, 26050)
    assert (await say(scene, "I already paid everything")).responses == ["utter_payment_arrived_clear"]


async def test_p1_before_a_proof_it_is_believed_and_noted_and_nothing_is_told(stranger: Scene) -> None:
    answer = await say(stranger, "I paid this already!")
    assert answer.responses == ["utter_already_paid_unknown"]
    assert answer.slots["offer"]["intent"] == "already_paid"
    assert case(stranger).customer_id is None
    assert held(stranger) == []


async def test_inside_the_proof_the_wish_is_kept(stranger: Scene) -> None:
    answer = await stranger.run(AlreadyPaid(), "I paid this", "already_paid", loop="verification_form")
    assert answer.slots["wish"]["intent"] == "already_paid"
    assert answer.loop == "unchanged"


@pytest.mark.parametrize(
    ("text", "how"),
    [("I paid by card", True), ("paid it on the 3rd", True), ("paid yesterday", True), ("I already paid", False)],
)
def test_when_or_how_is_heard(text: str, how: bool) -> None:
    assert says_how(text) is how
