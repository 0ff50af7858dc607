"""Whatever happens on an account, each sum of its statement is the ledger's, and the past stays as it was (S7, C11)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot import clock as bot_clock
from bot.billing import invoices, ledger
from bot.db import Database
from bot.documents import account as accounts
from bot.documents import statement
from bot.models import Customer, Invoice, Posting
from bot.money import Money
from tests import factories
from tests.conftest import SetClock
from tests.documents.test_statement import agrees

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["bill", "pay", "overpay", "return", "undo", "let_off", "use_credit", "raise"]),
        st.integers(1, 50_000),
        st.integers(0, 40),
    ),
    max_size=14,
)


@given(steps=STEPS, cut=st.integers(0, 14))
def test_whatever_happens_each_sum_is_the_ledgers_and_the_past_stays_as_it_was_s7_c11(
    sqlite_db: Database, steps: list[tuple[str, int, int]], cut: int
) -> None:
    clock = SetClock()
    bot_clock.use(clock.now)
    try:
        with sqlite_db.transaction() as session:
            customer = factories.customer(session)
            factories.invoice(session, customer, "100.00", late=20)
            then, before = clock.now(), statement.read(session, customer, locale="en-US")
            for number, (what, minor, days) in enumerate(steps):
                clock.advance(days=days, seconds=1)
                _step(session, customer, what, minor)
                facts = statement.read(session, customer, locale="en-US")
                assert agrees(facts)
                names = [ledger.invoice_account(each.id) for each in _invoices(session, customer)]
                names.append(ledger.credit_account(customer.id))
                assert facts.balance.minor == sum(ledger.balances(session, names).values())
                assert facts.credit == invoices.standing(session, customer).credit
                if number == cut:
                    then, before = clock.now(), facts
            assert statement.read(session, customer, locale="en-US", as_of=then) == before
    finally:
        bot_clock.use(None)


def _step(session: Session, customer: Customer, what: str, minor: int) -> None:
    money = Money(minor, customer.currency)
    reference = f"step:{customer.id}:{minor}:{what}:{bot_clock.now()}"
    standing = invoices.standing(session, customer)
    credit = ledger.credit_account(customer.id)
    first = ledger.invoice_account(standing.items[0].invoice.id) if standing.items else None
    if what == "bill":
        factories.invoice(session, customer, str(money.major), late=minor % 60 - 30)
    elif what == "overpay":
        ledger.post(session, source=credit, destination=ledger.STRIPE, amount=money, reference=reference)
    elif what in ("return", "undo"):
        _reverse(session, customer, what, reference)
    elif first is not None:
        part = min(money, standing.items[0].owed)
        if what == "use_credit" and (part := min(part, standing.credit)).minor <= 0:
            return
        source, destination = {
            "pay": (first, ledger.STRIPE),
            "let_off": (first, ledger.WRITE_OFFS),
            "use_credit": (first, credit),
            "raise": (ledger.ADJUSTMENTS, first),
        }[what]
        ledger.post(session, source=source, destination=destination, amount=part, reference=reference)


def _reverse(session: Session, customer: Customer, what: str, reference: str) -> None:
    mine = accounts.read(session, customer, bot_clock.now()).moves
    undone = {move.reverses for move in mine}
    wanted: list[Any] = [
        move
        for move in mine
        if move.id not in undone
        and (move.reverses is None) == (what == "return")
        and ledger.STRIPE in (move.source, move.destination)
    ]
    if wanted and (what == "return" or _is_first_reversal(mine, wanted[0])):
        ledger.reverse(session, session.get_one(Posting, wanted[0].id), reference)


def _is_first_reversal(mine: Any, move: Any) -> bool:
    return next(other for other in mine if other.id == move.reverses).reverses is None


def _invoices(session: Session, customer: Customer) -> list[Any]:
    return list(session.scalars(sa.select(Invoice).where(Invoice.customer_id == customer.id)))
