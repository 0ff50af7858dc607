"""A customer's standing: what is owed, since when, and what of it is disputed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from bot.billing import invoices, ledger
from bot.db import Database
from bot.errors import Conflict, InvalidInput
from bot.models import HoldKind, HoldStatus, Invoice
from bot.money import Money
from tests import factories
from tests.conftest import SetClock


def test_maya_owes_200_50_overdue_and_260_50_in_all(db: Database) -> None:
    with db.transaction() as session:
        standing = invoices.standing(session, factories.maya(session))
    assert [(item.invoice.number, item.owed.minor, item.days_late) for item in standing.items] == [
        ("INV-1001", 12000, 45),
        ("INV-1002", 8050, 15),
        ("INV-1003", 6000, 0),
    ]
    assert (standing.overdue, standing.total) == (Money(20050, "USD"), Money(26050, "USD"))
    assert standing.payable_overdue == standing.overdue
    assert not standing.credit


def test_what_is_disputed_is_owed_but_not_asked_for_c9(db: Database) -> None:
    with db.transaction() as session:
        owen = factories.customer(session, currency="GBP", time_zone="Europe/London")
        factories.invoice(session, owen, "150.00", late=30, disputed=True)
        factories.invoice(session, owen, "75.25", late=20)
        standing = invoices.standing(session, owen)
    assert [item.disputed for item in standing.items] == [True, False]
    assert standing.overdue == Money(22525, "GBP")
    assert standing.payable_overdue == standing.payable == Money(7525, "GBP")


@pytest.mark.parametrize("given", [{"status": HoldStatus.LIFTED}, {"kind": HoldKind.HARDSHIP}])
def test_a_lifted_dispute_or_another_hold_is_no_dispute(db: Database, given: dict[str, Any]) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.hold(session, factories.invoice(session, customer), **given)
        assert not invoices.standing(session, customer).items[0].disputed


def test_a_paid_invoice_is_no_longer_open_and_a_part_paid_one_owes_the_rest(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        paid, part = factories.invoice(session, customer, "10.00"), factories.invoice(session, customer, "30.00")
        for invoice in (paid, part):
            ledger.post(
                session,
                source=ledger.invoice_account(invoice.id),
                destination=ledger.STRIPE,
                amount=Money(1000, "USD"),
                reference=str(invoice.id),
            )
        standing = invoices.standing(session, customer)
    assert [(item.invoice.id, item.owed.minor) for item in standing.items] == [(part.id, 2000)]


def test_credit_is_told_and_not_deducted_s5(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, "30.00")
        account = ledger.credit_account(customer.id)
        ledger.post(session, source=account, destination="stripe", amount=Money(500, "USD"), reference="c")
        standing = invoices.standing(session, customer)
    assert (standing.credit, standing.total) == (Money(500, "USD"), Money(3000, "USD"))


@pytest.mark.parametrize(
    ("zone", "days_late"), [("Pacific/Auckland", 1), ("America/Chicago", 0), ("Pacific/Honolulu", 0)]
)
def test_an_invoice_is_late_when_its_day_is_over_where_the_customer_is(
    db: Database, clock: SetClock, zone: str, days_late: int
) -> None:
    clock.set(dt.datetime(2026, 3, 2, 23, 0, tzinfo=dt.UTC))
    due = dt.date(2026, 3, 2)
    with db.transaction() as session:
        customer = factories.customer(session, time_zone=zone)
        factories.invoice(session, customer, issued_on=due, due_on=due)
        assert invoices.standing(session, customer).items[0].days_late == days_late


def test_another_customers_invoices_are_not_theirs(db: Database) -> None:
    with db.transaction() as session:
        factories.maya(session)
        assert invoices.standing(session, factories.customer(session)).items == []


def test_a_standing_is_one_query_beside_the_invoices(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
    statements: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with db.reading() as session:
        invoices.standing(session, maya)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 2


def test_issuing_the_same_invoice_again_bills_once(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        first = factories.invoice(session, customer, number="N-1")
        assert factories.invoice(session, customer, number="N-1") is first
        assert invoices.standing(session, customer).total == Money(10000, "USD")
        assert session.scalar(sa.select(sa.func.count()).select_from(Invoice)) == 1


def test_an_invoice_number_stands_for_one_invoice(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, number="N-1")
        with pytest.raises(Conflict):
            factories.invoice(session, customer, "7.00", number="N-1")
        with pytest.raises(Conflict):
            factories.invoice(session, factories.customer(session), number="N-1")


@pytest.mark.parametrize(
    "given",
    [
        {"amount": Money(0, "USD")},
        {"amount": Money(-5, "USD")},
        {"amount": Money(5, "EUR")},
        {"due_on": dt.date(2025, 12, 31)},
    ],
)
def test_what_cannot_be_billed_is_refused(sqlite_db: Database, given: dict[str, Any]) -> None:
    day = dt.date(2026, 1, 1)
    values: dict[str, Any] = {"number": "N", "description": "x", "issued_on": day, "due_on": day}
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        with pytest.raises(InvalidInput):
            invoices.issue(session, customer, **({"amount": Money(5, "USD")} | values | given))
