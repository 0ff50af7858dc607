"""Missed instalments: found by the ledger, asked about kindly and once, ended only after silence (K1, K7, C8, C9)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot import policies
from bot.billing import ledger, mandates, plans
from bot.billing.gateway import SavedCard
from bot.billing.plans.counter_offers import Wish
from bot.billing.plans.missed_instalments import Missed, look_into
from bot.billing.plans.plan_changes import move, pause
from bot.billing.plans.plans_behind import Behind, behind
from bot.billing.plans.proposals import propose
from bot.billing.plans.schedules import Rhythm
from bot.db import Database
from bot.models import (
    Case,
    Customer,
    Frequency,
    HoldKind,
    HoldStatus,
    MandateStatus,
    Payment,
    PaymentStatus,
    Plan,
    PlanEvent,
    PlanEventKind,
    PlanStatus,
)
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

USD = "USD"


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Today is Monday, 2 March 2026, nine in the morning in Chicago."""


def agreed(session: Session, customer: Customer | None = None) -> tuple[Customer, Plan]:
    """Monthly from 9 March, 50.12 each."""
    customer = customer or factories.maya(session)
    offer = plans.quote(session, customer, conversation_id=None, months=[4])[0]
    return customer, plans.agree(session, offer.id, customer)


def pay(session: Session, plan: Plan, minor: int, reference: str = "x") -> None:
    account = ledger.invoice_account(plan.invoices[0].invoice_id)
    amount = Money(minor, plan.currency)
    ledger.post(session, source=account, destination=ledger.STRIPE, amount=amount, reference=f"{plan.id}{reference}")


def payment(session: Session, customer: Customer, status: PaymentStatus, settled_at: dt.datetime | None = None) -> None:
    made = Payment(customer_id=customer.id, amount=5012, currency=USD, status=status, token="t", input_hash="h")
    made.settled_at = settled_at
    session.add(made)
    session.flush()


def look(session: Session, customer: Customer, plan: Plan) -> Missed | None:
    """As the sweep does: only what `behind` finds is looked into."""
    found = Behind(plan.id, customer.id) in behind(session)
    missed = look_into(session, plan.id, customer, may_ask=True)
    assert found or missed is None
    return missed


def test_k1_the_day_after_an_instalment_the_customer_is_asked_once(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        clock.advance(days=7)
        assert behind(session) == []
        assert look(session, maya, plan) is None
        clock.advance(days=1)
        missed = look(session, maya, plan)
        assert missed is not None
        assert [part.number for part in missed.instalments] == [1]
        assert missed.missing == Money(5012, USD)
        assert plan.instalments[0].asked_at == clock.now()
        event = session.scalars(sa.select(PlanEvent).where(PlanEvent.kind == PlanEventKind.MISSED)).one()
        assert event.terms == {"instalments": [1]}
        assert behind(session) == []
        for _ in range(3):
            assert look(session, maya, plan) is None
            clock.advance(days=1)


def test_a_part_that_is_missing_is_asked_about_and_what_is_paid_is_not(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        pay(session, plan, 5012)
        clock.advance(days=8)
        assert behind(session) == []
        clock.advance(days=31)
        pay(session, plan, 2000, "y")
        missed = look(session, maya, plan)
        assert missed is not None
        assert ([part.number for part in missed.instalments], missed.missing.minor) == ([2], 3012)


@pytest.mark.parametrize(
    ("zone", "hour", "found"),
    [
        ("America/Chicago", 12, False),  # seven in the morning, daylight saving time since the 8th
        ("America/Chicago", 13, True),
        ("America/Anchorage", 14, False),
        ("America/Anchorage", 17, True),
        ("Pacific/Auckland", 7, True),  # eight in the evening there
        ("Pacific/Auckland", 8, False),  # nine
    ],
)
def test_c1_only_who_has_an_hour_of_day_is_found(
    db: Database, clock: SetClock, zone: str, hour: int, found: bool
) -> None:
    with db.transaction() as session:
        customer = factories.customer(session, time_zone=zone)
        factories.invoice(session, customer)
        agreed(session, customer)
        clock.set(dt.datetime(2026, 3, 11, hour, tzinfo=dt.UTC))
        assert bool(behind(session)) is found


def test_the_day_is_the_customers_own(db: Database, clock: SetClock) -> None:
    clock.set(dt.datetime(2026, 3, 2, 22, tzinfo=dt.UTC))  # the 3rd in Auckland, the 2nd in Honolulu
    with db.transaction() as session:
        east, west = (factories.customer(session, time_zone=zone) for zone in ("Pacific/Auckland", "Pacific/Honolulu"))
        for customer in (east, west):
            factories.invoice(session, customer)
        _, first = agreed(session, east)
        _, second = agreed(session, west)
        assert [plan.instalments[0].due_on.day for plan in (first, second)] == [10, 9]
        clock.set(dt.datetime(2026, 3, 10, 22, tzinfo=dt.UTC))  # the 11th, and the 10th
        assert {item.plan_id for item in behind(session)} == {first.id, second.id}
        clock.set(dt.datetime(2026, 3, 9, 22, tzinfo=dt.UTC))
        assert behind(session) == []


@pytest.mark.parametrize("kind", [kind for kind in HoldKind if kind != HoldKind.DISPUTE])
def test_c8_a_hold_keeps_every_question_back_until_it_is_lifted(db: Database, clock: SetClock, kind: HoldKind) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        hold = factories.hold_customer(session, maya, kind)
        clock.advance(days=8)
        assert look(session, maya, plan) is None
        clock.advance(days=60)
        assert look(session, maya, plan) is None
        assert plan.status == PlanStatus.ACTIVE
        hold.status, hold.lifted_at = HoldStatus.LIFTED, clock.now()
        clock.advance(days=1)
        assert look(session, maya, plan) is not None


def test_c9_nothing_is_asked_about_what_is_disputed(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        first, second = (factories.invoice(session, customer, late=days) for days in (40, 20))
        _, plan = agreed(session, customer)
        for invoice in (first, second):
            factories.hold(session, invoice)
            clock.advance(days=8)
            missed = look(session, customer, plan)
        assert missed is None


def test_until_a_promised_day_there_is_silence(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        plans.promise(session, maya, Money(5012, USD), dt.date(2026, 3, 20), None)
        clock.advance(days=18)
        assert look(session, maya, plan) is None
        clock.advance(days=1)
        assert look(session, maya, plan) is not None


def test_what_a_bank_is_confirming_is_not_asked_about(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        payment(session, maya, PaymentStatus.PROCESSING)
        clock.advance(days=8)
        assert look(session, maya, plan) is None


def test_k11_while_the_saved_card_may_still_be_tried_there_is_no_question(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        mandate = mandates.consent(session, maya, plan, conversation_id=None, locale="en-US")
        card = SavedCard("pm_1", "cus_1", "visa", "4242", 12, 2030)
        mandate = mandates.activate(session, mandate.id, card)
        clock.advance(days=8)
        assert look(session, maya, plan) is None
        clock.advance(days=1)
        mandates.suspend(session, mandate, "card_declined")
        assert look(session, maya, plan) is not None
        assert mandate.status == MandateStatus.SUSPENDED


def test_k7_fourteen_days_of_silence_after_the_question_end_the_plan_with_a_case(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        clock.advance(days=8)
        look(session, maya, plan)
        clock.advance(days=13)
        assert look(session, maya, plan) is None
        assert plan.status == PlanStatus.ACTIVE
        clock.advance(days=1)
        assert look(session, maya, plan) is None
        assert plan.status == PlanStatus.BROKEN
        case = session.scalars(sa.select(Case)).one()
        assert (case.kind, case.customer_id) == ("plan_broken", maya.id)
        clock.advance(days=1)
        assert behind(session) == []


@pytest.mark.parametrize("sign", ["paid", "proposed", "promised", "moved", "paused", "hold"])
def test_k7_any_sign_of_the_customer_gives_them_the_time_again(db: Database, clock: SetClock, sign: str) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        clock.advance(days=8)
        look(session, maya, plan)
        clock.advance(days=10)
        if sign == "paid":
            pay(session, plan, 100)
            payment(session, maya, PaymentStatus.SUCCEEDED, clock.now())
        elif sign == "proposed":
            propose(session, maya, Wish(each=Money(1000, USD)), conversation_id=None)
        elif sign == "promised":
            plans.promise(session, maya, Money(5012, USD), dt.date(2026, 3, 21), None)
        elif sign == "moved":
            move(session, plan.id, maya, 2, dt.date(2026, 4, 10))
        elif sign == "paused":
            pause(session, plan.id, maya, 31)
        else:
            hold = factories.hold_customer(session, maya, HoldKind.HARDSHIP)
            hold.status, hold.lifted_at = HoldStatus.LIFTED, clock.now()
        clock.advance(days=13)
        look(session, maya, plan)
        assert plan.status == PlanStatus.ACTIVE
        clock.advance(days=30)
        look(session, maya, plan)
        assert plan.status == (PlanStatus.ACTIVE if sign == "paused" else PlanStatus.BROKEN)


def test_nobody_to_ask_is_not_written_down_as_asked(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        clock.advance(days=8)
        assert look_into(session, plan.id, maya, may_ask=False) is not None
        assert plan.instalments[0].asked_at is None
        clock.advance(days=20)
        look_into(session, plan.id, maya, may_ask=False)
        assert plan.status == PlanStatus.ACTIVE


@given(
    sums=st.lists(st.integers(5000, 90000), min_size=1, max_size=3),
    share=st.integers(50, 100),
    paid=st.integers(0, 110),
    frequency=st.sampled_from(Frequency),
    days=st.integers(0, 200),
)
def test_the_query_over_all_plans_finds_what_progress_says(
    sqlite_db: Database, clock: SetClock, sums: list[int], share: int, paid: int, frequency: Frequency, days: int
) -> None:
    check(sqlite_db, clock, sums, share, paid, frequency, days)


@pytest.mark.parametrize(("paid", "days"), [(0, 6), (0, 8), (20, 8), (20, 60), (60, 60), (110, 200)])
def test_the_query_says_the_same_on_postgresql(postgres_db: Database, clock: SetClock, paid: int, days: int) -> None:
    check(postgres_db, clock, [12000, 8050], 80, paid, Frequency.FORTNIGHTLY, days)


def check(
    db: Database, clock: SetClock, sums: list[int], share: int, paid: int, frequency: Frequency, days: int
) -> None:
    """A plan over `share` percent, of which `paid` percent came in; looked at after `days`."""
    clock.set(dt.datetime(2026, 3, 2, 15, tzinfo=dt.UTC))
    with db.transaction() as session:
        customer = factories.customer(session)
        for minor in sums:
            factories.invoice(session, customer, f"{Money(minor, USD).major}")
        (offer,) = plans.quote(
            session,
            customer,
            conversation_id=None,
            months=[4],
            total=Money(sum(sums) * share // 100, USD),
            rhythm=Rhythm(frequency),
        )
        plan = plans.agree(session, offer.id, customer)
        left = offer.total * paid // 100
        for part in plan.invoices:
            amount = min(left, part.amount + part.beside)
            left -= amount
            account = ledger.invoice_account(part.invoice_id)
            money, reference = Money(amount, USD), f"{account}:paid"
            ledger.post(session, source=account, destination=ledger.STRIPE, amount=money, reference=reference)
        clock.advance(days=days)
        day = clock.now().date() - dt.timedelta(days=policies.plans().missed.ask_after_days)
        late = [part for part, _ in plans.unpaid(session, plan) if part.due_on <= day]
        assert (Behind(plan.id, customer.id) in behind(session, limit=10_000)) is bool(late)
        plans.cancel(session, plan.id, customer)


def test_s4_a_rest_that_is_too_little_to_be_paid_alone_is_not_asked_about(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        pay(session, plan, 4992)
        clock.advance(days=8)
        assert look(session, maya, plan) is None
        clock.advance(days=31)
        missed = look(session, maya, plan)
        assert missed is not None
        assert ([part.number for part in missed.instalments], missed.missing.minor) == ([1, 2], 5032)
