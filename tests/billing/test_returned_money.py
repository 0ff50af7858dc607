"""Money that comes again pays what is still owed and is credit otherwise, whatever happened since (S5, S6, S7)."""

from __future__ import annotations

import dataclasses
import uuid
from contextlib import suppress

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.billing import adjustments, invoices, ledger, payments, trial_balance
from bot.billing.gateway import Intent, Return
from bot.billing.payments import refunds, reversals, settlement
from bot.billing.payments.reversals import Change
from bot.db import Database
from bot.errors import Conflict, InvalidInput
from bot.models import AdjustmentKind, Agent, Case, Customer, Payment
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

WHY = "As agreed on the phone"


def dollars(amount: str) -> Money:
    return Money.of(amount, "USD")


class Books:
    """Somebody owed 100.00 on A and 50.00 on B and paid 170.00, of which 20.00 is credit."""

    def __init__(self, db: Database) -> None:
        self.db = db
        with db.transaction() as session:
            self.agents = [factories.agent(session, role="supervisor").id for _ in range(2)]
            self.customer_id = factories.customer(session).id
        self.bills = {name: self.bill(name, owed) for name, owed in (("A", "100.00"), ("B", "50.00"))}
        self.paid = self.pay("150.00", "170.00")

    def bill(self, name: str, owed: str) -> uuid.UUID:
        """One more invoice, less late than the one before it in the alphabet."""
        number = f"{self.customer_id}-{name}"
        with self.db.transaction() as session:
            customer = session.get_one(Customer, self.customer_id)
            return factories.invoice(session, customer, owed, number=number, late=90 - ord(name)).id

    def pay(self, asked: str, taken: str) -> Intent:
        """By a link, of which Stripe took this much."""
        with self.db.transaction() as session:
            customer = session.get_one(Customer, self.customer_id)
            payment = payments.open_link(session, customer, dollars(asked), conversation_id=None)
            intent = factories.intent(payment, id=f"pi_{payment.id}", amount=dollars(taken))
            settlement.settle(session, payment.id, intent)
            return intent

    def hear(self, intent: Intent, *returns: Return) -> list[Change]:
        """Stripe says that these went back of it, or did not."""
        with self.db.transaction() as session:
            heard = dataclasses.replace(intent, returns=returns)
            return reversals.converge(session, uuid.UUID(intent.payment_id), heard)

    def adjust(self, name: str, kind: AdjustmentKind, amount: str) -> uuid.UUID:
        """One agent changes an invoice, and another agrees where that is needed."""
        with self.db.transaction() as session:
            first, second = (session.get_one(Agent, id_) for id_ in self.agents)
            made = adjustments.propose(session, first, self.bills[name], kind, dollars(amount), WHY)
            if made.status == "proposed":
                adjustments.decide(session, made.id, second, approve=True)
            return made.id

    def undo(self, adjustment_id: uuid.UUID) -> None:
        """An agent takes it back."""
        with self.db.transaction() as session:
            adjustments.reverse(session, adjustment_id, session.get_one(Agent, self.agents[0]), WHY)

    def owed(self) -> list[str]:
        """What every invoice's account holds, then the credit. They agree with Stripe's and with each other (S7)."""
        with self.db.reading() as session:
            assert trial_balance.trial_balance(session).faults == []
            accounts = [ledger.invoice_account(id_) for id_ in self.bills.values()]
            sums = [Money(minor, "USD") for minor in ledger.balances(session, accounts).values()]
            credit = invoices.standing(session, session.get_one(Customer, self.customer_id)).credit
            return [str(amount.major) for amount in (*sums, credit)]

    def held(self) -> Money:
        """What Stripe keeps for us, by the ledger."""
        with self.db.reading() as session:
            return ledger.balance(session, ledger.STRIPE, "USD")

    def left(self, intent: Intent) -> Money:
        """What could be given back of it."""
        with self.db.reading() as session:
            return refunds.left(session, session.get_one(Payment, uuid.UUID(intent.payment_id)))[intent.id]


@pytest.fixture
def books(db: Database, clock: SetClock) -> Books:
    """On both databases."""
    return Books(db)


def back_again(back: Return) -> Return:
    """The same, now failed or won."""
    return dataclasses.replace(back, withdrawn=False)


def test_what_was_written_off_meanwhile_is_credit_when_its_money_comes_again_s5(books: Books) -> None:
    back = factories.refund(dollars("170.00"))
    books.hear(books.paid, back)
    books.adjust("A", AdjustmentKind.WRITE_OFF, "100.00")
    assert books.owed() == ["0.00", "50.00", "0.00"]
    [change] = books.hear(books.paid, back_again(back))
    assert books.owed() == ["0.00", "0.00", "120.00"]
    assert (change.gone, change.owed, change.credit) == (False, dollars("-50.00"), dollars("120.00"))
    assert (books.held(), books.left(books.paid)) == (dollars("170.00"), dollars("170.00"))
    with books.db.reading() as session:
        *_, last = session.scalars(sa.select(Case.summary).order_by(Case.id))
        assert "is kept as credit on the account" in last


def test_what_another_payment_paid_meanwhile_is_credit_and_each_goes_back_for_itself_s5(books: Books) -> None:
    back = factories.chargeback(dollars("170.00"))
    books.hear(books.paid, back)
    other = books.pay("150.00", "150.00")
    books.hear(books.paid, back_again(back))
    assert books.owed() == ["0.00", "0.00", "170.00"]
    books.hear(other, factories.refund(dollars("150.00")))
    assert (books.owed(), books.held()) == (["100.00", "50.00", "170.00"], dollars("170.00"))
    assert (books.left(books.paid), books.left(other)) == (dollars("170.00"), dollars("0.00"))


def test_what_was_reduced_or_increased_meanwhile_takes_what_is_owed_now(books: Books) -> None:
    back = factories.refund(dollars("170.00"))
    books.hear(books.paid, back)
    books.adjust("A", AdjustmentKind.REDUCTION, "40.00")
    books.adjust("B", AdjustmentKind.INCREASE, "7.00")
    books.hear(books.paid, back_again(back))
    assert books.owed() == ["0.00", "7.00", "60.00"]


def test_credit_used_for_the_invoice_meanwhile_leaves_its_money_to_be_credit(books: Books) -> None:
    back = factories.refund(dollars("50.00"))
    other = books.bill("C", "30.00")
    books.bills["C"] = other
    more = books.pay("30.00", "80.00")
    books.hear(books.paid, back)
    assert books.owed() == ["0.00", "30.00", "0.00", "50.00"]
    books.adjust("B", AdjustmentKind.CREDIT_USED, "30.00")
    books.hear(books.paid, back_again(back))
    assert books.owed() == ["0.00", "0.00", "0.00", "70.00"]
    books.hear(more, factories.refund(dollars("80.00")))
    assert books.owed() == ["0.00", "0.00", "30.00", "20.00"]


def test_a_dispute_taken_again_takes_that_credit_first_round_after_round_s6(books: Books) -> None:
    back = factories.chargeback(dollars("170.00"))
    books.hear(books.paid, back)
    written_off = books.adjust("A", AdjustmentKind.WRITE_OFF, "100.00")
    for _ in range(3):
        [change] = books.hear(books.paid, back_again(back))
        assert (books.owed(), change.credit) == (["0.00", "0.00", "120.00"], dollars("120.00"))
        [change] = books.hear(books.paid, back)
        assert (books.owed(), change.owed) == (["0.00", "50.00", "0.00"], dollars("50.00"))
        assert books.held() == dollars("0.00")
    books.hear(books.paid, back_again(back))
    books.undo(written_off)
    assert books.owed() == ["100.00", "0.00", "120.00"]
    books.hear(books.paid, back)
    assert books.owed() == ["100.00", "50.00", "0.00"]
    books.hear(books.paid, back_again(back))
    assert books.owed() == ["0.00", "0.00", "20.00"]


def test_a_refund_of_that_credit_opens_no_invoice(books: Books) -> None:
    back = factories.refund(dollars("170.00"))
    books.hear(books.paid, back)
    books.adjust("A", AdjustmentKind.WRITE_OFF, "60.00")
    books.hear(books.paid, back_again(back))
    assert books.owed() == ["0.00", "0.00", "80.00"]
    first, second = factories.refund(dollars("55.00")), factories.refund(dollars("25.00"))
    [change] = books.hear(books.paid, back_again(back), first)
    assert (books.owed(), change.owed) == (["0.00", "0.00", "25.00"], dollars("0.00"))
    books.hear(books.paid, back_again(back), first, second)
    assert (books.owed(), books.held()) == (["0.00", "0.00", "0.00"], dollars("90.00"))
    books.hear(books.paid, back_again(back), first, second, factories.refund(dollars("90.00")))
    assert (books.owed(), books.held()) == (["40.00", "50.00", "0.00"], dollars("0.00"))


def test_that_credit_used_elsewhere_is_taken_from_there_and_given_again_s6(books: Books) -> None:
    back = factories.chargeback(dollars("170.00"))
    books.hear(books.paid, back)
    books.adjust("A", AdjustmentKind.WRITE_OFF, "100.00")
    books.hear(books.paid, back_again(back))
    books.bills["C"] = books.bill("C", "90.00")
    books.adjust("C", AdjustmentKind.CREDIT_USED, "90.00")
    assert books.owed() == ["0.00", "0.00", "0.00", "30.00"]
    books.hear(books.paid, back)
    assert books.owed() == ["0.00", "50.00", "90.00", "0.00"]
    books.hear(books.paid, back_again(back))
    assert books.owed() == ["0.00", "0.00", "0.00", "30.00"]


KINDS = st.sampled_from(AdjustmentKind)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("return"), st.integers(0, 4), st.integers(1, 12_000)),
        st.tuples(st.just("adjust"), KINDS, st.integers(1, 12_000)),
        st.tuples(st.just("undo"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("pay"), st.just(0), st.integers(50, 12_000)),
    ),
    min_size=3,
    max_size=16,
)


@given(steps=STEPS)
def test_whatever_happens_between_the_books_hold_what_stripe_holds_s5_s7(
    sqlite_db: Database, steps: list[tuple[str, int | AdjustmentKind, int]]
) -> None:
    """A return that is named again goes the other way: failed, taken once more, and so on."""
    books, before = Books(sqlite_db), sqlite_db.in_reading(lambda s: ledger.balance(s, ledger.STRIPE, "USD"))
    intents: list[Intent] = [books.paid]
    heard: dict[str, dict[int, Return]] = {books.paid.id: {}}
    made: list[uuid.UUID] = []
    for number, (what, which, minor) in enumerate(steps):
        with suppress(InvalidInput, Conflict):
            if what == "pay":
                intents.append(books.pay(str(Money(minor, "USD").major), str(Money(minor + number, "USD").major)))
                heard[intents[-1].id] = {}
            elif what == "adjust":
                name = "AB"[minor % 2]
                made.append(books.adjust(name, AdjustmentKind(which), str(Money(minor, "USD").major)))
            elif what == "undo" and made:
                books.undo(made[int(which) % len(made)])
            elif what == "return":
                intent = intents[minor % len(intents)]
                returns = heard[intent.id]
                known = returns.get(int(which))
                fresh = factories.chargeback(Money(minor, "USD"), id=f"dp_{intent.id}_{which}")
                returns[int(which)] = dataclasses.replace(known, withdrawn=not known.withdrawn) if known else fresh
                assert len(books.hear(intent, *returns.values())) <= len(returns)
        books.owed()
    kept = {intent.id: max(intent.amount.minor - _gone(heard[intent.id]), 0) for intent in intents}
    assert books.held().minor - before.minor == sum(kept.values()) - books.paid.amount.minor
    assert {intent.id: books.left(intent).minor for intent in intents} == kept


def _gone(returns: dict[int, Return]) -> int:
    return sum(back.amount.minor for back in returns.values() if back.withdrawn)
