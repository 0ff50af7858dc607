"""Quotes: exact sums on the customer's days, over what may be spread out."""

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
from bot.billing.plans import quotes
from bot.billing.plans.schedules import Rhythm, months_later
from bot.billing.stripe.stripe_amounts import check_amount
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import Customer, Frequency, Invoice, Plan, PlanEvent, PlanEventKind, PlanStatus
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

USD = "USD"
TODAY = dt.date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Today is Monday, 2 March 2026 in Chicago."""


def quote(session: Session, customer: Customer, **given: Any) -> list[Plan]:
    return plans.quote(session, customer, **({"conversation_id": None} | given))


def pay(session: Session, invoice: Invoice, minor: int, reference: str = "x") -> None:
    account = ledger.invoice_account(invoice.id)
    amount = Money(minor, invoice.currency)
    ledger.post(session, source=account, destination=ledger.STRIPE, amount=amount, reference=reference)


def amounts(plan: Plan) -> list[int]:
    return [part.amount for part in plan.instalments]


@given(
    minor=st.integers(1, 10**7),
    currency=st.sampled_from(["USD", "JPY", "KWD", "BRL", "ISK"]),
    frequency=st.sampled_from(Frequency),
    months=st.integers(1, 12),
    share=st.integers(0, 99),
)
def test_s7_instalments_sum_to_the_total_each_can_be_charged_and_days_rise_within_the_length(
    sqlite_db: Database, minor: int, currency: str, frequency: Frequency, months: int, share: int
) -> None:
    down = Money(minor * share // 100, currency) if share else None
    assume(down is None or down.minor)
    with sqlite_db.transaction() as session:
        customer = factories.customer(session, currency=currency)
        factories.invoice(session, customer, f"{Money(minor, currency).major}")
        try:
            (offer,) = quote(session, customer, months=[months], rhythm=Rhythm(frequency), down=down)
        except InvalidInput:
            return
    covered = sum(part.amount for part in offer.invoices)
    assert sum(amounts(offer)) == offer.total == covered
    # Only what no card can pay is left out: fils by which a sum in dinars differs from tens.
    assert covered == (minor - minor % 10 if currency == "KWD" else minor)
    assert sum(part.amount + part.beside for part in offer.invoices) == minor
    for part in offer.instalments:
        check_amount(Money(part.amount, currency))
    dates = [part.due_on for part in offer.instalments]
    assert all(earlier < later for earlier, later in itertools.pairwise(dates))
    rest = offer.instalments
    if down:
        assert (rest[0].number, rest[0].due_on, rest[0].amount) == (0, TODAY, down.minor)
        rest = rest[1:]
    assert [part.number for part in rest] == list(range(1, len(rest) + 1))
    assert rest[-1].due_on < months_later(rest[0].due_on, months)
    assert len({part.amount for part in rest[:-1]}) <= 1
    assert rest[-1].amount >= rest[0].amount


def test_k4_lengths_are_offered_in_weeks_and_fortnights_too(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        weekly = quote(session, maya, rhythm=Rhythm(Frequency.WEEKLY, 4))
        fortnightly = quote(session, maya, rhythm=Rhythm(Frequency.FORTNIGHTLY, 4))
    assert [len(offer.instalments) for offer in weekly] == [13, 17, 21, 26]
    assert [len(offer.instalments) for offer in fortnightly] == [6, 8, 10, 13]
    assert {part.due_on.weekday() for offer in (*weekly, *fortnightly) for part in offer.instalments} == {4}
    assert {(offer.frequency, offer.pay_day) for offer in weekly} == {(Frequency.WEEKLY, 4)}


def test_a_part_paid_now_is_instalment_number_0_due_today(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        offer = quote(session, maya, months=[3], down=Money(5000, USD))[0]
        assert [(part.number, part.amount) for part in offer.instalments] == [
            (0, 5000),
            (1, 5016),
            (2, 5016),
            (3, 5018),
        ]
        assert offer.instalments[0].due_on == TODAY
        assert plans.terms(offer)["down_payment"] == 5000
        assert offer.total == 20050


@pytest.mark.parametrize(
    "given",
    [
        {"down": Money(20050, USD)},
        {"down": Money(30000, USD)},
        {"down": Money(0, USD)},
        {"down": Money(49, USD)},
        {"down": Money(5000, USD), "rhythm": Rhythm(first=TODAY)},
        {"rhythm": Rhythm(first=TODAY - dt.timedelta(days=1))},
        {"rhythm": Rhythm(first=TODAY + dt.timedelta(days=31))},
    ],
)
def test_a_down_payment_or_a_first_day_out_of_bounds_is_refused(db: Database, given: dict[str, Any]) -> None:
    with db.transaction() as session, pytest.raises(InvalidInput):
        quote(session, factories.maya(session), **given)


def test_c9_a_disputed_invoice_or_one_not_due_yet_is_in_a_plan_only_if_it_is_named(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        disputed = factories.invoice(session, customer, "100.00", late=60, disputed=True)
        late = factories.invoice(session, customer, "90.00", late=40)
        ahead = factories.invoice(session, customer, "70.00", late=-10)
        assert [part.invoice_id for part in quote(session, customer)[0].invoices] == [late.id]
        named = quote(session, customer, invoice_ids=[ahead.id, disputed.id])[0]
        assert [(part.invoice_id, part.amount, part.named) for part in named.invoices] == [
            (disputed.id, 10000, True),
            (ahead.id, 7000, True),
        ]
        assert plans.agree(session, named.id, customer).status == PlanStatus.ACTIVE


def test_an_invoice_that_is_not_theirs_cannot_be_named(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        other = factories.invoice(session, factories.customer(session))
        with pytest.raises(NotFound):
            quote(session, maya, invoice_ids=[other.id])


def test_what_is_paid_on_a_partly_covered_invoice_counts_for_the_plan_first(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        invoice = factories.invoice(session, customer, "120.00")
        offer = quote(session, customer, months=[4], total=Money(10000, USD))[0]
        assert [(part.amount, part.beside) for part in offer.invoices] == [(10000, 2000)]
        plan = plans.agree(session, offer.id, customer)
        assert not plans.progress(session, plan).paid
        pay(session, invoice, 2500)
        assert plans.progress(session, plan).paid.minor == 2500
        pay(session, invoice, 7500, "y")
        assert plans.complete(session, customer) is plan


def test_an_offer_due_today_ends_with_the_customers_day(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        offer = quote(session, maya, months=[3], rhythm=Rhythm(first=TODAY))[0]
        assert offer.expires_at == dt.datetime(2026, 3, 3, 6, tzinfo=dt.UTC)  # midnight in Chicago
        clock.advance(hours=15)
        with pytest.raises(Conflict, match="has ended"):
            plans.agree(session, offer.id, maya)


def test_the_same_sum_on_other_days_or_other_invoices_is_another_offer(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        first = quote(session, maya, months=[3])[0]
        others = [
            quote(session, maya, months=[3], rhythm=Rhythm(pay_day=15))[0],
            quote(session, maya, months=[3], total=Money(20049, USD))[0],
            quote(session, maya, months=[3], rhythm=Rhythm(Frequency.WEEKLY))[0],
        ]
        assert quote(session, maya, months=[3], rhythm=Rhythm(pay_day=9))[0].id == first.id
        assert len({first.id, *(other.id for other in others)}) == 4


def test_the_rest_of_a_plan_is_quoted_in_its_rhythm_and_takes_its_place(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        offer = quote(session, maya, months=[4], rhythm=Rhythm(pay_day=15))[0]
        plan = plans.agree(session, offer.id, maya)
        pay(session, session.get_one(Invoice, plan.invoices[0].invoice_id), 6000)
        rest = quotes.quote_rest(session, maya, conversation_id=None, months=[6])[0]
        assert (rest.total, len(rest.instalments), rest.replaces_id) == (14050, 6, plan.id)
        assert [part.due_on.day for part in rest.instalments] == [15] * 6
        assert [part.amount for part in rest.invoices] == [6000, 8050]
        assert plans.agree(session, rest.id, maya) is plans.current(session, maya)
        assert plan.status == PlanStatus.CANCELLED
        assert plans.progress(session, rest).remaining.minor == 14050
        replaced = session.scalars(sa.select(PlanEvent).where(PlanEvent.kind == PlanEventKind.REPLACED)).one()
        assert (replaced.plan_id, replaced.terms) == (plan.id, {"by": str(rest.id)})


def test_a_rest_that_was_paid_since_is_not_agreed_c11(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, quote(session, maya)[0].id, maya)
        rest = quotes.quote_rest(session, maya, conversation_id=None)[0]
        pay(session, session.get_one(Invoice, plan.invoices[0].invoice_id), 100)
        with pytest.raises(Conflict, match="has changed"):
            plans.agree(session, rest.id, maya)
        assert plans.current(session, maya) is plan


def test_a_rest_cannot_be_agreed_once_its_plan_has_ended(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, quote(session, maya)[0].id, maya)
        rest = quotes.quote_rest(session, maya, conversation_id=None)[0]
        plans.cancel(session, plan.id, maya)
        with pytest.raises(Conflict, match="has ended"):
            plans.agree(session, rest.id, maya)


def test_c9_the_rest_leaves_out_what_came_into_dispute(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        first, second = (factories.invoice(session, customer, "90.00", late=days) for days in (40, 20))
        plans.agree(session, quote(session, customer)[0].id, customer)
        factories.hold(session, first)
        rest = quotes.quote_rest(session, customer, conversation_id=None)[0]
        assert [part.invoice_id for part in rest.invoices] == [second.id]
        factories.hold(session, second)
        with pytest.raises(InvalidInput):
            quotes.quote_rest(session, customer, conversation_id=None)


def test_without_a_plan_there_is_no_rest(db: Database) -> None:
    with db.transaction() as session, pytest.raises(NotFound):
        quotes.quote_rest(session, factories.maya(session), conversation_id=None)
