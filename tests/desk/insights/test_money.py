"""Promises, instalments and money recovered: which are counted, and what of them was kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.billing import ledger, plans
from bot.db import Database
from bot.models import (
    Channel,
    Customer,
    Instalment,
    Invoice,
    Plan,
    PlanInvoice,
    PlanStatus,
    Posting,
    Promise,
    PromiseStatus,
)
from bot.money import Money
from tests import factories
from tests.conftest import SetClock
from tests.desk.insights.world import at, cells, conversation, counted, filters, parts, payment, phone

MARCH = filters("2026-03-02", "2026-03-08")
NOON = at("2026-03-08 12:00")


def promise(session: Session, customer: Customer, due_on: str, status: PromiseStatus, **given: Any) -> Promise:
    """A promise of 50.00 for a day."""
    made = Promise(
        customer_id=customer.id, amount=5_000, currency=customer.currency, due_on=dt.date.fromisoformat(due_on),
        status=status, **given,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def test_promises_whose_day_is_over_are_counted_by_what_became_of_them(db: Database, clock: SetClock) -> None:
    clock.set(at("2026-04-01 12:00"))
    with db.transaction() as session:
        customer, briton = factories.customer(session), factories.customer(session, currency="GBP")
        for status in PromiseStatus:
            promise(session, customer, "2026-03-04", status)
        promise(session, briton, "2026-03-02", PromiseStatus.KEPT)
        promise(session, briton, "2026-03-08", PromiseStatus.KEPT)
        for outside in ("2026-03-01", "2026-03-09"):
            promise(session, briton, outside, PromiseStatus.KEPT)
    assert counted(db, "promises", MARCH, "kind", "part") == {
        ("USD", "kept"): 1, ("USD", "broken"): 1, ("USD", "open"): 1, ("GBP", "kept"): 2,
    }  # fmt: skip
    assert {(cell.key, cell.total) for cell in cells(db, "promises", MARCH, "kind")} == {
        (("USD",), 15_000), (("GBP",), 10_000),
    }  # fmt: skip


def test_a_promises_day_is_over_at_midnight_where_the_customer_lives(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        for zone in ("America/New_York", "Pacific/Honolulu", "Europe/London"):
            promise(session, factories.customer(session, time_zone=zone), "2026-03-08", PromiseStatus.OPEN)
    # In New York the clocks go forward on that day: it has 23 hours.
    for instant, over in (
        (at("2026-03-08 23:59", "Europe/London"), 0),
        (at("2026-03-09 00:00", "Europe/London"), 1),
        (at("2026-03-08 23:59"), 1),
        (at("2026-03-09 00:00"), 2),
        (at("2026-03-08 23:59", "Pacific/Honolulu"), 2),
        (at("2026-03-09 00:00", "Pacific/Honolulu"), 3),
    ):
        clock.set(instant)
        assert sum(parts(db, "promises", MARCH).values()) == over, instant


def test_promises_are_of_the_channel_on_which_they_were_made(db: Database, clock: SetClock) -> None:
    clock.set(at("2026-04-01 12:00"))
    with db.transaction() as session:
        customer, spoken = factories.customer(session), phone(session, Channel.SMS, locale="es-MX")
        promise(session, customer, "2026-03-04", PromiseStatus.KEPT, conversation_id=spoken.id)
        promise(session, customer, "2026-03-04", PromiseStatus.BROKEN)
    assert parts(db, "promises", MARCH) == {"kept": 1, "broken": 1}
    assert parts(db, "promises", MARCH.of(channel=Channel.SMS, language="es")) == {"kept": 1}
    assert counted(db, "promises", MARCH, "channel", "language") == {("sms", "es"): 1, ("", ""): 1}


class Instalments:
    """A plan of three instalments of 50.00, due on 3, 5 and 7 March, over two invoices of 75.00 each."""

    def __init__(self, session: Session, clock: SetClock, status: PlanStatus = PlanStatus.ACTIVE) -> None:
        clock.set(at("2026-02-20 12:00"))
        self.customer = factories.customer(session, time_zone="America/New_York")
        self.invoices = [factories.invoice(session, self.customer, "75.00") for _ in range(2)]
        self.plan = Plan(customer_id=self.customer.id, status=status, total=15_000, currency="USD")
        session.add(self.plan)
        session.flush()
        for position, invoice in enumerate(self.invoices):
            session.add(PlanInvoice(plan_id=self.plan.id, position=position, invoice_id=invoice.id, amount=7_500))
        for number, day in enumerate((3, 5, 7), start=1):
            due_on = dt.date(2026, 3, day)
            session.add(Instalment(plan_id=self.plan.id, number=number, due_on=due_on, amount=5_000))
        session.flush()


def pay(session: Session, invoice: Invoice, amount: str, clock: SetClock, when: dt.datetime) -> Posting:
    """Money for an invoice at an instant."""
    clock.set(when)
    reference = f"payment:{invoice.id}:pi:{when.timestamp()}"
    account = ledger.invoice_account(invoice.id)
    return ledger.post(
        session,
        source=account,
        destination=ledger.STRIPE,
        amount=Money.of(amount, invoice.currency),
        reference=reference,
    )


def test_instalments_are_kept_late_or_missing_by_the_ledger(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        made = Instalments(session, clock)
        first, second = made.invoices
        pay(session, first, "50.00", clock, at("2026-03-03 23:59"))
        pay(session, first, "25.00", clock, at("2026-03-05 23:59"))
        pay(session, second, "25.00", clock, at("2026-03-06 00:00"))
        session.refresh(made.plan)
        assert plans.progress(session, made.plan).paid == Money(10_000, "USD")
    assert parts(db, "instalments", MARCH) == {"kept": 1, "late": 1}, "the third is not due yet"
    clock.set(at("2026-03-08 00:00"))
    assert parts(db, "instalments", MARCH) == {"kept": 1, "late": 1, "missing": 1}


def test_what_is_paid_early_counts_for_the_instalments_after_it(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        made = Instalments(session, clock)
        for invoice in made.invoices:
            pay(session, invoice, "75.00", clock, at("2026-03-01 12:00"))
    clock.set(NOON)
    assert parts(db, "instalments", MARCH) == {"kept": 3}


def test_money_that_went_back_keeps_nothing(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        made = Instalments(session, clock)
        paid = pay(session, made.invoices[0], "50.00", clock, at("2026-03-02 12:00"))
        clock.set(at("2026-03-04 12:00"))
        ledger.reverse(session, paid, "reversal:re_1:1:0")
    clock.set(NOON)
    assert parts(db, "instalments", MARCH) == {"kept": 1, "missing": 2}, "the first was paid on its day, and then not"


@pytest.mark.parametrize(
    ("status", "counted_"),
    [
        (PlanStatus.QUOTE, 0),
        (PlanStatus.AGREED, 3),
        (PlanStatus.BROKEN, 3),
        (PlanStatus.CANCELLED, 0),
    ],
)
def test_only_plans_that_were_agreed_and_stood_are_counted(
    db: Database, clock: SetClock, status: PlanStatus, counted_: int
) -> None:
    with db.transaction() as session:
        Instalments(session, clock, status)
    clock.set(NOON)
    assert sum(parts(db, "instalments", MARCH).values()) == counted_


def test_days_before_the_plan_was_known_are_not_judged(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        made = Instalments(session, clock)
        made.plan.created_at = at("2026-03-06 12:00")
    clock.set(NOON)
    assert parts(db, "instalments", MARCH) == {"missing": 1}


def test_recovered_is_what_came_in_less_what_went_back_by_currency(db: Database, clock: SetClock) -> None:
    clock.set(at("2026-03-01 12:00"))
    with db.transaction() as session:
        american, japanese = factories.customer(session), factories.customer(session, currency="JPY")
        dollars, yen = factories.invoice(session, american, "500.00"), factories.invoice(session, japanese, "9000")
        pay(session, dollars, "10.00", clock, at("2026-03-01 23:59"))
        first = pay(session, dollars, "120.00", clock, at("2026-03-02 00:00"))
        pay(session, dollars, "40.50", clock, at("2026-03-08 23:59"))
        pay(session, yen, "700", clock, at("2026-03-04 12:00"))
        clock.set(at("2026-03-05 12:00"))
        gone = ledger.reverse(session, first, "reversal:re_1:1:0", Money(3_000, "USD"))
        ledger.reverse(session, gone, "reversal:re_1:1:undone:0", Money(1_000, "USD"))
        pay(session, dollars, "5.00", clock, at("2026-03-09 00:00"))
        ledger.post(
            session,
            source=ledger.invoice_account(dollars.id),
            destination=ledger.WRITE_OFFS,
            amount=Money(100, "USD"),
            reference="a write-off is no money",
        )
    found = {cell.key: (cell.count, cell.total) for cell in cells(db, "recovered", MARCH, "kind", "part")}
    assert found == {
        ("USD", "came"): (2, 16_050),
        ("USD", "back"): (1, -3_000),
        ("USD", "again"): (1, 1_000),
        ("JPY", "came"): (1, 700),
    }
    by_week = {
        cell.key: cell.total for cell in cells(db, "recovered", filters("2026-03-01", "2026-03-09"), "kind", "week")
    }
    assert by_week == {("USD", 0): 1_000, ("USD", 1): 14_050, ("JPY", 1): 700, ("USD", 2): 500}


def test_money_is_of_the_channel_of_its_payment_and_what_undoes_it_too(db: Database, clock: SetClock) -> None:
    clock.set(at("2026-03-03 12:00"))
    with db.transaction() as session:
        customer = factories.customer(session)
        invoice = factories.invoice(session, customer, "500.00")
        for where in (phone(session, Channel.SMS, locale="es-MX"), conversation(session), None):
            paid = payment(session, customer, where, at("2026-03-03 12:00"))
            came = ledger.post(
                session,
                source=ledger.invoice_account(invoice.id),
                destination=ledger.STRIPE,
                amount=Money(5_000, "USD"),
                reference=f"payment:{paid.id}:pi_1:0",
            )
            gone = ledger.reverse(session, came, f"reversal:re_{paid.id}:1:0", Money(2_000, "USD"))
            ledger.reverse(session, gone, f"reversal:re_{paid.id}:1:undone:0", Money(500, "USD"))
    assert {cell.key: cell.total for cell in cells(db, "recovered", MARCH, "channel", "language")} == {
        ("sms", "es"): 3_500, ("web", "en"): 3_500, ("", ""): 3_500,
    }  # fmt: skip
    assert parts(db, "recovered", MARCH.of(channel=Channel.SMS)) == {"came": 1, "back": 1, "again": 1}
