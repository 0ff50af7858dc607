"""Changes that a customer may make alone: dates moved, a pause; bounded by policy, kept with the terms (K4, K7, K8)."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.billing import ledger, plans
from bot.billing.plans.plan_changes import move, pause
from bot.billing.plans.schedules import Rhythm, next_on
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import Customer, Frequency, Plan, PlanEvent, PlanEventKind
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

WEEKLY, FORTNIGHTLY, MONTHLY = Frequency.WEEKLY, Frequency.FORTNIGHTLY, Frequency.MONTHLY
# Monthly from 9 March to 9 June, 50.12 each.
Agreed = tuple[Customer, Plan]


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Today is Monday, 2 March 2026 in Chicago."""


def agreed(session: Session, months: int = 4, **given: Any) -> Agreed:
    maya = factories.maya(session)
    offer = plans.quote(session, maya, conversation_id=None, months=[months], **given)[0]
    return maya, plans.agree(session, offer.id, maya)


def pay(session: Session, plan: Plan, minor: int) -> None:
    account = ledger.invoice_account(plan.invoices[0].invoice_id)
    amount = Money(minor, plan.currency)
    ledger.post(session, source=account, destination=ledger.STRIPE, amount=amount, reference=f"{plan.id}:{minor}")


def days(plan: Plan) -> list[str]:
    return [part.due_on.isoformat()[5:] for part in plan.instalments]


def test_one_date_is_moved_and_the_terms_kept_k8(db: Database) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        for _ in range(2):  # the same move again changes nothing
            move(session, plan.id, maya, 2, dt.date(2026, 4, 20), actor="customer")
        assert days(plan) == ["03-09", "04-20", "05-09", "06-09"]
        event = session.scalars(sa.select(PlanEvent).where(PlanEvent.kind == PlanEventKind.MOVED)).one()
    assert (event.plan_id, event.actor, event.terms) == (plan.id, "customer", plans.terms(plan))


def test_all_following_dates_move_to_the_new_day(db: Database) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        move(session, plan.id, maya, 2, dt.date(2026, 4, 15), following=True)
        assert days(plan) == ["03-09", "04-15", "05-15", "06-15"]
        assert plan.pay_day == 15


@pytest.mark.parametrize(("frequency", "after"), [(WEEKLY, 7), (FORTNIGHTLY, 14)])
def test_weeks_move_to_another_weekday(db: Database, frequency: Frequency, after: int) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session, months=3, rhythm=Rhythm(frequency, 4))
        first = plan.instalments[0].due_on
        move(session, plan.id, maya, 1, first + dt.timedelta(days=1), following=True)
        assert [part.due_on for part in plan.instalments] == [
            first + dt.timedelta(days=1 + after * number) for number in range(len(plan.instalments))
        ]
        assert plan.pay_day == 5


@pytest.mark.parametrize(
    ("number", "to"),
    [
        (1, dt.date(2026, 3, 1)),  # past
        (1, dt.date(2026, 3, 24)),  # more than 14 days later
        (3, dt.date(2026, 4, 24)),  # more than 14 days sooner
        (3, dt.date(2026, 6, 9)),  # the next one's day
    ],
)
def test_a_date_out_of_bounds_is_refused_with_the_days_that_would_do(db: Database, number: int, to: dt.date) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        with pytest.raises(InvalidInput, match="can be due from") as caught:
            move(session, plan.id, maya, number, to)
        assert days(plan) == ["03-09", "04-09", "05-09", "06-09"]
        first, last = caught.value.about
        move(session, plan.id, maya, number, last)
        assert first < plan.instalments[number - 1].due_on == last


def test_k7_what_is_late_may_be_moved_from_today_on(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        plan.instalments[0].asked_at = clock.now()
        clock.advance(days=17)
        with pytest.raises(InvalidInput, match="2026-03-19 to 2026-04-02"):
            move(session, plan.id, maya, 1, dt.date(2026, 3, 18))
        move(session, plan.id, maya, 1, dt.date(2026, 4, 2))
        assert plan.instalments[0].asked_at is None


def test_dates_are_moved_as_often_as_the_policy_says(db: Database) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        for day in (10, 11, 12):
            move(session, plan.id, maya, 1, dt.date(2026, 3, day))
        with pytest.raises(Conflict, match="as often"):
            move(session, plan.id, maya, 1, dt.date(2026, 3, 13))


def test_what_is_paid_stays_where_it_is(db: Database) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        pay(session, plan, 6000)
        with pytest.raises(Conflict, match="paid already"):
            move(session, plan.id, maya, 1, dt.date(2026, 3, 12))
        pause(session, plan.id, maya, 31)
        assert days(plan) == ["03-09", "05-09", "06-09", "07-09"]


@pytest.mark.parametrize(
    ("rhythm", "asked", "before", "after"),
    [
        (Rhythm(), 31, ["03-09", "04-09", "05-09"], ["04-09", "05-09", "06-09"]),
        (Rhythm(), 10, ["03-09", "04-09", "05-09"], ["04-09", "05-09", "06-09"]),
        (Rhythm(pay_day=31), 31, ["03-31", "04-30", "05-31"], ["04-30", "05-31", "06-30"]),
        (Rhythm(WEEKLY, 4), 10, ["03-13", "03-20", "03-27"], ["03-27", "04-03", "04-10"]),
        (Rhythm(WEEKLY, 4), 31, ["03-13", "03-20", "03-27"], ["04-10", "04-17", "04-24"]),
        (Rhythm(FORTNIGHTLY, 4), 10, ["03-13", "03-27", "04-10"], ["03-27", "04-10", "04-24"]),
    ],
)
def test_a_pause_stays_on_the_pay_day(
    db: Database, rhythm: Rhythm, asked: int, before: list[str], after: list[str]
) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session, months=3, rhythm=rhythm)
        assert days(plan)[:3] == before
        pause(session, plan.id, maya, asked)
        assert days(plan)[:3] == after
        event = session.scalars(sa.select(PlanEvent).where(PlanEvent.kind == PlanEventKind.PAUSED)).one()
    assert event.terms == plans.terms(plan)


def test_a_pause_of_what_is_late_counts_from_today(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session, months=3, rhythm=Rhythm(WEEKLY, 4))
        clock.advance(days=18)  # Friday, 20 March: the first is a week late
        pause(session, plan.id, maya, 7)
        assert days(plan)[:3] == ["03-27", "04-03", "04-10"]


def test_a_plan_is_paused_once(db: Database) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        pause(session, plan.id, maya, 31)
        with pytest.raises(Conflict, match="as often"):
            pause(session, plan.id, maya, 31)


@pytest.mark.parametrize("asked", [0, -1, 32])
def test_a_pause_out_of_bounds_is_refused(db: Database, asked: int) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        with pytest.raises(InvalidInput, match="31 days"):
            pause(session, plan.id, maya, asked)


def test_only_a_plan_in_force_of_ones_own_is_changed(db: Database) -> None:
    with db.transaction() as session:
        maya, plan = agreed(session)
        stranger = factories.customer(session)
        with pytest.raises(NotFound):
            move(session, plan.id, stranger, 1, dt.date(2026, 3, 10))
        plans.cancel(session, plan.id, maya)
        with pytest.raises(Conflict, match="not in force"):
            pause(session, plan.id, maya, 31)


@given(
    frequency=st.sampled_from(Frequency),
    months=st.integers(1, 12),
    day=st.integers(0, 31),
    number=st.integers(1, 12),
    by=st.integers(-14, 14),
    following=st.booleans(),
    asked=st.integers(1, 31),
)
def test_after_any_change_days_rise_and_sums_stay_s7(
    sqlite_db: Database, frequency: Frequency, months: int, day: int, number: int, by: int, following: bool, asked: int
) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, "600.00")
        rhythm = Rhythm(frequency, max(day, 1) if frequency == MONTHLY else day % 7)
        offer = plans.quote(session, customer, conversation_id=None, months=[months], rhythm=rhythm)[0]
        plan = plans.agree(session, offer.id, customer)
        sums = [part.amount for part in plan.instalments]
        assume(number <= len(sums))
        to = plan.instalments[number - 1].due_on + dt.timedelta(days=by)
        try:
            move(session, plan.id, customer, number, to, following=following)
        except InvalidInput as refused:
            first, last = refused.about
            assert not first <= to <= last
        else:
            assert plan.instalments[number - 1].due_on == to
        moved = [part.due_on for part in plan.instalments]
        try:
            pause(session, plan.id, customer, asked)
        except Conflict:
            return
        paused = [part.due_on for part in plan.instalments]
        assert [part.amount for part in plan.instalments] == sums
    for dates in (moved, paused):
        assert all(earlier < later for earlier, later in itertools.pairwise(dates))
    assert 0 < (paused[0] - moved[0]).days <= 31
    assert plan.pay_day is not None
    on_pay_day = [next_on(frequency, plan.pay_day, date) == date for date in moved]
    assert [next_on(frequency, plan.pay_day, date) == date for date in paused] == on_pay_day or frequency == MONTHLY
