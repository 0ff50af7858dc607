"""Early settlement: a discount on request, within policy, posted when its price is paid and not before (K16, C9)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot import policies
from bot.billing import invoices, ledger, payments, plans
from bot.billing.payments import checkouts
from bot.billing.plans import plan_changes
from bot.billing.plans.early_settlement import quote_early
from bot.db import Database
from bot.errors import Conflict, InvalidInput
from bot.models import Customer, Plan, PlanKind, PlanStatus
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

USD = "USD"


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Today is Monday, 2 March 2026 in Chicago."""


def early(session: Session, customer: Customer) -> Plan:
    return quote_early(session, customer, conversation_id=None)


def pay(session: Session, plan: Plan, minor: int, *, reference: str = "x") -> None:
    """Pay `minor` on the plan's invoices in their order, what is above as credit."""
    for position, part in enumerate(plan.invoices):
        account = ledger.invoice_account(part.invoice_id)
        amount = min(minor, ledger.balance(session, account, plan.currency).minor)
        take(session, account, Money(amount, plan.currency), f"{reference}:{plan.id}:{position}")
        minor -= amount
    take(session, ledger.credit_account(plan.customer_id), Money(minor, plan.currency), f"{reference}:{plan.id}:credit")


def take(session: Session, account: str, amount: Money, reference: str) -> None:
    if amount:
        ledger.post(session, source=account, destination=ledger.STRIPE, amount=amount, reference=reference)


def discounts(session: Session, currency: str = USD) -> int:
    return ledger.balance(session, ledger.DISCOUNTS, currency).minor


def test_k16_one_payment_with_the_policys_discount_settles_all_that_is_overdue(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        offer = early(session, maya)
        assert (offer.kind, offer.total, offer.discount) == (PlanKind.EARLY, 18045, 2005)
        assert [(str(part.due_on), part.amount) for part in offer.instalments] == [("2026-03-16", 18045)]
        assert [part.amount for part in offer.invoices] == [12000, 8050]
        assert early(session, maya).id == offer.id
        plan = plans.agree(session, offer.id, maya)
        assert plans.terms(plan)["discount"] == 2005
        pay(session, plan, 18044)
        assert plans.complete(session, maya) is None
        assert discounts(session) == 0
        pay(session, plan, 1, reference="y")
        assert plans.progress(session, plan).remaining == Money(0, USD)
        assert plans.complete(session, maya) is plan
        assert discounts(session) == 2005
        assert not invoices.standing(session, maya).overdue
        assert plans.complete(session, maya) is None
        ledger.trial_balance(session)


def test_what_is_paid_above_the_price_leaves_the_rest_of_the_discount_as_credit_c11(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, early(session, maya).id, maya)
        pay(session, plan, 19000)
        plans.complete(session, maya)
        standing = invoices.standing(session, maya)
        assert (standing.overdue.minor, standing.credit.minor, discounts(session)) == (0, 955, 2005)


def test_s6_a_payment_that_goes_back_takes_the_discount_with_it_and_the_plan_is_open_again(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, early(session, maya).id, maya)
        pay(session, plan, 18045)
        plans.complete(session, maya)
        paid = ledger.find(session, f"x:{plan.id}:0")
        assert paid is not None
        ledger.reverse(session, paid, "back", Money(2000, USD))
        for _ in range(2):
            plans.reopen(session, maya)
            assert (plan.status, discounts(session)) == (PlanStatus.ACTIVE, 0)
            assert plans.progress(session, plan).remaining.minor == 2000
            assert invoices.standing(session, maya).overdue.minor == 2000 + 2005
        pay(session, plan, 2000, reference="z")
        assert plans.complete(session, maya) is plan
        assert discounts(session) == 2005
        assert not invoices.standing(session, maya).overdue


def test_s6_a_discount_kept_as_credit_is_undone_too(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, early(session, maya).id, maya)
        pay(session, plan, 19000)
        plans.complete(session, maya)
        paid = ledger.find(session, f"x:{plan.id}:0")
        assert paid is not None
        ledger.reverse(session, paid, "back")
        plans.reopen(session, maya)
        standing = invoices.standing(session, maya)
        assert (standing.overdue.minor, standing.credit.minor, discounts(session)) == (12000 + 1050, 0, 0)


@given(
    minor=st.integers(1000, 10**7),
    other=st.integers(1000, 10**7),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    above=st.integers(0, 3000),
)
def test_s7_paid_at_its_price_every_invoice_ends_at_zero_and_the_discount_is_within_a_unit(
    sqlite_db: Database, minor: int, other: int, currency: str, above: int
) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session, currency=currency)
        for amount in (minor - minor % 10, other - other % 10):
            factories.invoice(session, customer, f"{Money(amount, currency).major}", late=40)
        before = discounts(session, currency)
        plan = plans.agree(session, early(session, customer).id, customer)
        owed = plan.total + plan.discount
        unit = 10 if currency == "KWD" else 1
        assert 0 <= plan.discount - Decimal(owed) * policies.plans().early_settlement.percent / 100 < unit
        pay(session, plan, plan.total + above)
        assert plans.complete(session, customer) is plan
        standing = invoices.standing(session, customer)
        assert (standing.total.minor, standing.credit.minor) == (0, above)
        assert discounts(session, currency) == before + plan.discount
        ledger.trial_balance(session)


def test_c9_nothing_disputed_is_let_off(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        disputed = factories.invoice(session, customer, late=60, disputed=True)
        other = factories.invoice(session, customer, "50.00", late=40)
        assert [part.invoice_id for part in early(session, customer).invoices] == [other.id]
        with pytest.raises(InvalidInput, match="looked at first"):
            quote_early(session, customer, conversation_id=None, invoice_ids=[disputed.id, other.id])


def test_there_is_no_discount_before_the_policys_days_nor_on_a_sum_too_small(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, late=29)
        with pytest.raises(InvalidInput, match="no discount"):
            early(session, customer)
        small = factories.customer(session)
        factories.invoice(session, small, "0.52", late=40)
        with pytest.raises(InvalidInput, match="too little"):
            early(session, small)


def test_the_operator_may_have_no_discount_at_all(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = policies.plans()
    none = ours.early_settlement.model_copy(update={"percent": Decimal(0)})
    without = ours.model_copy(update={"early_settlement": none})
    monkeypatch.setattr(policies, "plans", lambda: without)
    with sqlite_db.transaction() as session, pytest.raises(InvalidInput, match="no discount"):
        early(session, factories.maya(session))


def test_the_rest_of_a_plan_may_be_settled_early_and_the_discount_ends_with_a_new_one(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, plans.quote(session, maya, conversation_id=None)[0].id, maya)
        pay(session, plan, 10050)
        offer = early(session, maya)
        assert (offer.total, offer.discount, offer.replaces_id) == (9000, 1000, plan.id)
        settled = plans.agree(session, offer.id, maya)
        assert plan.status == PlanStatus.CANCELLED
        plans.cancel(session, settled.id, maya)
        assert discounts(session) == 0
        assert plans.quote(session, maya, conversation_id=None)[0].total == 10000


def test_k16_a_discount_goes_with_its_day_which_is_neither_moved_nor_put_off(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, early(session, maya).id, maya)
        with pytest.raises(Conflict, match="goes with its day"):
            plan_changes.move(session, plan.id, maya, 1, dt.date(2026, 3, 20))
        with pytest.raises(Conflict, match="goes with its day"):
            plan_changes.pause(session, plan.id, maya, 14)


@pytest.mark.parametrize(("days", "left"), [(14, 0), (15, 2005)])
def test_k16_what_is_paid_after_the_day_is_an_ordinary_payment(
    db: Database, clock: SetClock, days: int, left: int
) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, early(session, maya).id, maya)
        clock.advance(days=days)
        link = payments.open_link(session, maya, Money(18045, USD), conversation_id=None)
        payments.settle(session, link.id, factories.checkout(link))
        owed = sum(
            ledger.balance(session, ledger.invoice_account(part.invoice_id), USD).minor for part in plan.invoices
        )
        assert (owed, discounts(session)) == (left, 2005 - left)
        assert plan.status == (PlanStatus.CANCELLED if left else PlanStatus.COMPLETED)


def test_c11_a_page_opened_on_the_day_and_confirmed_by_the_bank_later_keeps_the_discount(
    db: Database, clock: SetClock
) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, early(session, maya).id, maya)
        clock.advance(days=14)
        link = payments.open_link(session, maya, Money(18045, USD), conversation_id=None)
        begun = checkouts.begin(session, link.token)
        page = factories.checkout(link, status="open", payment_status="unpaid", payment_intent=None)
        checkouts.record(session, link.id, dataclasses.replace(page, expires_at=begun.request.expires_at))
        clock.advance(days=5)
        payments.settle(session, link.id, factories.checkout(link))
        assert (plan.status, discounts(session)) == (PlanStatus.COMPLETED, 2005)
