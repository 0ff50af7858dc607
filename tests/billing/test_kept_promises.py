"""Promises kept and broken: by what arrived, on the customer's own days (design section 10, 4; C1, C8, C9)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.billing import ledger, plans
from bot.billing.invoices import standing
from bot.billing.kept_promises import Open, Passed, look_into, to_look_at
from bot.billing.promises import promise
from bot.db import Database, new_id
from bot.models import Customer, HoldKind, HoldStatus, Invoice, Payment, PaymentStatus, Promise, PromiseStatus
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

FRIDAY = dt.date(2026, 3, 6)
OPEN, KEPT, BROKEN, CORRECTED = PromiseStatus.OPEN, PromiseStatus.KEPT, PromiseStatus.BROKEN, PromiseStatus.CORRECTED


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Today is Monday, 2 March 2026, nine in the morning in Chicago."""


def promised(session: Session, minor: int = 5000, on: dt.date = FRIDAY) -> tuple[Customer, Promise]:
    """Maya, who promised so much by Friday."""
    maya = factories.maya(session)
    return maya, promise(session, maya, Money(minor, "USD"), on, None)


def arrive(
    session: Session, customer: Customer, minor: int, clock: SetClock, status: PaymentStatus = PaymentStatus.SUCCEEDED
) -> Payment:
    """A payment with this status; what succeeded is posted."""
    made = Payment(
        customer_id=customer.id,
        amount=minor,
        currency="USD",
        status=status,
        token=new_id().hex,
        input_hash="h",
        settled_at=None if status == PaymentStatus.PROCESSING else clock.now(),
    )
    session.add(made)
    session.flush()
    if made.settled_at:
        left = minor
        for item in standing(session, customer).items:
            part = min(left, item.owed.minor)
            if part:
                ledger.post(
                    session,
                    source=ledger.invoice_account(item.invoice.id),
                    destination=ledger.STRIPE,
                    amount=Money(part, "USD"),
                    reference=f"{made.id}:{item.invoice.id}",
                )
            left -= part
    return made


def look(session: Session, customer: Customer, made: Promise) -> Passed | None:
    """As the sweep does: only what `to_look_at` finds is looked into."""
    found = Open(made.id, customer.id) in to_look_at(session)
    passed = look_into(session, made.id, customer)
    assert found or passed is None
    return passed


def test_it_is_silent_until_the_day_has_passed_then_it_is_broken_once(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        for _ in range(5):  # Monday to Friday
            assert to_look_at(session) == []
            assert look(session, maya, made) is None
            assert made.status == OPEN
            clock.advance(days=1)
        passed = look(session, maya, made)
        assert passed is not None
        assert (made.status, passed.is_kept, passed.missing.minor) == (BROKEN, False, 5000)
        assert to_look_at(session) == []
        assert look(session, maya, made) is None


def test_k9_it_is_kept_when_its_amount_has_arrived_before_the_day_too(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        arrive(session, maya, 2000, clock)
        assert look(session, maya, made) is None
        clock.advance(days=1)
        arrive(session, maya, 3000, clock)
        passed = look(session, maya, made)
        assert passed is not None
        assert (made.status, passed.is_kept, passed.arrived.minor) == (KEPT, True, 5000)


def test_what_was_paid_before_it_was_made_is_not_counted(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        arrive(session, maya, 5000, clock)
        clock.advance(hours=1)
        made = promise(session, maya, Money(5000, "USD"), FRIDAY, None)
        clock.advance(days=5)
        passed = look(session, maya, made)
        assert passed is not None
        assert (made.status, passed.arrived.minor) == (BROKEN, 0)


def test_a_part_that_came_is_not_asked_for_again(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        arrive(session, maya, 2000, clock)
        clock.advance(days=5)
        passed = look(session, maya, made)
        assert passed is not None
        assert (made.status, passed.arrived.minor, passed.missing.minor) == (BROKEN, 2000, 3000)


def test_s4_what_is_too_little_to_be_paid_alone_is_held_against_nobody(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        arrive(session, maya, 4980, clock)
        look(session, maya, made)
        assert made.status == KEPT


@pytest.mark.parametrize(
    ("status", "kept"),
    [(PaymentStatus.SUCCEEDED, KEPT), (PaymentStatus.REFUNDED, KEPT), (PaymentStatus.CHARGED_BACK, BROKEN)],
)
def test_what_we_gave_back_was_paid_and_what_the_bank_took_back_was_not(
    db: Database, clock: SetClock, status: PaymentStatus, kept: PromiseStatus
) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        payment = arrive(session, maya, 5000, clock)
        payment.status = status
        clock.advance(days=5)
        look(session, maya, made)
        assert made.status == kept


def test_s2_a_payment_on_its_way_is_waited_for(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        payment = arrive(session, maya, 5000, clock, PaymentStatus.PROCESSING)
        clock.advance(days=5)
        assert look(session, maya, made) is None
        assert made.status == OPEN
        payment.status, payment.settled_at = PaymentStatus.SUCCEEDED, clock.now()
        look(session, maya, made)
        assert made.status == KEPT


@pytest.mark.parametrize(
    "kind", [HoldKind.BREATHING_SPACE, HoldKind.BANKRUPTCY, HoldKind.ATTORNEY, HoldKind.DECEASED, HoldKind.CEASE]
)
def test_c8_a_hold_is_waited_for_and_the_question_comes_after_it(db: Database, clock: SetClock, kind: HoldKind) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        hold = factories.hold_customer(session, maya, kind)
        clock.advance(days=5)
        assert look(session, maya, made) is None
        assert made.status == OPEN
        hold.status = HoldStatus.LIFTED
        session.flush()
        assert look(session, maya, made) is not None


def test_c9_what_is_disputed_is_not_asked_about(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, made = promised(session, 20000)
        bills = session.scalars(sa.select(Invoice).order_by(Invoice.number)).all()
        for bill in bills[:2]:
            factories.hold(session, bill)
        clock.advance(days=5)
        passed = look(session, maya, made)
        assert passed is not None
        assert passed.missing.minor == 6000
    with db.transaction() as session:
        maya = session.get_one(Customer, maya.id)
        again = promise(session, maya, Money(5000, "USD"), dt.date(2026, 3, 8), None)
        factories.hold(session, session.get_one(Invoice, bills[2].id))
        clock.advance(days=5)
        assert look(session, maya, again) is None
        assert again.status == OPEN


def test_when_nothing_is_owed_any_more_nobody_is_asked(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        for item in standing(session, maya).items:
            account = ledger.invoice_account(item.invoice.id)
            ledger.post(
                session, source=account, destination=ledger.WRITE_OFFS, amount=item.owed, reference=item.invoice.number
            )
        clock.advance(days=5)
        assert look(session, maya, made) is None
        assert made.status == CORRECTED


def test_a_plan_agreed_since_takes_its_place(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        clock.advance(hours=1)
        plans.agree(session, plans.quote(session, maya, conversation_id=None)[0].id, maya)
        clock.advance(days=5)
        assert look(session, maya, made) is None
        assert made.status == CORRECTED


def test_who_is_asked_about_an_instalment_is_not_asked_about_a_promise_too(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plans.agree(session, plans.quote(session, maya, conversation_id=None, months=[4])[0].id, maya)
        clock.advance(days=1)
        made = promise(session, maya, Money(5000, "USD"), dt.date(2026, 3, 9), None)
        clock.advance(days=7)
        passed = look(session, maya, made)
        assert passed is not None
        assert (made.status, passed.missing.minor) == (BROKEN, 0)


@pytest.mark.parametrize(
    ("zone", "at", "found"),
    [
        ("America/Chicago", dt.datetime(2026, 3, 7, 13, tzinfo=dt.UTC), False),  # seven in the morning
        ("America/Chicago", dt.datetime(2026, 3, 7, 14, tzinfo=dt.UTC), True),
        ("America/Chicago", dt.datetime(2026, 3, 8, 3, tzinfo=dt.UTC), False),  # nine in the evening
        ("Pacific/Auckland", dt.datetime(2026, 3, 6, 20, tzinfo=dt.UTC), True),  # nine on the 7th there
        ("Pacific/Honolulu", dt.datetime(2026, 3, 7, 9, tzinfo=dt.UTC), False),  # still the 6th there
    ],
)
def test_c1_only_who_has_an_hour_of_day_and_whose_own_day_has_passed_is_found(
    db: Database, clock: SetClock, zone: str, at: dt.datetime, found: bool
) -> None:
    with db.transaction() as session:
        customer = factories.customer(session, time_zone=zone)
        factories.invoice(session, customer)
        made = promise(session, customer, Money(5000, "USD"), FRIDAY, None)
        clock.set(at)
        assert to_look_at(session) == ([Open(made.id, customer.id)] if found else [])


def test_c1_a_part_that_came_leads_to_no_question_while_nobody_may_be_asked(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        arrive(session, maya, 2000, clock)
        clock.set(dt.datetime(2026, 3, 7, 8, tzinfo=dt.UTC))  # two in the morning after
        assert Open(made.id, maya.id) in to_look_at(session)
        assert look_into(session, made.id, maya, may_end=False) is None
        assert look(session, maya, made) is not None


def test_what_was_paid_is_seen_at_any_hour(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, made = promised(session)
        clock.set(dt.datetime(2026, 3, 3, 8, tzinfo=dt.UTC))
        arrive(session, maya, 5000, clock)
        assert look(session, maya, made) is not None
        assert made.status == KEPT


def test_a_moved_promise_is_asked_about_on_its_new_day_alone(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, first = promised(session)
        moved = promise(session, maya, Money(5000, "USD"), dt.date(2026, 3, 20), None)
        clock.advance(days=5)
        assert to_look_at(session) == []
        assert (first.status, moved.status) == (CORRECTED, OPEN)
        clock.advance(days=14)
        assert look(session, maya, moved) is not None


def test_pages_follow_each_other(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        for _ in range(3):
            customer = factories.customer(session)
            factories.invoice(session, customer)
            promise(session, customer, Money(5000, "USD"), FRIDAY, None)
        clock.advance(days=5)
        found = to_look_at(session)
        assert len(found) == 3
        assert to_look_at(session, limit=2) == found[:2]
        assert to_look_at(session, found[1].promise_id) == found[2:]


@given(
    promised_=st.integers(100, 26050),
    paid=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9000)), max_size=5),
)
def test_it_is_kept_by_what_arrived_in_time_and_never_decided_early(
    sqlite_db: Database, clock: SetClock, promised_: int, paid: list[tuple[int, int]]
) -> None:
    clock.set(dt.datetime(2026, 3, 2, 15, tzinfo=dt.UTC))
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, "300.00")
        made = promise(session, customer, Money(promised_, "USD"), FRIDAY, None)
        arrived, decided, outcomes = 0, None, 0
        for day in range(10):
            for on, minor in paid:
                if on == day and arrived + minor <= 30000:
                    clock.advance(seconds=1)
                    arrive(session, customer, minor, clock)
                    arrived += minor
            passed = look(session, customer, made)
            outcomes += passed is not None
            if decided is None and passed is not None:
                decided = made.status
                is_enough = arrived >= promised_ - 49  # below the smallest charge
                assert (made.status == KEPT) is is_enough
                assert day >= 5 or made.status == KEPT
            assert outcomes <= 1
            assert decided is not None or day < 5
            clock.advance(days=1)
