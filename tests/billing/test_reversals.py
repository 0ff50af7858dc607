"""Reversals: what went back is in the books as Stripe says it, whatever repeats, races or is out of order (S5, S6)."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.billing import adjustments, invoices, ledger, payments, plans, reconciliation
from bot.billing.gateway import Return
from bot.billing.payments import reversals, settlement
from bot.billing.payments.reversals import Change
from bot.db import Database
from bot.models import (
    AdjustmentKind,
    AdjustmentStatus,
    Case,
    Customer,
    MismatchKind,
    Payment,
    PaymentStatus,
    PlanStatus,
    Posting,
    Reversal,
    ReversalKind,
    ReversalStatus,
)
from bot.money import Money
from tests import factories
from tests.conftest import SetClock


def dollars(amount: str) -> Money:
    return Money.of(amount, "USD")


class Paid:
    """Maya owed 260.50 on three invoices and paid 300.00: 39.50 of it is credit."""

    def __init__(self, db: Database, amount: str = "300.00") -> None:
        self.db = db
        with db.transaction() as session:
            self.maya = factories.maya(session)
            self.payment = payments.open_link(session, self.maya, dollars("260.50"), conversation_id=None)
            self.intent = factories.intent(self.payment, amount=dollars(amount))
            settlement.settle(session, self.payment.id, self.intent)

    def hear(self, *returns: Return) -> list[Change]:
        """Stripe says that these went back, or did not."""
        with self.db.transaction() as session:
            return reversals.converge(session, self.payment.id, dataclasses.replace(self.intent, returns=returns))

    def owed(self) -> list[str]:
        """What is owed on each invoice by its number, then the credit."""
        with self.db.reading() as session:
            standing = invoices.standing(session, session.get_one(Customer, self.maya.id))
            owed = [f"{item.invoice.number} {item.owed.major}" for item in standing.items]
            return [*owed, f"credit {standing.credit.major}"]

    def row(self, back: Return) -> Reversal:
        """What our books say of it."""
        with self.db.reading() as session:
            return session.scalars(sa.select(Reversal).where(Reversal.external_id == back.id)).one()

    def status(self) -> PaymentStatus:
        """How the payment stands."""
        with self.db.reading() as session:
            return session.get_one(Payment, self.payment.id).status

    def cases(self) -> list[str]:
        """What the desk was told, oldest first, without the overpayment that the scene begins with."""
        with self.db.reading() as session:
            return list(session.scalars(sa.select(Case.kind).order_by(Case.id)))[1:]


@pytest.fixture
def paid(db: Database, clock: SetClock) -> Paid:
    """On both databases."""
    return Paid(db)


def gone(back: Return, withdrawn: bool = False) -> Return:
    """The same, now failed or won, or withdrawn again."""
    return dataclasses.replace(back, withdrawn=withdrawn)


def test_a_refund_takes_the_credit_first_and_then_the_invoice_paid_last_s6(paid: Paid) -> None:
    back = factories.refund(dollars("100.00"))
    [change] = paid.hear(back)
    assert (change.kind, change.gone, change.amount) == (ReversalKind.REFUND, True, dollars("100.00"))
    assert (change.owed, change.whole) == (dollars("60.50"), False)
    assert paid.owed() == ["INV-1002 0.50", "INV-1003 60.00", "credit 0.00"]
    assert (paid.row(back).status, paid.row(back).round) == (ReversalStatus.POSTED, 1)
    assert (paid.status(), paid.cases()) == (PaymentStatus.SUCCEEDED, ["refund"])


def test_heard_again_nothing_moves_and_nobody_is_told_s5(paid: Paid) -> None:
    back = factories.refund(dollars("100.00"))
    paid.hear(back)
    before = paid.owed()
    assert [paid.hear(back) for _ in range(3)] == [[], [], []]
    assert (paid.owed(), paid.row(back).round, paid.cases()) == (before, 1, ["refund"])


def test_a_payment_of_which_everything_went_back_is_refunded_s6(paid: Paid) -> None:
    first, rest = factories.refund(dollars("100.00")), factories.refund(dollars("200.00"))
    paid.hear(first)
    [change] = paid.hear(first, rest)
    assert change.whole
    assert paid.status() == PaymentStatus.REFUNDED
    assert paid.owed() == ["INV-1001 120.00", "INV-1002 80.50", "INV-1003 60.00", "credit 0.00"]


def test_a_refund_that_fails_is_undone_and_the_desk_is_told_s6(paid: Paid) -> None:
    back = factories.refund(dollars("300.00"))
    before = paid.owed()
    paid.hear(back)
    [change] = paid.hear(gone(back))
    assert (change.gone, change.amount, change.owed) == (False, dollars("300.00"), dollars("-260.50"))
    assert paid.owed() == before
    assert paid.row(back).status == ReversalStatus.UNDONE
    assert (paid.status(), paid.cases()) == (PaymentStatus.SUCCEEDED, ["refund", "refund"])


def test_a_refund_that_failed_before_we_heard_of_it_moves_nothing(paid: Paid) -> None:
    back = gone(factories.refund(dollars("10.00")))
    assert paid.hear(back) == []
    assert (paid.row(back).status, paid.row(back).round, paid.cases()) == (ReversalStatus.UNDONE, 0, [])


def test_a_dispute_may_take_give_back_and_take_again_s6(paid: Paid) -> None:
    back = factories.chargeback(dollars("300.00"))
    before = paid.owed()
    for round_ in (1, 2, 3):
        [taken] = paid.hear(back)
        assert (taken.kind, taken.gone, paid.status()) == (ReversalKind.CHARGEBACK, True, PaymentStatus.CHARGED_BACK)
        [given_back] = paid.hear(gone(back))
        assert (given_back.gone, paid.status(), paid.owed()) == (False, PaymentStatus.SUCCEEDED, before)
        assert paid.row(back).round == round_
    assert paid.cases() == ["chargeback"] * 6


def test_an_inquiry_moves_nothing(paid: Paid) -> None:
    back = gone(factories.chargeback(dollars("300.00"), status="warning_needs_response"))
    assert paid.hear(back) == []
    assert (paid.row(back).status, paid.status()) == (ReversalStatus.PENDING, PaymentStatus.SUCCEEDED)


def test_a_chargeback_that_holds_says_more_than_a_refund(paid: Paid) -> None:
    refund, dispute = factories.refund(dollars("250.00")), factories.chargeback(dollars("50.00"))
    paid.hear(refund, dispute)
    assert paid.status() == PaymentStatus.CHARGED_BACK
    paid.hear(refund, gone(dispute))
    assert paid.status() == PaymentStatus.SUCCEEDED
    paid.hear(refund, dispute)
    paid.hear(gone(refund), dispute)
    assert paid.status() == PaymentStatus.CHARGED_BACK


def test_credit_that_was_used_meanwhile_is_taken_from_where_it_went_s6(paid: Paid) -> None:
    with paid.db.transaction() as session:
        agent, maya = factories.agent(session), session.get_one(Customer, paid.maya.id)
        later = factories.invoice(session, maya, "30.00", number="INV-9001")
        newest = factories.invoice(session, maya, "20.00", number="INV-9002")
        use = AdjustmentKind.CREDIT_USED
        first = adjustments.propose(session, agent, later.id, use, dollars("25.00"), "As they asked us to").id
        second = adjustments.propose(session, agent, newest.id, use, dollars("10.00"), "As they asked us to").id
    back = factories.refund(dollars("30.00"))
    before = paid.owed()
    [change] = paid.hear(back)
    assert change.owed == dollars("25.50")
    assert paid.owed() == ["INV-9001 20.50", "INV-9002 20.00", "credit 0.00"]
    with paid.db.reading() as session:
        assert session.get_one(adjustments.Adjustment, first).status == AdjustmentStatus.POSTED
        assert session.get_one(adjustments.Adjustment, second).status == AdjustmentStatus.REVERSED
    paid.hear(gone(back))
    assert paid.owed() == before
    with paid.db.reading() as session:
        assert session.get_one(adjustments.Adjustment, second).status == AdjustmentStatus.POSTED


def test_a_plan_that_the_money_had_completed_is_in_force_again(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, plans.quote(session, maya, conversation_id=None)[0].id, maya)
        payment = payments.open_link(session, maya, dollars("200.50"), conversation_id=None)
        intent = factories.intent(payment)
        settlement.settle(session, payment.id, intent)
        assert plan.status == PlanStatus.COMPLETED
        back = factories.chargeback(dollars("0.50"))
        reversals.converge(session, payment.id, dataclasses.replace(intent, returns=(back,)))
        assert plan.status == PlanStatus.ACTIVE
        reversals.converge(session, payment.id, dataclasses.replace(intent, returns=(gone(back),)))
        assert plan.status == PlanStatus.COMPLETED


def test_more_than_came_in_is_reversed_as_far_as_it_goes_and_reported(paid: Paid) -> None:
    refund, dispute = factories.refund(dollars("200.00")), factories.chargeback(dollars("300.00"))
    paid.hear(refund)
    paid.hear(refund, dispute)
    with paid.db.reading() as session:
        assert ledger.balance(session, ledger.STRIPE, "USD") == dollars("0.00")
        [mismatch] = reconciliation.listing(session)
        assert (mismatch.kind, mismatch.subject) == (MismatchKind.RETURNED, dispute.id)
        assert (mismatch.ours, mismatch.theirs) == (
            {"amount": 10000, "currency": "USD"},
            {"amount": 30000, "currency": "USD"},
        )
    assert paid.hear(gone(refund), dispute)[0].kind == ReversalKind.REFUND
    with paid.db.reading() as session:
        assert ledger.balance(session, ledger.STRIPE, "USD") == dollars("0.00")
        assert reconciliation.listing(session) == []
    assert paid.row(dispute).amount == 30000


def test_what_went_back_of_money_that_we_do_not_know_is_reported(paid: Paid) -> None:
    back = factories.refund(dollars("5.00"))
    before = paid.owed()
    with paid.db.transaction() as session:
        unknown = dataclasses.replace(paid.intent, id="pi_unknown", returns=(back,))
        assert reversals.converge(session, paid.payment.id, unknown) == []
    with paid.db.reading() as session:
        assert [row.subject for row in reconciliation.listing(session)] == [back.id]
    assert (paid.owed(), paid.row(back).status) == (before, ReversalStatus.PENDING)


def test_of_a_payment_paid_twice_each_money_goes_back_for_itself(paid: Paid) -> None:
    with paid.db.transaction() as session:
        second = dataclasses.replace(paid.intent, id="pi_second", amount=dollars("260.50"))
        assert settlement.settle(session, paid.payment.id, second).credit == dollars("260.50")
    back = factories.refund(dollars("260.50"))
    with paid.db.transaction() as session:
        returned = dataclasses.replace(second, returns=(back,))
        [change] = reversals.converge(session, paid.payment.id, returned)
    assert (change.owed, change.whole) == (dollars("0.00"), False)
    assert (paid.status(), paid.owed()) == (PaymentStatus.SUCCEEDED, ["credit 39.50"])


def test_however_many_hear_of_it_at_once_the_money_goes_back_once_s5(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("260.50"), conversation_id=None)
    back = factories.refund(dollars("60.50"))
    intent = factories.intent(payment, back, id="pi_once", amount=dollars("300.00"))
    results: list[tuple[bool, int]] = []
    ready = threading.Barrier(50)

    def hear() -> None:
        ready.wait()
        with db.transaction() as session:
            first = settlement.settle(session, payment.id, intent).first
            results.append((first, len(reversals.converge(session, payment.id, intent))))

    threads = [threading.Thread(target=hear) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [(False, 0)] * 49 + [(True, 1)]
    with db.reading() as session:
        assert ledger.balance(session, ledger.STRIPE, "USD") == dollars("239.50")
        assert session.scalar(sa.select(sa.func.count()).select_from(Case)) == 2
        ledger.trial_balance(session)


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 15_000), st.booleans(), st.booleans()), min_size=1, max_size=7
)


@given(steps=STEPS, heard=st.lists(st.booleans(), min_size=7, max_size=7), data=st.data())
def test_the_same_returns_leave_the_same_books_whatever_was_heard_between_s6_s7(
    sqlite_db: Database, steps: list[tuple[int, int, bool, bool]], heard: list[bool], data: st.DataObject
) -> None:
    """Each step makes or changes one of four returns. Two customers in the same state hear of different steps."""
    with sqlite_db.transaction() as session:
        twins = [_paid(session) for _ in range(2)]
        truth: dict[int, tuple[int, bool, bool]] = {}
        for step, (number, minor, is_refund, withdrawn) in enumerate(steps):
            kept = truth.get(number, (minor, is_refund, withdrawn))
            truth[number] = (kept[0], kept[1], withdrawn)
            for twin, listens in zip(twins, (True, heard[step]), strict=True):
                if listens or step == len(steps) - 1:
                    _hear(session, twin, truth)
                    _check(session, twin, truth)
        assert _books(session, twins[0]) == _books(session, twins[1])
        ledger.trial_balance(session)


_twins = itertools.count(1)


def _paid(session: Session) -> tuple[Customer, Payment, Any]:
    customer = factories.customer(session)
    for owed in ("120.00", "80.50", "60.00"):
        factories.invoice(session, customer, owed)
    payment = payments.open_link(session, customer, dollars("260.50"), conversation_id=None)
    intent = factories.intent(payment, id=f"pi_twin_{next(_twins)}", amount=dollars("300.00"))
    settlement.settle(session, payment.id, intent)
    return customer, payment, intent


def _hear(
    session: Session, twin: tuple[Customer, Payment, Any], truth: dict[int, tuple[int, bool, bool]]
) -> list[Change]:
    _, payment, intent = twin
    returns = [
        (factories.refund if is_refund else factories.chargeback)(
            Money(minor, "USD"), id=f"{intent.id}_{number}", withdrawn=withdrawn
        )
        for number, (minor, is_refund, withdrawn) in sorted(truth.items())
    ]
    return reversals.converge(session, payment.id, dataclasses.replace(intent, returns=tuple(returns)))


def _check(session: Session, twin: tuple[Customer, Payment, Any], truth: dict[int, tuple[int, bool, bool]]) -> None:
    customer, payment, intent = twin
    gone_ = min(sum(minor for minor, _, withdrawn in truth.values() if withdrawn), 30_000)
    held = settlement.postings(session, payment, intent.id)
    assert sum(ledger.reversibles(session, held).values()) == 30_000 - gone_
    standing = invoices.standing(session, customer)
    assert standing.credit.minor == max(3_950 - gone_, 0)
    assert standing.total.minor == max(gone_ - 3_950, 0)


def _books(session: Session, twin: tuple[Customer, Payment, Any]) -> list[Any]:
    customer, payment, intent = twin
    held = settlement.postings(session, payment, intent.id)
    left = ledger.reversibles(session, held)
    rows = session.scalars(sa.select(Reversal).where(Reversal.payment_id == payment.id).order_by(Reversal.external_id))
    booked = [row.amount if row.status == ReversalStatus.POSTED else 0 for row in rows]
    owed = [item.owed for item in invoices.standing(session, customer).items]
    return [[left[posting.id] for posting in held], booked, owed, payment.status]


def test_nothing_that_was_posted_is_ever_changed(paid: Paid) -> None:
    with paid.db.reading() as session:
        before = session.execute(sa.select(Posting.id, Posting.amount, Posting.reference)).all()
    back = factories.chargeback(dollars("123.45"))
    for withdrawn in (True, False, True):
        paid.hear(gone(back, withdrawn))
    with paid.db.reading() as session:
        after = session.execute(sa.select(Posting.id, Posting.amount, Posting.reference).order_by(Posting.id)).all()
    assert after[: len(before)] == before
    first = f"reversal:{back.id}:1"
    assert [row.reference for row in after[len(before) :]] == [
        f"{first}:0",
        f"{first}:1",
        f"{first}:2",
        f"{first}:undone:0",
        f"{first}:undone:1",
        f"{first}:undone:2",
        f"reversal:{back.id}:2:0",
        f"reversal:{back.id}:2:1",
        f"reversal:{back.id}:2:2",
    ]
