"""What is due to be charged when: in the customer's zone, from the day's hour, never while something stops it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.billing import ledger
from bot.billing.autopay import autopay_due
from bot.billing.autopay.autopay_due import Due, Look, look
from bot.db import Database, new_id
from bot.models import (
    Customer,
    Hold,
    HoldKind,
    HoldStatus,
    Invoice,
    Mandate,
    Payment,
    PaymentOrigin,
    PaymentStatus,
    Plan,
    Reversal,
    ReversalKind,
    ReversalStatus,
)
from bot.money import Money
from bot.policies import Stop
from tests import factories
from tests.billing.autopaid import MARCH, Autopaid
from tests.conftest import SetClock


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Days are counted from Monday, 2 March 2026, 15:00 UTC."""


def utc(month: int, day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=dt.UTC)


def seen(paid: Autopaid) -> Look:
    with paid.db.transaction() as session:
        mandate = session.get_one(Mandate, paid.mandate().id)
        plan, customer = session.get_one(Plan, mandate.plan_id), session.get_one(Customer, paid.customer_id)
        return look(session, mandate, plan, customer)


def paid_elsewhere(paid: Autopaid, minor: int) -> None:
    with paid.db.transaction() as session:
        account = ledger.invoice_account(paid.invoice_id)
        reference = f"elsewhere:{minor}"
        ledger.post(session, source=account, destination="imported", amount=Money(minor, "USD"), reference=reference)


def test_before_its_day_nothing_is_due_and_the_day_is_known(db: Database) -> None:
    assert seen(Autopaid(db)) == Look(next_at=utc(3, 9, 14))  # 09:00 in Chicago, where summer time began on the 8th


def test_on_its_day_what_is_missing_of_the_instalment_is_due(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    clock.set(utc(3, 9, 14))
    assert seen(paid) == Look(due=Due(1, 1, Money(5_000, "USD"), ((paid.invoice_id, 5_000),)))
    paid_elsewhere(paid, 1_200)
    assert seen(paid).due == Due(1, 1, Money(3_800, "USD"), ((paid.invoice_id, 3_800),))
    paid_elsewhere(paid, 3_800)
    assert seen(paid) == Look(next_at=utc(4, 9, 14))


def test_two_customers_in_other_zones_are_charged_on_their_own_day(db: Database, clock: SetClock) -> None:
    anchorage = Autopaid(db, time_zone="America/Anchorage")
    sao_paulo = Autopaid(db, gateway=anchorage.gateway, time_zone="America/Sao_Paulo")
    clock.set(utc(3, 9, 12))  # 09:00 in São Paulo, 04:00 in Anchorage
    assert seen(sao_paulo).due is not None
    assert seen(anchorage) == Look(next_at=utc(3, 9, 17))
    clock.set(utc(3, 9, 3))  # still Sunday in Anchorage, 00:00 in São Paulo
    assert seen(sao_paulo) == Look(next_at=utc(3, 9, 12))
    assert seen(anchorage) == Look(next_at=utc(3, 9, 17))


@given(
    zone=st.sampled_from(
        ["America/Anchorage", "America/Sao_Paulo", "Europe/London", "Pacific/Auckland", "Asia/Kolkata"]
    ),
    day=st.dates(dt.date(2025, 1, 1), dt.date(2030, 12, 31)),
)
def test_the_hour_of_charging_is_the_same_by_the_customers_clock_on_every_day(zone: str, day: dt.date) -> None:
    local = autopay_due.charge_at(day, zone).astimezone(ZoneInfo(zone))
    assert (local.date(), local.hour, local.minute) == (day, policies.autopay().charge_hour, 0)


def test_the_earliest_missing_instalment_comes_first_and_alone(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    clock.set(utc(4, 9, 15))
    due = seen(paid).due
    assert due is not None
    assert (due.number, due.amount.minor) == (1, 5_000)


def test_what_stripe_would_not_charge_waits_and_is_added_to_the_next_s4(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    paid_elsewhere(paid, 4_970)
    clock.set(utc(3, 9, 15))
    assert seen(paid) == Look(next_at=utc(4, 9, 14))
    clock.set(utc(4, 9, 15))
    assert seen(paid).due == Due(2, 1, Money(5_030, "USD"), ((paid.invoice_id, 5_030),))


@pytest.mark.parametrize("kind", sorted(policies.holds().stopping(Stop.AUTOPAY)))
def test_while_a_hold_stops_it_nothing_is_due_c8(sqlite_db: Database, clock: SetClock, kind: HoldKind) -> None:
    paid = Autopaid(sqlite_db)
    clock.set(utc(3, 9, 15))
    with sqlite_db.transaction() as session:
        session.add(Hold(kind=kind, customer_id=paid.customer_id, status=HoldStatus.REPORTED))
    assert seen(paid) == Look(next_at=utc(3, 10, 14))
    with sqlite_db.transaction() as session:
        session.scalars(sa.select(Hold)).one().status = HoldStatus.LIFTED
    assert seen(paid).due is not None


def test_a_disputed_invoice_of_the_plan_is_not_paid_and_the_rest_is_c9(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    clock.set(utc(3, 9, 15))
    with db.transaction() as session:
        factories.hold(session, session.get_one(Invoice, paid.other_id))
    assert seen(paid).due is not None
    with db.transaction() as session:
        factories.hold(session, session.get_one(Invoice, paid.invoice_id))
    assert seen(paid) == Look(next_at=utc(3, 10, 14))


def test_while_a_payment_of_the_customer_is_under_way_nothing_is_due_s5(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    clock.set(utc(3, 9, 15))
    link = paid.link(Money(2_000, "USD"))
    assert seen(paid).due is not None
    with db.transaction() as session:
        payment = session.get_one(Payment, link.id)
        payment.status, payment.checkout_expires_at = PaymentStatus.OPEN, utc(3, 9, 16)
    assert seen(paid) == Look(next_at=utc(3, 9, 16))
    with db.transaction() as session:
        session.get_one(Payment, link.id).status = PaymentStatus.PROCESSING
    assert seen(paid) == Look(next_at=utc(3, 10, 14))
    with db.transaction() as session:
        session.get_one(Payment, link.id).status = PaymentStatus.FAILED
    assert seen(paid).due is not None


def test_what_was_taken_and_given_back_is_not_taken_again_unasked(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    clock.set(utc(3, 9, 15))
    with db.transaction() as session:
        taken = tried(paid, PaymentStatus.REFUNDED)
        session.add(taken)
        session.flush()
        back = {"kind": ReversalKind.REFUND, "amount": 5_000, "currency": "USD", "status": ReversalStatus.POSTED}
        session.add(Reversal(external_id="re_1", payment_id=taken.id, payment_intent="pi_1", **back))
    assert seen(paid) == Look(next_at=utc(4, 9, 14))


@pytest.mark.parametrize(
    ("declined_on", "expected"),
    [
        ([utc(3, 9, 15)], dt.date(2026, 3, 12)),
        ([utc(3, 9, 15), utc(3, 12, 15)], dt.date(2026, 3, 16)),
        ([utc(1, 30, 15)], dt.date(2026, 2, 2)),
        ([utc(2, 26, 5)], dt.date(2026, 2, 28)),  # still the 25th in Chicago
        ([utc(12, 30, 15)], dt.date(2027, 1, 2)),
        ([utc(3, 9, 15), utc(3, 12, 15), utc(3, 16, 15)], None),
        ([], None),
    ],
)
def test_a_declined_card_is_tried_again_on_the_policys_days_in_the_customers_zone(
    declined_on: list[dt.datetime], expected: dt.date | None
) -> None:
    mandate = Mandate(id=new_id())
    tries = [
        Payment(mandate_id=mandate.id, status=PaymentStatus.FAILED, failure_code="insufficient_funds", created_at=at)
        for at in declined_on
    ]
    assert autopay_due.retry_on(tries, mandate, "America/Chicago") == expected


def test_only_declines_of_this_card_count() -> None:
    mandate = Mandate(id=new_id())
    at = utc(3, 9, 15)
    former = Payment(mandate_id=new_id(), status=PaymentStatus.FAILED, failure_code="lost_card", created_at=at)
    not_asked = [
        Payment(mandate_id=mandate.id, status=PaymentStatus.FAILED, failure_code=code, created_at=at)
        for code in autopay_due.NOT_CHARGED
    ]
    assert autopay_due.retry_on([former, *not_asked], mandate, "America/Chicago") is None


def test_between_two_tries_nothing_is_due(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    clock.set(utc(3, 9, 15))
    with db.transaction() as session:
        session.add(tried(paid, PaymentStatus.FAILED, failure_code="insufficient_funds"))
    assert seen(paid) == Look(next_at=utc(3, 12, 14))
    clock.set(utc(3, 12, 14))
    assert seen(paid).due == Due(1, 2, Money(5_000, "USD"), ((paid.invoice_id, 5_000),))


def test_a_card_that_ends_before_the_next_instalment_is_looked_at_in_time(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db, (MARCH[0], (dt.date(2026, 7, 1), 5_000)), expires=(5, 2026))
    clock.set(utc(3, 9, 15))
    paid_elsewhere(paid, 5_000)
    assert seen(paid) == Look(next_at=utc(5, 1, 14))  # 30 days before 31 May


def test_after_the_last_instalment_nothing_is_ahead(sqlite_db: Database, clock: SetClock) -> None:
    paid = Autopaid(sqlite_db)
    clock.set(utc(5, 9, 15))
    paid_elsewhere(paid, 15_050)
    assert seen(paid) == Look()


def tried(paid: Autopaid, status: PaymentStatus, **given: object) -> Payment:
    """A first try for the first instalment."""
    values = {"amount": 5_000, "currency": "USD", "status": status, "token": "t", "input_hash": "h", "try_number": 1}
    origin = {"origin": PaymentOrigin.AUTOPAY, "mandate_id": paid.mandate().id, "plan_id": paid.plan_id}
    return Payment(customer_id=paid.customer_id, instalment_number=1, **(values | origin | given))
