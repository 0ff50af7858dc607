"""Plans and promises: exact terms, agreed once, kept by the ledger."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.billing import ledger, plans
from bot.billing.plans.instalments import due_dates
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import Customer, Plan, PlanEvent, PlanStatus, Promise, PromiseStatus
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

USD = "USD"


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Due dates are counted from a known day: 2 March 2026 in Chicago."""


def quote(session: sa.orm.Session, customer: Customer, **given: Any) -> list[Plan]:
    return plans.quote(session, customer, **({"conversation_id": None} | given))


def test_offers_are_of_three_to_six_months_shortest_first_k4(db: Database) -> None:
    with db.transaction() as session:
        offers = quote(session, factories.maya(session))
    assert [len(offer.instalments) for offer in offers] == [3, 4, 5, 6]
    assert all(offer.status == PlanStatus.QUOTE and offer.total == 20050 for offer in offers)
    assert [part.amount for part in offers[0].instalments] == [6683, 6683, 6684]
    assert [part.due_on for part in offers[0].instalments] == [
        dt.date(2026, 3, 9), dt.date(2026, 4, 9), dt.date(2026, 5, 9),
    ]  # fmt: skip


@given(minor=st.integers(700, 10**7), length=st.integers(1, 12))
def test_an_offers_instalments_sum_to_its_total_with_the_odd_cents_on_the_last_s7(
    sqlite_db: Database, minor: int, length: int
) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, f"{Money(minor, USD).major}")
        (offer,) = quote(session, customer, months=[length])
    amounts = [part.amount for part in offer.instalments]
    assert (len(amounts), sum(amounts), sum(part.amount for part in offer.invoices)) == (length, minor, minor)
    assert set(amounts[:-1]) <= {minor // length}
    assert 0 <= amounts[-1] - minor // length < length


@given(first=st.dates(dt.date(2020, 1, 1), dt.date(2090, 1, 1)), count=st.integers(1, 60))
def test_instalments_fall_on_the_same_day_of_each_month_or_its_last(first: dt.date, count: int) -> None:
    dates = due_dates(first, count)
    assert dates[0] == first
    for number, day in enumerate(dates):
        assert day.year * 12 + day.month == first.year * 12 + first.month + number
        assert day.day == first.day or (day.day < first.day and (day + dt.timedelta(days=1)).day == 1)


def test_a_plan_from_the_31st_is_due_on_each_months_last_day() -> None:
    assert due_dates(dt.date(2026, 12, 31), 4) == [
        dt.date(2026, 12, 31), dt.date(2027, 1, 31), dt.date(2027, 2, 28), dt.date(2027, 3, 31),
    ]  # fmt: skip


@pytest.mark.parametrize(("zone", "first"), [("Pacific/Auckland", 10), ("America/Chicago", 9)])
def test_the_first_due_date_counts_from_the_customers_own_day(
    db: Database, clock: SetClock, zone: str, first: int
) -> None:
    with db.transaction() as session:
        customer = factories.customer(session, time_zone=zone)
        factories.invoice(session, customer)
        assert quote(session, customer)[0].instalments[0].due_on == dt.date(2026, 3, first)


def test_a_plan_covers_what_is_overdue_and_undisputed_oldest_first_c9(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, "100.00", late=60, disputed=True)
        older, newer = (factories.invoice(session, customer, "90.00", late=days) for days in (40, 20))
        factories.invoice(session, customer, "70.00", late=-10)
        offer = quote(session, customer)[0]
        assert [(part.invoice_id, part.amount) for part in offer.invoices] == [(older.id, 9000), (newer.id, 9000)]
        part = quote(session, customer, total=Money(10000, USD))[0]
        assert [(part.invoice_id, part.amount) for part in part.invoices] == [(older.id, 9000), (newer.id, 1000)]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"total": Money(20051, USD)}, r"\$200\.50"),
        ({"total": Money(0, USD)}, "up to"),
        ({"months": [13]}, "12 months"),
        ({"months": [0]}, "12 months"),
        ({"months": []}, "12 months"),
        ({"total": Money(120, USD), "months": [3]}, "fewer"),
    ],
)
def test_what_no_plan_can_be_is_refused_with_what_would_do(db: Database, given: dict[str, Any], says: str) -> None:
    with db.transaction() as session, pytest.raises(InvalidInput, match=says):
        quote(session, factories.maya(session), **given)


def test_an_offer_with_instalments_that_stripe_would_not_charge_is_left_out_s4(db: Database) -> None:
    with db.transaction() as session:
        offers = quote(session, factories.maya(session), total=Money(220, USD))
    assert [len(offer.instalments) for offer in offers] == [3, 4]


def test_nothing_overdue_is_nothing_to_spread_out(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, late=-5)
        with pytest.raises(InvalidInput, match="Nothing is overdue"):
            quote(session, customer)


def test_the_same_offer_asked_for_again_is_the_same_plan(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        first = [offer.id for offer in quote(session, maya)]
        assert [offer.id for offer in quote(session, maya, months=[3, 4, 5, 6])] == first
        clock.advance(days=1)
        assert not set(first) & {offer.id for offer in quote(session, maya)}


def test_an_agreed_plan_is_in_force_with_its_exact_terms_kept_k8(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        offers = quote(session, maya)
        plan = plans.agree(session, offers[1].id, maya, actor="customer")
        assert plan.status == PlanStatus.ACTIVE
        assert plans.current(session, maya) is plan
        assert {offer.status for offer in offers if offer is not plan} == {PlanStatus.CANCELLED}
        agreed = session.scalars(sa.select(PlanEvent).where(PlanEvent.kind == PlanStatus.AGREED)).one()
    assert (agreed.plan_id, agreed.actor) == (plan.id, "customer")
    assert agreed.terms == plans.terms(plan)
    assert agreed.terms["instalments"] == [
        {"due_on": "2026-03-09", "amount": 5012},
        {"due_on": "2026-04-09", "amount": 5012},
        {"due_on": "2026-05-09", "amount": 5012},
        {"due_on": "2026-06-09", "amount": 5014},
    ]


def test_agreeing_again_changes_nothing(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        id_ = quote(session, maya)[0].id
        assert plans.agree(session, id_, maya) is plans.agree(session, id_, maya)
        assert session.scalar(sa.select(sa.func.count()).where(PlanEvent.kind == PlanStatus.AGREED)) == 1


def test_another_customers_offer_is_not_found(db: Database) -> None:
    with db.transaction() as session:
        offer = quote(session, factories.maya(session))[0]
        stranger = factories.customer(session)
        for id_ in (offer.id, uuid.uuid4()):
            with pytest.raises(NotFound):
                plans.agree(session, id_, stranger)
            with pytest.raises(NotFound):
                plans.cancel(session, id_, stranger)


def test_an_offer_ends_with_its_time(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        offer = quote(session, maya)[0]
        clock.advance(hours=24)
        with pytest.raises(Conflict, match="has ended"):
            plans.agree(session, offer.id, maya)


def test_an_offer_over_what_is_no_longer_owed_is_refused_c11(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        offer = quote(session, maya)[0]
        account = ledger.invoice_account(offer.invoices[0].invoice_id)
        ledger.post(session, source=account, destination="stripe", amount=Money(1, USD), reference="x")
        with pytest.raises(Conflict, match="has changed"):
            plans.agree(session, offer.id, maya)
        assert plans.current(session, maya) is None


def test_an_offer_over_what_came_into_dispute_is_refused_c9(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        invoice = factories.invoice(session, customer)
        offer = quote(session, customer)[0]
        factories.hold(session, invoice)
        with pytest.raises(Conflict, match="has changed"):
            plans.agree(session, offer.id, customer)


def test_one_plan_is_in_force_at_a_time(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        first, second, *_ = quote(session, maya)
        plan = plans.agree(session, first.id, maya)
        with pytest.raises(Conflict):
            plans.agree(session, second.id, maya)
        with pytest.raises(Conflict) as caught:
            quote(session, maya)
        assert caught.value.about is plan


def test_two_offers_agreed_at_once_bring_one_plan(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        offers = [offer.id for offer in quote(session, maya)[:2]]
    results: list[str] = []
    ready = threading.Barrier(2)

    def agree(id_: uuid.UUID) -> None:
        ready.wait()
        try:
            with db.transaction() as session:
                plans.agree(session, id_, session.get_one(Customer, maya.id))
        except Conflict:
            results.append("refused")
        else:
            results.append("agreed")

    threads = [threading.Thread(target=agree, args=(id_,)) for id_ in offers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["agreed", "refused"]


def test_progress_follows_the_ledger_however_it_was_paid(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, quote(session, maya)[1].id, maya)
        before = plans.progress(session, plan)
        assert (before.paid.minor, before.remaining.minor, before.next_amount.minor) == (0, 20050, 5012)
        account = ledger.invoice_account(plan.invoices[0].invoice_id)
        ledger.post(session, source=account, destination="imported", amount=Money(6000, USD), reference="x")
        after = plans.progress(session, plan)
    assert (after.paid.minor, after.remaining.minor, after.next_amount.minor) == (6000, 14050, 4024)
    assert after.next is plan.instalments[1]


def test_a_cancelled_plan_makes_room_for_another(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, quote(session, maya)[0].id, maya)
        assert plans.cancel(session, plan.id, maya, actor="agent:1").status == PlanStatus.CANCELLED
        assert plans.cancel(session, plan.id, maya) is plan
        assert plans.current(session, maya) is None
        assert len(quote(session, maya)) == 4


def test_a_completed_plan_cannot_be_cancelled(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, quote(session, maya)[0].id, maya)
        plan.status = PlanStatus.COMPLETED
        with pytest.raises(Conflict):
            plans.cancel(session, plan.id, maya)


def test_a_promise_is_recorded_and_a_newer_one_corrects_it(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        first = plans.promise(session, maya, Money(5000, USD), dt.date(2026, 3, 6), None)
        assert plans.promise(session, maya, Money(5000, USD), dt.date(2026, 3, 6), None) is first
        second = plans.promise(session, maya, Money(5000, USD), dt.date(2026, 3, 13), None)
        assert (first.status, second.status) == (PromiseStatus.CORRECTED, PromiseStatus.OPEN)
        assert plans.promises(session, maya) == [second]


@pytest.mark.parametrize("days", [0, 60])
def test_a_promise_may_be_for_today_up_to_sixty_days_ahead(db: Database, days: int) -> None:
    due_on = dt.date(2026, 3, 2) + dt.timedelta(days=days)
    with db.transaction() as session:
        assert plans.promise(session, factories.maya(session), Money(5000, USD), due_on, None).due_on == due_on


@pytest.mark.parametrize(("minor", "days"), [(5000, -1), (5000, 61), (0, 5), (-1, 5), (26051, 5)])
def test_a_promise_out_of_bounds_is_refused(db: Database, minor: int, days: int) -> None:
    due_on = dt.date(2026, 3, 2) + dt.timedelta(days=days)
    with db.transaction() as session:
        maya = factories.maya(session)
        with pytest.raises(InvalidInput):
            plans.promise(session, maya, Money(minor, USD), due_on, None)
        assert session.scalars(sa.select(Promise)).all() == []
