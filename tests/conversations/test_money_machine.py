"""Any order of links, payments, delays, refunds, disputes, corrections and clock moves, with webhooks lost, repeated,
late and shuffled: the books are always right, and once all was heard they say what Stripe says (S1, S5, S6, S7)."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

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

from bot import clock as bot_clock
from bot.billing import adjustments, credits, invoices, ledger, payments, plans
from bot.billing.gateway import Return, ReturnKind
from bot.billing.payments import checkouts
from bot.billing.stripe import read_event
from bot.conversations import books, missed_events, stripe_events, stripe_sweep
from bot.db import Database
from bot.errors import Conflict, InvalidInput
from bot.models import (
    Adjustment,
    AdjustmentKind,
    AdjustmentStatus,
    Agent,
    Customer,
    Invoice,
    Mismatch,
    MismatchStatus,
    Payment,
    Plan,
    PlanStatus,
    Posting,
    Role,
)
from bot.money import Money
from tests import factories
from tests.billing.fake_gateway import FakeGateway
from tests.conftest import SetClock
from tests.database import PostgresTemplate, SqliteTemplate

SECRET = "whsec_only_for_tests"
PICK = st.integers(0, 1_000)
WHY = "As agreed on the phone"


class End(StrEnum):
    """What may happen to the whole account in the end, one after another: states that steps alone seldom reach."""

    GOES = "what is left of every payment goes back"
    COMES = "what went back comes again, if it can"
    PAID = "all that is owed is paid"
    GIVEN_UP = "all that is owed is written off"
    USED = "credit pays as much as it can"


class Moneys(RuleBasedStateMachine):
    """Maya, her three invoices, and everybody who moves money on her account."""

    template: SqliteTemplate | PostgresTemplate

    def __init__(self) -> None:
        super().__init__()
        self.exits = ExitStack()
        self.clock = SetClock()
        bot_clock.use(self.clock.now)
        self.exits.callback(bot_clock.use, None)
        self.db = Database(self.exits.enter_context(self._fresh()))
        self.exits.callback(self.db.dispose)
        self.stripe = FakeGateway()
        self.ends: list[End] = []
        with self.db.transaction() as session:
            maya = factories.maya(session)
            self.customer_id = maya.id
            self.conversation_id = factories.conversation(session, customer_id=maya.id).id
            self.agent_ids = [factories.agent(session, role=Role.SUPERVISOR).id for _ in range(2)]

    def _fresh(self) -> Any:
        if isinstance(self.template, PostgresTemplate):
            return self.template.emptied()
        return self.template.fresh(Path(self.exits.enter_context(tempfile.TemporaryDirectory())))

    @initialize(
        minors=st.lists(st.integers(50, 27_000), min_size=1, max_size=3),
        twice=st.booleans(),
        ends=st.lists(st.sampled_from(End), min_size=2, max_size=7),
    )
    def pages_are_paid(self, minors: list[int], twice: bool, ends: list[End]) -> None:
        """So that there is something to lose: the first link perhaps in two windows, the others one after another."""
        self.ends = ends
        for minor in minors:
            self.a_link_is_opened(minor, click=True)
            for page in self.open_pages():
                self.stripe.pay(page)
            if twice:
                self._click(0, dies=False)

    @rule(hours=st.sampled_from([1, 20, 24 * 5]))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    @rule(minor=st.integers(50, 27_000), click=st.booleans())
    def a_link_is_opened(self, minor: int, click: bool) -> None:
        with suppress(InvalidInput):
            with self.db.transaction() as session:
                payments.open_link(session, self.customer(session), usd(minor), conversation_id=self.conversation_id)
            if click:
                self._click(0, dies=False)

    @precondition(lambda self: self.one_of(0, sa.select(Payment.token)))
    @rule(pick=PICK)
    def a_link_is_clicked(self, pick: int) -> None:
        self._click(pick, dies=pick % 5 == 0)

    def _click(self, pick: int, *, dies: bool) -> None:
        token = self.one_of(pick, sa.select(Payment.token).order_by(Payment.created_at.desc(), Payment.id.desc()))
        with suppress(Conflict):
            if token is not None:
                with self.db.transaction() as session:
                    begun = checkouts.begin(session, token)
                made = self.stripe.create_checkout(begun.request, begun.idempotency_key)
                if not dies:  # between Stripe's answer and ours
                    with self.db.transaction() as session:
                        checkouts.record(session, begun.payment_id, made)

    @precondition(lambda self: self.open_pages())
    @rule(pick=PICK, delayed=st.sampled_from([False, False, True]), heard=st.booleans())
    def a_page_is_paid(self, pick: int, delayed: bool, heard: bool) -> None:
        page = pick_of(pick, self.open_pages())
        (self.stripe.delay if delayed else self.stripe.pay)(page)
        self._hear(page, heard)

    @precondition(lambda self: self.waiting_pages())
    @rule(pick=PICK, succeeds=st.booleans())
    def the_bank_answers(self, pick: int, succeeds: bool) -> None:
        self.stripe.answer(pick_of(pick, self.waiting_pages()), succeeds=succeeds)

    @precondition(lambda self: self.paid_pages())
    @rule(pick=PICK, share=st.sampled_from([1, 2, 3]), heard=st.booleans())
    def money_goes_back(self, pick: int, share: int, heard: bool) -> None:
        page = pick_of(pick, self.paid_pages())
        left = self.kept(page)
        amount = usd(max(left // share, 1))
        if left and pick % 2:
            self.stripe.give_back(page, amount)
        elif left:
            self.stripe.dispute(page, amount, inquiry=share == 3)
        self._hear(page, heard)

    @precondition(lambda self: self.all_returns())
    @rule(pick=PICK, won=st.sampled_from([True, True, False]), heard=st.booleans())
    def what_went_back_is_decided(self, pick: int, won: bool, heard: bool) -> None:
        page, back = pick_of(pick, self.all_returns())
        self._decide(back, won=won)
        self._hear(page, heard)

    def _decide(self, back: Return, *, won: bool) -> None:
        if back.kind == ReturnKind.REFUND and back.withdrawn and won:
            self.stripe.fail_refund(back.id)
        elif back.kind == ReturnKind.CHARGEBACK and back.status in ("needs_response", "warning_needs_response"):
            (self.stripe.win if won else self.stripe.lose)(back.id)

    def _hear(self, page: str, heard: bool) -> None:
        if heard:
            stripe_events.follow_up(self.db, self.stripe, page)

    @precondition(lambda self: self.stripe.webhooks(SECRET))
    @rule(pick=PICK, times=st.integers(1, 3))
    def a_webhook_comes(self, pick: int, times: int) -> None:
        """Any of them, in any order, more than once; those that are never picked are lost."""
        hook = pick_of(pick, self.stripe.webhooks(SECRET))
        for _ in range(times):
            event = read_event(*hook, secret=SECRET)
            with self.db.transaction() as session:
                row = stripe_events.take_in(session, event, hook[0])
            if row is not None and pick % 4:  # else the process dies before it acts
                stripe_events.process(self.db, self.stripe, row)

    @rule(pick=PICK, months=st.sampled_from([1, 3, 6]))
    def a_plan_is_agreed(self, pick: int, months: int) -> None:
        with suppress(InvalidInput, Conflict), self.db.transaction() as session:
            customer = self.customer(session)
            offers = plans.quote(session, customer, conversation_id=self.conversation_id, months=[months])
            plans.agree(session, offers[0].id, customer)

    @rule()
    def the_plan_is_cancelled(self) -> None:
        with self.db.transaction() as session:
            customer = self.customer(session)
            plan = plans.current(session, customer)
            if plan is not None:
                plans.cancel(session, plan.id, customer)

    @rule(pick=PICK, kind=st.sampled_from(AdjustmentKind), share=st.sampled_from([1, 1, 2, 3]))
    def an_agent_adjusts(self, pick: int, kind: AdjustmentKind, share: int) -> None:
        """All of what is owed on an invoice, or a share; and another agrees, where one alone may not."""
        id_ = self.one_of(pick, sa.select(Invoice.id).order_by(Invoice.number))
        with suppress(InvalidInput), self.db.transaction() as session:
            one, other = (session.get_one(Agent, each) for each in self.agent_ids)
            most = ledger.balance(session, ledger.invoice_account(id_), "USD")
            if kind == AdjustmentKind.INCREASE:
                most = usd(9 * pick)
            elif kind == AdjustmentKind.CREDIT_USED:
                most = min(most, credits.available(session, self.customer(session)))
            made = adjustments.propose(session, one, id_, kind, usd(most.minor // share), WHY)
            if made.status == AdjustmentStatus.PROPOSED:
                adjustments.decide(session, made.id, other, approve=True)

    @precondition(lambda self: self.one_of(0, sa.select(Adjustment.id)))
    @rule(pick=PICK)
    def an_agent_takes_it_back(self, pick: int) -> None:
        adjustment = self.one_of(pick, sa.select(Adjustment.id).order_by(Adjustment.id))
        with suppress(Conflict), self.db.transaction() as session:
            adjustments.reverse(session, adjustment, session.get_one(Agent, self.agent_ids[0]), WHY)

    @rule(which=st.sampled_from([stripe_sweep.sweep, missed_events.catch_up, books.compare]))
    def the_worker_sweeps(self, which: Any) -> None:
        self.clock.advance(minutes=3)
        which(self.db, self.stripe)

    @precondition(lambda self: self.stripe.sessions)
    @invariant()
    def no_account_is_what_it_cannot_be(self) -> None:
        with self.db.reading() as session:
            ledger.trial_balance(session)
            accounts = [ledger.invoice_account(id_) for id_ in session.scalars(sa.select(Invoice.id))]
            assert all(owed >= 0 for owed in ledger.balances(session, accounts).values())
            assert ledger.balance(session, ledger.credit_account(self.customer_id), "USD").minor <= 0

    @invariant()
    def no_money_is_posted_that_stripe_did_not_take(self) -> None:
        """For each intent the ledger holds nothing, or what was taken, or that less what is gone or was gone once."""
        sum_ = 0
        with self.db.reading() as session:
            for page in self.stripe.sessions.values():
                posted = self.posted(session, page.payment_id, page.payment_intent)
                assert 0 <= posted <= (page.amount.minor if page.paid else 0)
                sum_ += posted
            assert ledger.balance(session, ledger.STRIPE, "USD").minor == sum_

    @invariant()
    def a_plan_sums_to_its_total(self) -> None:
        with self.db.reading() as session:
            for plan in session.scalars(sa.select(Plan)):
                assert sum(part.amount for part in plan.instalments) == plan.total
                assert sum(part.amount for part in plan.invoices) == plan.total + plan.discount
            in_force = sa.select(sa.func.count()).where(Plan.status.in_((PlanStatus.AGREED, PlanStatus.ACTIVE)))
            assert (session.scalar(in_force) or 0) <= 1

    def teardown(self) -> None:
        for end in self.ends:
            for page in self.paid_pages():
                self._hear(page, True)
            self._comes_to(end)
            self.no_account_is_what_it_cannot_be()
        # Pages run out, and the worker goes on; no webhook comes any more.
        for _ in range(2):
            self.clock.advance(hours=25)
            missed_events.catch_up(self.db, self.stripe)
            stripe_sweep.sweep(self.db, self.stripe)
            books.compare(self.db, self.stripe)
        self._the_books_say_what_stripe_says()
        self.exits.close()

    def _comes_to(self, end: End) -> None:
        if end in (End.USED, End.GIVEN_UP):
            for pick in range(3):
                kind = AdjustmentKind.CREDIT_USED if end is End.USED else AdjustmentKind.WRITE_OFF
                self.an_agent_adjusts(pick, kind, 1)
        elif end is End.PAID:
            with self.db.reading() as session:
                owed = invoices.standing(session, self.customer(session)).total
            self.a_link_is_opened(owed.minor, click=True)
            for page in self.open_pages():
                self.stripe.pay(page)
        for page in self.paid_pages():
            if end is End.GOES and self.kept(page):
                self.stripe.give_back(page, usd(self.kept(page)))
            elif end is End.COMES:
                for back in self.returns(page):
                    self._decide(back, won=True)

    def _the_books_say_what_stripe_says(self) -> None:
        with self.db.reading() as session:
            for id_, page in self.stripe.sessions.items():
                expected = self.kept(id_) if page.paid else 0
                assert self.posted(session, page.payment_id, page.payment_intent) == expected
            open_ = sa.select(Mismatch.kind, Mismatch.subject).where(Mismatch.status == MismatchStatus.OPEN)
            assert session.execute(open_).all() == []
        self.no_account_is_what_it_cannot_be()
        self.no_money_is_posted_that_stripe_did_not_take()

    def customer(self, session: Any) -> Customer:
        found: Customer = session.get_one(Customer, self.customer_id)
        return found

    def one_of(self, pick: int, query: Any) -> Any:
        with self.db.reading() as session:
            return pick_of(pick, session.scalars(query).all())

    def open_pages(self) -> list[str]:
        return [id_ for id_ in list(self.stripe.sessions) if self.stripe.fetch_checkout(id_).status == "open"]

    def waiting_pages(self) -> list[str]:
        return [id_ for id_, page in self.stripe.sessions.items() if page.intent_status == "processing"]

    def all_returns(self) -> list[tuple[str, Any]]:
        return [(page, back) for page in self.paid_pages() for back in self.returns(page)]

    def paid_pages(self) -> list[str]:
        return [id_ for id_, page in self.stripe.sessions.items() if page.paid]

    def returns(self, id_: str) -> Any:
        intent = self.stripe.sessions[id_].payment_intent
        assert intent is not None
        return self.stripe.fetch_intent(intent).returns

    def kept(self, id_: str) -> int:
        """What is left of a paid page's money at Stripe, in minor units."""
        gone = sum(back.amount.minor for back in self.returns(id_) if back.withdrawn)
        return max(self.stripe.sessions[id_].amount.minor - gone, 0)

    def posted(self, session: Any, payment_id: str, intent: str | None) -> int:
        """What the ledger holds of an intent's money, in minor units: what came in by it less what reverses that."""
        if intent is None:
            return 0
        came = sa.select(Posting).where(Posting.reference.like(f"payment:{payment_id}:{intent}:%"))
        rows = {row.id: row for row in session.scalars(came)}
        sum_ = sum(row.amount for row in rows.values())
        undone = session.scalars(sa.select(Posting).where(Posting.reverses.in_(list(rows)))).all()
        again = session.scalars(sa.select(Posting).where(Posting.reverses.in_([row.id for row in undone]))).all()
        return sum_ - sum(row.amount for row in undone) + sum(row.amount for row in again)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def pick_of(pick: int, things: Any) -> Any:
    return things[pick % len(things)] if things else None


@pytest.mark.parametrize(("kind", "examples", "steps"), [("sqlite", 40, 30), ("postgres", 10, 25)])
def test_the_books_are_right_whatever_happens_in_whatever_order(
    request: pytest.FixtureRequest, kind: str, examples: int, steps: int
) -> None:
    template = request.getfixturevalue(f"{kind}_template")
    machine = type("Machine", (Moneys,), {"template": template})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    )
