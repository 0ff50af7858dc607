"""Any order of quotes, agreements, payments, money that goes back, changes and days: S5 to S7 hold throughout.

Payments and what goes back of them take their real way: `payments.open_link`, `settle`, `reversals.converge`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from bot.billing import invoices, ledger, payments, plans
from bot.billing.gateway import Intent, Return, ReturnKind
from bot.billing.payments import reversals, settlement
from bot.billing.plans import extended_terms, plan_changes, quotes
from bot.billing.plans.counter_offers import Wish
from bot.billing.plans.early_settlement import quote_early
from bot.billing.plans.missed_instalments import look_into
from bot.billing.plans.offers import offers
from bot.billing.plans.progress import discount_reference
from bot.billing.plans.proposals import propose
from bot.billing.plans.schedules import Rhythm
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import Customer, Frequency, HoldKind, HoldStatus, Payment, Plan, PlanKind, PlanStatus, Posting
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

MONTHS = st.integers(1, 12)
SHARES = st.integers(1, 100)
AGREES = st.sampled_from((True, True, False))
REFUSED = (InvalidInput, Conflict, NotAllowed, NotFound)


@dataclass
class Paid:
    """Money that came in under `intent`, and what of it went back."""

    payment_id: uuid.UUID
    intent: str
    amount: Money
    gone: list[Return] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Minor units that may still go back."""
        return self.amount.minor - sum(back.amount.minor for back in self.gone)


class PlanMachine(RuleBasedStateMachine):
    """One customer's plans. What the policy refuses is refused by an error, and changes nothing."""

    def __init__(self, db: Database, clock: SetClock) -> None:
        super().__init__()
        self.db, self.clock = db, clock
        self.paid: list[Paid] = []
        self.numbers = itertools.count()

    @initialize(sums=st.lists(st.integers(500, 90000), min_size=1, max_size=3), early=st.booleans())
    def begin(self, sums: list[int], early: bool) -> None:
        """A plan is in force."""
        self.clock.set(dt.datetime(2026, 3, 2, 15, tzinfo=dt.UTC))
        with self.db.transaction() as session:
            self.customer_id = factories.customer(session).id
            for minor in sums:
                factories.invoice(session, self.customer(session), f"{Money(minor, 'USD').major}", late=40)
        if early:
            self.ask_for_a_discount(agree=True)
        else:
            self.quote(months=3, frequency=Frequency.MONTHLY, share=100, down=False, agree=True)

    def customer(self, session: Session) -> Customer:
        return session.get_one(Customer, self.customer_id)

    @rule(minor=st.integers(50, 50000), late=st.integers(-20, 60))
    def bill(self, minor: int, late: int) -> None:
        with self.db.transaction() as session:
            factories.invoice(session, self.customer(session), f"{Money(minor, 'USD').major}", late=late)

    @rule(months=MONTHS, frequency=st.sampled_from(Frequency), share=SHARES, down=st.booleans(), agree=AGREES)
    def quote(self, months: int, frequency: Frequency, share: int, down: bool, agree: bool) -> None:
        with self.refusable() as session:
            customer = self.customer(session)
            total = self.part_of(invoices.standing(session, customer).payable_overdue, share)
            (offer,) = plans.quote(
                session,
                customer,
                conversation_id=None,
                months=[months],
                total=total,
                rhythm=Rhythm(frequency),
                down=self.part_of(total, 20) if down else None,
            )
            if agree:
                plans.agree(session, offer.id, customer)

    @rule(months=MONTHS, agree=AGREES)
    def quote_rest(self, months: int, agree: bool) -> None:
        with self.refusable() as session:
            customer = self.customer(session)
            (offer,) = quotes.quote_rest(session, customer, conversation_id=None, months=[months])
            if agree:
                plans.agree(session, offer.id, customer)

    @rule(agree=AGREES)
    def ask_for_a_discount(self, agree: bool) -> None:
        with self.refusable() as session:
            offer = quote_early(session, self.customer(session), conversation_id=None)
            if agree:
                plans.agree(session, offer.id, self.customer(session))

    @rule(months=st.integers(13, 24))
    def ask_for_longer_terms(self, months: int) -> None:
        with self.refusable() as session:
            offer = extended_terms.quote_extended(session, self.customer(session), conversation_id=None, months=months)
            extended_terms.approve(session, offer.id, factories.agent(session))

    @rule(each=st.integers(10, 90000), frequency=st.sampled_from(Frequency))
    def propose(self, each: int, frequency: Frequency) -> None:
        with self.refusable() as session:
            wish = Wish(each=Money(each, "USD"), frequency=frequency)
            propose(session, self.customer(session), wish, conversation_id=None)

    @rule(place=st.integers(0, 30))
    def agree(self, place: int) -> None:
        with self.refusable() as session:
            customer = self.customer(session)
            made = offers(session, customer)
            if made:
                plans.agree(session, made[place % len(made)].id, customer)

    @rule(share=st.sampled_from((100, 100, 50)), next_only=st.booleans(), back=st.sampled_from((0, 3, 50, 100)))
    def pay_towards_the_plan(self, share: int, next_only: bool, back: int) -> None:
        before = len(self.paid)
        with self.refusable() as session:
            customer = self.customer(session)
            plan = plans.current(session, customer)
            if plan is not None:
                progress = plans.progress(session, plan)
                amount = self.part_of(progress.next_amount if next_only else progress.remaining, share)
                self.settle(session, payments.open_link(session, customer, amount, conversation_id=None))
        if back and len(self.paid) > before:
            self.money_goes_back(place=before, share=back, kind=ReturnKind.REFUND)

    @rule(share=SHARES)
    def pay_any_amount(self, share: int) -> None:
        with self.refusable() as session:
            customer = self.customer(session)
            amount = self.part_of(invoices.standing(session, customer).total, share)
            self.settle(session, payments.open_link(session, customer, amount, conversation_id=None))

    @precondition(lambda self: self.paid)
    @rule(place=st.integers(0, 20))
    def pay_a_link_again(self, place: int) -> None:
        with self.db.transaction() as session:
            self.settle(session, session.get_one(Payment, self.paid[place % len(self.paid)].payment_id))

    @precondition(lambda self: self.paid)
    @rule(place=st.integers(0, 20), share=SHARES, kind=st.sampled_from(ReturnKind))
    def money_goes_back(self, place: int, share: int, kind: ReturnKind) -> None:
        money = self.paid[place % len(self.paid)]
        amount = self.part_of(Money(money.left, "USD"), share)
        if amount:
            id_ = f"re_{self.customer_id}_{next(self.numbers)}"
            money.gone.append(Return(id_, kind, amount, True, "succeeded", self.clock.now()))
            self.converge(money)

    @precondition(lambda self: any(money.gone for money in self.paid))
    @rule(place=st.integers(0, 20))
    def money_comes_again(self, place: int) -> None:
        gone = [money for money in self.paid if money.gone]
        money = gone[place % len(gone)]
        back = money.gone.pop()
        undone = Return(back.id, back.kind, back.amount, False, "failed", back.created_at)
        self.converge(money, undone)

    @rule(number=st.integers(0, 12), by=st.integers(-20, 20), following=st.booleans())
    def move(self, number: int, by: int, following: bool) -> None:
        with self.refusable() as session:
            customer = self.customer(session)
            plan = plans.current(session, customer)
            part = next((part for part in plan.instalments if part.number == number), None) if plan else None
            if plan and part:
                to = part.due_on + dt.timedelta(days=by)
                plan_changes.move(session, plan.id, customer, number, to, following=following)

    @rule(days=st.integers(1, 31))
    def pause(self, days: int) -> None:
        with self.refusable() as session:
            customer = self.customer(session)
            if plan := plans.current(session, customer):
                plan_changes.pause(session, plan.id, customer, days)

    @rule()
    def cancel(self) -> None:
        with self.refusable() as session:
            customer = self.customer(session)
            if plan := plans.current(session, customer):
                plans.cancel(session, plan.id, customer)

    @rule(place=st.integers(0, 5), kind=st.sampled_from((HoldKind.DISPUTE, HoldKind.HARDSHIP)), lift=st.booleans())
    def hold(self, place: int, kind: HoldKind, lift: bool) -> None:
        with self.db.transaction() as session:
            items = invoices.standing(session, self.customer(session)).items
            if items and kind == HoldKind.DISPUTE:
                held = factories.hold(session, items[place % len(items)].invoice)
            else:
                held = factories.hold_customer(session, self.customer(session), HoldKind.HARDSHIP)
            if lift:
                held.status, held.lifted_at = HoldStatus.LIFTED, self.clock.now()

    @rule(days=st.integers(1, 40))
    def days_go_by(self, days: int) -> None:
        self.clock.advance(days=days)
        with self.db.transaction() as session:
            customer = self.customer(session)
            if plan := plans.current(session, customer):
                look_into(session, plan.id, customer, may_ask=True)

    @invariant()
    def the_books_agree(self) -> None:
        with self.db.reading() as session:
            customer = self.customer(session)
            ledger.trial_balance(session)
            standing = invoices.standing(session, customer)
            assert standing.credit.minor >= 0
            mine = session.scalars(sa.select(Plan).where(Plan.customer_id == self.customer_id)).all()
            assert sum(plan.status in plans.IN_FORCE for plan in mine) <= 1
            for plan in mine:
                self.check(session, plan)

    def check(self, session: Session, plan: Plan) -> None:
        """What holds of every plan, whatever happened to it."""
        dates = [part.due_on for part in plan.instalments]
        assert all(earlier < later for earlier, later in itertools.pairwise(dates))
        assert sum(part.amount for part in plan.instalments) == plan.total
        assert sum(part.amount for part in plan.invoices) == plan.total + plan.discount
        assert (plan.discount > 0) is (plan.kind == PlanKind.EARLY)
        progress = plans.progress(session, plan)
        missing = [missing for _, missing in plans.unpaid(session, plan)]
        assert progress.paid + progress.remaining == Money(plan.total, plan.currency)
        assert 0 <= progress.remaining.minor == sum(missing)
        assert (progress.next is None) is not bool(progress.remaining)
        if plan.status in plans.IN_FORCE:
            assert progress.remaining
        # A discount is there for as long as the plan is completed and paid (K16).
        whole = plan.status == PlanStatus.COMPLETED and not progress.remaining
        assert self.discount(session, plan) == (plan.discount if whole else 0)
        if plan.discount and whole:
            assert sum(self.by_money(session, plan)) >= plan.total

    def by_money(self, session: Session, plan: Plan) -> Iterator[int]:
        """What of each share of `plan` is gone without its own discount, reckoned from the postings alone."""
        for part in plan.invoices:
            account = ledger.invoice_account(part.invoice_id)
            touching = sa.select(Posting).where(sa.or_(Posting.source == account, Posting.destination == account))
            owed = sum(
                posting.amount if posting.destination == account else -posting.amount
                for posting in session.scalars(touching)
                if not posting.reference.startswith(discount_reference(plan))
            )
            yield min(max(part.amount + part.beside - owed, 0), part.amount)

    def discount(self, session: Session, plan: Plan) -> int:
        """What is let off by the ledger: all of it is in postings that the plan's name begins."""
        postings = session.scalars(sa.select(Posting).where(Posting.reference.startswith(discount_reference(plan))))
        return sum(
            posting.amount if posting.destination == ledger.DISCOUNTS else -posting.amount for posting in postings
        )

    def settle(self, session: Session, payment: Payment) -> None:
        checkout = factories.checkout(payment, id=f"cs_{self.customer_id}_{next(self.numbers)}")
        settlement.settle(session, payment.id, checkout)
        assert checkout.payment_intent is not None
        self.paid.append(Paid(payment.id, checkout.payment_intent, checkout.amount))

    def converge(self, money: Paid, *undone: Return) -> None:
        for _ in range(2):  # told twice
            with self.db.transaction() as session:
                intent = Intent(
                    money.intent,
                    "succeeded",
                    money.amount,
                    str(money.payment_id),
                    self.clock.now(),
                    returns=(*money.gone, *undone),
                )
                reversals.converge(session, money.payment_id, intent)

    def refusable(self) -> Refusable:
        return Refusable(self.db)

    @staticmethod
    def part_of(amount: Money, share: int) -> Money:
        return Money(amount.minor * share // 100, amount.currency)


class Refusable:
    """A transaction that a refusal undoes, as it does for whoever asks."""

    def __init__(self, db: Database) -> None:
        self.transaction = db.transaction()

    def __enter__(self) -> Session:
        return self.transaction.__enter__()

    def __exit__(self, *error: object) -> bool:
        refused = isinstance(error[1], REFUSED)
        try:
            self.transaction.__exit__(*error)  # type: ignore[arg-type]
        except REFUSED:
            return True
        return refused


@pytest.mark.parametrize(("kind", "examples", "steps"), [("sqlite_db", 30, 20), ("postgres_db", 6, 15)])
def test_s5_s6_s7_plans_hold_whatever_happens_in_whatever_order(
    request: pytest.FixtureRequest, clock: SetClock, kind: str, examples: int, steps: int
) -> None:
    db: Database = request.getfixturevalue(kind)
    few = settings(max_examples=examples, stateful_step_count=steps)
    run_state_machine_as_test(lambda: PlanMachine(db, clock), settings=few)
