"""Refunds from the desk: asked for once at Stripe, whatever crashes or repeats, never beyond what is left (S3, S5)."""

from __future__ import annotations

import threading
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import invoices, ledger, payments
from bot.billing.payments import refunds
from bot.conversations import refunding
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound, OutsideService
from bot.models import Agent, Customer, Payment, PaymentStatus, Refund, RefundStatus, Reversal, Role
from bot.money import Money
from tests import factories
from tests.conftest import SetClock
from tests.conversations.test_money_back import Scene, dollars

DOWN = OutsideService("down", service="stripe", retryable=True)
REASON = "The parcel came late"


class Desk(Scene):
    """The same with Ana, an agent, and Sol, a supervisor. 200.50 is paid; alone they may do 50.00."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        with db.transaction() as session:
            self.ana, self.sol = factories.agent(session), factories.agent(session, role=Role.SUPERVISOR)
        self.pay()

    def ask(self, amount: str, by: Agent | None = None, client_id: uuid.UUID | None = None) -> Refund:
        """An agent writes a refund down."""
        asked = by or self.ana, self.payment_id, dollars(amount), REASON, client_id or uuid.uuid4()
        return self.db.in_transaction(lambda session: refunds.ask(session, *asked))

    def decide(self, refund: Refund, by: Agent, *, approve: bool = True) -> Refund:
        """Somebody decides."""
        return self.db.in_transaction(lambda session: refunds.decide(session, refund.id, by, approve=approve))

    def now(self, refund: Refund) -> Refund:
        """The row as it is."""
        return self.db.in_reading(lambda session: session.get_one(Refund, refund.id))

    def given_back(self) -> list[str]:
        """What Stripe gave back, in words."""
        intent = self.gateway.fetch_intent(self.gateway.sessions[self.page].payment_intent or "")
        return [str(back.amount.major) for back in intent.returns]

    def held(self) -> str:
        """What Stripe holds of it by our books."""
        with self.db.reading() as session:
            return str(ledger.balance(session, ledger.STRIPE, "USD").major)


@pytest.fixture
def desk(db: Database, clock: SetClock) -> Desk:
    """On both databases."""
    return Desk(db)


def test_a_refund_is_given_back_posted_and_told_and_the_desk_needs_no_case(desk: Desk) -> None:
    refund = desk.ask("40.00")
    assert refunding.send(desk.db, desk.gateway, refund.id) == desk.conversation_id
    assert (desk.now(refund).status, desk.given_back(), desk.held()) == (RefundStatus.SENT, ["40.00"], "160.50")
    assert "given $40.00 of your payment back" in desk.told()[-1].text
    assert desk.cases() == []
    desk.hear()
    assert refunding.send(desk.db, desk.gateway, refund.id) is None
    assert (len(desk.told()), desk.given_back(), desk.cases()) == (1, ["40.00"], [])


def test_a_crash_before_stripe_was_asked_is_finished_by_the_sweep(desk: Desk, clock: SetClock) -> None:
    refund = desk.ask("40.00")
    assert refunding.sweep(desk.db, desk.gateway) == []
    clock.advance(minutes=2)
    assert refunding.sweep(desk.db, desk.gateway) == [desk.conversation_id]
    assert refunding.sweep(desk.db, desk.gateway) == []
    assert (desk.now(refund).status, desk.given_back()) == (RefundStatus.SENT, ["40.00"])


def test_an_answer_that_was_lost_gives_back_once_s5(desk: Desk, clock: SetClock) -> None:
    refund = desk.ask("40.00")
    desk.gateway.answer_lost = True
    with pytest.raises(OutsideService):
        refunding.send(desk.db, desk.gateway, refund.id)
    desk.hear()
    assert desk.now(refund).status == RefundStatus.ASKED
    clock.advance(hours=2)
    refunding.sweep(desk.db, desk.gateway)
    assert (desk.given_back(), desk.held(), len(desk.told())) == (["40.00"], "160.50", 1)
    assert desk.cases() == []


def test_when_the_key_may_be_forgotten_it_is_looked_up_first_s3(desk: Desk, clock: SetClock) -> None:
    lost, unsent = desk.ask("40.00"), desk.ask("10.00")
    desk.gateway.answer_lost = True
    with pytest.raises(OutsideService):
        refunding.send(desk.db, desk.gateway, lost.id)
    clock.advance(days=2)
    refunding.sweep(desk.db, desk.gateway)
    refunding.sweep(desk.db, desk.gateway)
    assert (desk.given_back(), desk.held()) == (["40.00", "10.00"], "150.50")
    assert {desk.now(each).status for each in (lost, unsent)} == {RefundStatus.SENT}


def test_two_equal_refunds_whose_answers_were_lost_are_two(desk: Desk, clock: SetClock) -> None:
    for _ in range(2):
        refund = desk.ask("20.00")
        desk.gateway.answer_lost = True
        with pytest.raises(OutsideService):
            refunding.send(desk.db, desk.gateway, refund.id)
    clock.advance(days=2)
    refunding.sweep(desk.db, desk.gateway)
    assert (desk.given_back(), desk.held()) == (["20.00", "20.00"], "160.50")


def test_a_sweep_stops_while_stripe_does_not_answer(desk: Desk, clock: SetClock) -> None:
    refund = desk.ask("40.00")
    clock.advance(minutes=2)
    desk.gateway.failure = DOWN
    with pytest.raises(OutsideService):
        refunding.sweep(desk.db, desk.gateway)
    assert desk.now(refund).status == RefundStatus.ASKED


def test_what_stripe_refuses_is_over_and_can_be_asked_for_otherwise(desk: Desk, clock: SetClock) -> None:
    dispute = desk.gateway.dispute(desk.page, dollars("50.00"))
    refund = desk.ask("40.00")
    clock.advance(minutes=2)
    assert refunding.sweep(desk.db, desk.gateway) == []
    assert desk.now(refund).status == RefundStatus.REFUSED
    desk.gateway.win(dispute.id)
    desk.hear()
    again = desk.ask("40.00")
    refunding.send(desk.db, desk.gateway, again.id)
    assert desk.given_back() == ["50.00", "40.00"]


def test_a_refund_that_stripe_made_is_not_called_refused_when_its_repeat_is_s5(desk: Desk, clock: SetClock) -> None:
    refund = desk.ask("40.00")
    desk.gateway.answer_lost = True
    with pytest.raises(OutsideService):
        refunding.send(desk.db, desk.gateway, refund.id)
    clock.advance(minutes=2)
    desk.gateway.failure = OutsideService("no", service="stripe", retryable=False)
    refunding.sweep(desk.db, desk.gateway)
    assert (desk.now(refund).status, desk.given_back(), desk.held()) == (RefundStatus.SENT, ["40.00"], "160.50")


def test_more_than_is_left_is_refused_also_while_another_is_under_way(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match=r"Up to \$200.50"):
        desk.ask("200.51")
    big = desk.decide(desk.ask("190.00"), desk.sol)
    with pytest.raises(InvalidInput, match=r"Up to \$10.50"):
        desk.ask("10.51")
    refunding.send(desk.db, desk.gateway, big.id)
    with pytest.raises(InvalidInput, match=r"Up to \$10.50"):
        desk.ask("10.51")
    with pytest.raises(InvalidInput):
        desk.ask("0.00")
    small = desk.ask("10.50")
    refunding.send(desk.db, desk.gateway, small.id)
    assert (desk.held(), desk.status()) == ("0.00", PaymentStatus.REFUNDED)


def test_an_amount_that_stripe_cannot_express_is_refused_and_not_written_down_s4(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        customer = factories.customer(session, currency="KWD")
        factories.invoice(session, customer, "10.000")
        ana = factories.agent(session)
        payment = payments.open_link(session, customer, Money(10_000, "KWD"), conversation_id=None)
        payments.settle(session, payment.id, factories.checkout(payment))
        with pytest.raises(InvalidInput, match="two decimal digits"):
            refunds.ask(session, ana, payment.id, Money(1_005, "KWD"), REASON, uuid.uuid4())
        refunds.ask(session, ana, payment.id, Money(1_010, "KWD"), REASON, uuid.uuid4())
        assert session.scalars(sa.select(Refund.amount)).all() == [1_010]


def test_above_what_one_may_do_alone_a_second_person_decides(desk: Desk) -> None:
    refund = desk.ask("50.01")
    assert refund.status == RefundStatus.PROPOSED
    assert refunding.send(desk.db, desk.gateway, refund.id) is None
    with pytest.raises(NotAllowed):
        desk.decide(refund, desk.ana)
    for _ in range(2):
        assert desk.decide(refund, desk.sol).status == RefundStatus.ASKED
    with pytest.raises(Conflict):
        desk.decide(refund, desk.sol, approve=False)
    refunding.send(desk.db, desk.gateway, refund.id)
    assert desk.decide(refund, desk.sol).status == RefundStatus.SENT
    assert desk.given_back() == ["50.01"]


def test_what_was_refused_by_the_second_person_is_not_sent(desk: Desk, clock: SetClock) -> None:
    refund = desk.ask("60.00")
    for _ in range(2):
        assert desk.decide(refund, desk.sol, approve=False).status == RefundStatus.REFUSED
    clock.advance(hours=1)
    refunding.sweep(desk.db, desk.gateway)
    assert desk.given_back() == []


def test_a_proposal_whose_money_is_gone_meanwhile_is_not_approved(desk: Desk) -> None:
    refund = desk.ask("150.00")
    desk.gateway.give_back(desk.page, dollars("100.00"))
    desk.hear()
    with pytest.raises(Conflict, match="Less than that"):
        desk.decide(refund, desk.sol)


def test_many_small_refunds_are_no_way_around_the_limit(desk: Desk, clock: SetClock) -> None:
    assert [desk.ask("20.00").status for _ in range(3)] == ["asked", "asked", "proposed"]
    clock.advance(hours=24, seconds=1)
    assert desk.ask("50.00").status == "asked"


def test_the_same_client_id_is_the_same_refund(desk: Desk) -> None:
    client_id = uuid.uuid4()
    assert len({desk.ask("20.00", client_id=client_id).id for _ in range(3)}) == 1
    with pytest.raises(Conflict, match="client_id"):
        desk.ask("20.01", client_id=client_id)
    with pytest.raises(Conflict, match="client_id"):
        desk.ask("20.00", by=desk.sol, client_id=client_id)


def test_a_refund_of_nothing_that_we_know_is_refused(desk: Desk) -> None:
    with desk.db.transaction() as session:
        with pytest.raises(NotFound):
            refunds.ask(session, desk.ana, uuid.uuid4(), dollars("1.00"), REASON, uuid.uuid4())
        with pytest.raises(InvalidInput):
            refunds.ask(session, desk.ana, desk.payment_id, Money(100, "EUR"), REASON, uuid.uuid4())
        with pytest.raises(InvalidInput, match="reason"):
            refunds.ask(session, desk.ana, desk.payment_id, dollars("1.00"), "no", uuid.uuid4())


def test_twenty_who_send_and_ask_at_once_give_back_once_and_never_too_much_s5(desk: Desk) -> None:
    with desk.db.transaction() as session:
        session.get_one(Agent, desk.ana.id).role = Role.AGENT
    refund = desk.ask("50.00")
    results: list[str] = []
    ready = threading.Barrier(20)

    def act(number: int) -> None:
        ready.wait()
        try:
            if number % 2:
                refunding.send(desk.db, desk.gateway, refund.id)
            else:
                results.append(desk.ask("100.00").status)
        except InvalidInput as error:
            results.append(error.code)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["proposed"] * 10
    with desk.db.reading() as session:
        waiting = session.scalars(sa.select(Refund).where(Refund.status == RefundStatus.PROPOSED)).all()
    decided = 0
    for each in waiting:
        try:
            refunding.send(desk.db, desk.gateway, desk.decide(each, desk.sol).id)
            decided += 1
        except Conflict:
            pass
    assert decided == 1
    assert (desk.given_back(), desk.held()) == (["50.00", "100.00"], "50.50")
    with desk.db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Reversal)) == 2
        _agree(session, desk)


def _agree(session: Session, desk: Desk) -> None:
    """The books, the payment and the customer's standing tell one story."""
    ledger.trial_balance(session)
    payment = session.get_one(Payment, desk.payment_id)
    assert sum(money.minor for money in refunds.left(session, payment).values()) == 5_050
    assert invoices.standing(session, session.get_one(Customer, desk.customer.id)).total == dollars("210.00")
