"""Receipts, statements and what became of payments, by chat (K9, K15, P1, S2)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.paying.documents import RequestReceipt, RequestStatement
from actions.paying.history import CheckPaymentStatus, RequestRefund
from bot.billing import payments
from bot.models import Case, Document, Payment, PaymentStatus
from bot.money import Money
from tests import factories
from tests.actions.scene import Scene
from tests.conftest import SetClock


@pytest.fixture
def scene(clock: SetClock, scene: Scene) -> Scene:
    """Maya, on Monday, 2 March 2026."""
    return scene


def pay(scene: Scene, amount: str) -> Payment:
    """Maya pays, and Stripe says so."""
    with scene.db.transaction() as session:
        customer = session.merge(scene.customer)
        payment = payments.open_link(session, customer, Money.of(amount, "USD"), conversation_id=scene.id)
        payments.settle(session, payment.id, factories.checkout(payment))
        return payment


async def test_a_statement_is_a_link_that_ends_k15(scene: Scene) -> None:
    answer = await scene.run(RequestStatement(), "can I have a statement", "request_statement")
    assert answer.responses == ["utter_statement"]
    with scene.db.reading() as session:
        document = session.scalars(sa.select(Document)).one()
    assert answer.card == {
        "kind": "statement",
        "url": f"https://pay.example/documents/{document.token}",
        "title": "Open your statement",
    }
    assert document.customer_id == scene.customer.id
    assert "3 days" in answer.text


async def test_nobody_gets_a_document_without_a_proof_p1(stranger: Scene) -> None:
    for action, intent in ((RequestStatement(), "request_statement"), (RequestReceipt(), "request_receipt")):
        answer = await stranger.run(action, "send it please", intent)
        assert answer.slots["wish"]["intent"] == intent
    with stranger.db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Document)) == 0


async def test_the_newest_payment_has_its_receipt_and_others_are_offered(scene: Scene, clock: SetClock) -> None:
    first = pay(scene, "20.00")
    clock.advance(minutes=1)
    newest = pay(scene, "35.50")
    answer = await scene.run(RequestReceipt(), "a receipt please", "request_receipt")
    assert "$35.50" in answer.text
    assert answer.payloads == [f'/request_receipt{{"payment": "{first.id}"}}']
    chosen = await scene.run(RequestReceipt(), intent="request_receipt", entities={"payment": str(first.id)})
    assert "$20.00" in chosen.text
    by_amount = await scene.run(RequestReceipt(), "receipt for the 20 dollars", "request_receipt")
    assert "$20.00" in by_amount.text
    with scene.db.reading() as session:
        about = session.scalars(sa.select(Document.payment_id).order_by(Document.created_at)).all()
    assert set(about) == {first.id, newest.id}


async def test_another_customers_payment_gives_no_receipt_p1(scene: Scene) -> None:
    with scene.db.transaction() as session:
        other = factories.customer(session)
        factories.invoice(session, other)
        theirs = payments.open_link(session, other, Money.of("10.00", "USD"), conversation_id=None)
        payments.settle(session, theirs.id, factories.checkout(theirs))
    answer = await scene.run(RequestReceipt(), intent="request_receipt", entities={"payment": str(theirs.id)})
    assert answer.responses == ["utter_receipt_none"]


async def test_what_became_of_payments_is_said_plainly_s2(scene: Scene) -> None:
    assert (await scene.run(CheckPaymentStatus(), "did it arrive?", "check_payment_status")).responses == [
        "utter_payments_none"
    ]
    pay(scene, "20.00")
    waiting = pay(scene, "30.00")
    with scene.db.transaction() as session:
        session.get_one(Payment, waiting.id).status = PaymentStatus.PROCESSING
    answer = await scene.run(CheckPaymentStatus(), "did it arrive?", "check_payment_status")
    assert answer.responses == ["utter_payments_rest"]
    assert "$20.00 arrived on" in answer.text
    assert "$30.00 from" in answer.text
    assert "on its way" in answer.text


async def test_when_all_is_paid_that_is_said_with_thanks_k9(scene: Scene) -> None:
    pay(scene, "260.50")
    assert (await scene.run(CheckPaymentStatus(), "status?", "check_payment_status")).responses == [
        "utter_payments_clear"
    ]


@pytest.mark.parametrize("times", [1, 2])
async def test_a_wish_for_money_back_is_one_case_for_a_person_c13(scene: Scene, times: int) -> None:
    for _ in range(times):
        answer = await scene.run(RequestRefund(), "I want my money back", "request_refund")
        assert answer.responses == ["utter_refund_noted"]
    with scene.db.reading() as session:
        case = session.scalars(sa.select(Case)).one()
    assert (case.kind, case.customer_id) == ("refund_request", scene.customer.id)
