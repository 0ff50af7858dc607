"""A plan's life by the ledger: paid early or above, completed, opened again, one in force whatever races (S5, S6)."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import ledger, mandates, plans
from bot.billing.plans import quotes
from bot.db import Database
from bot.errors import Conflict
from bot.models import Customer, MandateStatus, Plan, PlanEvent, PlanStatus, Posting
from bot.money import Money
from tests import factories
from tests.conftest import SetClock


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Today is Monday, 2 March 2026 in Chicago."""


def agreed(session: Session, customer: Customer, months: int = 4) -> Plan:
    offer = plans.quote(session, customer, conversation_id=None, months=[months])[0]
    return plans.agree(session, offer.id, customer)


def pay(session: Session, plan: Plan, place: int, minor: int, reference: str = "x") -> Posting:
    account = ledger.invoice_account(plan.invoices[place].invoice_id)
    amount = Money(minor, plan.currency)
    return ledger.post(session, source=account, destination=ledger.STRIPE, amount=amount, reference=reference)


def kinds(session: Session, plan: Plan) -> list[str]:
    query = sa.select(PlanEvent.kind).where(PlanEvent.plan_id == plan.id).order_by(PlanEvent.at, PlanEvent.id)
    return list(session.scalars(query))


def test_paying_early_and_above_moves_the_next_instalment_on(db: Database) -> None:
    with db.transaction() as session:
        plan = agreed(session, factories.maya(session))
        assert [missing for _, missing in plans.unpaid(session, plan)] == [5012, 5012, 5012, 5014]
        pay(session, plan, 0, 12000)
        progress = plans.progress(session, plan)
        assert (progress.paid.minor, progress.remaining.minor) == (12000, 8050)
        assert progress.next is plan.instalments[2]
        assert progress.next_amount.minor == 3036
        assert [missing for _, missing in plans.unpaid(session, plan)] == [3036, 5014]


def test_s6_a_completed_plan_whose_money_went_back_is_open_again_once(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = agreed(session, maya)
        first, second = pay(session, plan, 0, 12000), pay(session, plan, 1, 8050, "y")
        assert plans.reopen(session, maya) is None
        assert plans.complete(session, maya) is plan
        assert plans.reopen(session, maya) is None
        ledger.reverse(session, second, "back", Money(3000, "USD"))
        assert plans.reopen(session, maya) is plan
        assert plans.reopen(session, maya) is None
        assert plans.current(session, maya) is plan
        assert plans.progress(session, plan).remaining.minor == 3000
        pay(session, plan, 1, 3000, "z")
        assert plans.complete(session, maya) is plan
        ledger.reverse(session, first, "back too")
        assert plans.reopen(session, maya) is plan
        assert kinds(session, plan) == [
            "agreed", "active", "completed", "reopened", "completed", "reopened",
        ]  # fmt: skip


def test_s6_beside_another_plan_in_force_a_completed_one_stays_ended(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = agreed(session, maya)
        first, _ = pay(session, plan, 0, 12000), pay(session, plan, 1, 8050, "y")
        plans.complete(session, maya)
        factories.invoice(session, maya, "90.00")
        other = agreed(session, maya)
        ledger.reverse(session, first, "back")
        assert plans.reopen(session, maya) is None
        assert (plan.status, plans.current(session, maya)) == (PlanStatus.COMPLETED, other)


def test_a_cancelled_or_replaced_plan_is_not_opened_again(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = agreed(session, maya)
        paid = pay(session, plan, 0, 6000)
        rest = plans.agree(session, quotes.quote_rest(session, maya, conversation_id=None)[0].id, maya)
        plans.cancel(session, rest.id, maya)
        ledger.reverse(session, paid, "back")
        assert plans.reopen(session, maya) is None
        assert (plan.status, rest.status) == (PlanStatus.CANCELLED, PlanStatus.CANCELLED)


def test_k11_a_mandate_goes_on_with_the_plan_that_takes_over_and_ends_with_the_last(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = agreed(session, maya)
        mandate = mandates.consent(session, maya, plan, conversation_id=None, locale="en-US")
        rest = plans.agree(session, quotes.quote_rest(session, maya, conversation_id=None)[0].id, maya)
        assert (mandate.plan_id, mandate.status) == (rest.id, MandateStatus.PENDING)
        plans.cancel(session, rest.id, maya)
        assert mandate.status == MandateStatus.WITHDRAWN


def test_a_completed_plan_ends_its_mandate(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = agreed(session, maya)
        mandate = mandates.consent(session, maya, plan, conversation_id=None, locale="en-US")
        pay(session, plan, 0, 12000)
        pay(session, plan, 1, 8050, "y")
        plans.complete(session, maya)
        assert mandate.status == MandateStatus.WITHDRAWN


def test_twenty_agreements_at_once_bring_one_plan_in_place_of_the_former(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        former = agreed(session, maya)
        offers = [offer.id for offer in quotes.quote_rest(session, maya, conversation_id=None)]
    outcomes: Counter[str] = Counter()
    ready = threading.Barrier(20)

    def run(number: int) -> None:
        ready.wait()
        try:
            with db.transaction() as session:
                plans.agree(session, offers[number % 4], session.get_one(Customer, maya.id))
        except Conflict:
            outcomes["refused"] += 1
        else:
            outcomes["agreed"] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Five ask for each offer; the one that was first is the same plan for all who ask for it.
    assert outcomes == {"agreed": 5, "refused": 15}
    with db.transaction() as session:
        in_force = session.scalars(sa.select(Plan).where(Plan.status.in_(plans.IN_FORCE))).one()
        assert in_force.replaces_id == former.id
        assert kinds(session, in_force) == ["agreed", "active"]
        assert kinds(session, former) == ["agreed", "active", "replaced"]
