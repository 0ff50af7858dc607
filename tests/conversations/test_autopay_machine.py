"""Any order of days, declines, crashes, lost answers, links, chargebacks, adjustments and withdrawals: what is taken
stays within what is due, is taken once, and never after the consent has ended (S3, S5, S7, K11)."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bot import clock as bot_clock
from bot import policies
from bot.billing import adjustments, autopay, ledger, mandates, payments
from bot.billing.gateway import Decline
from bot.billing.payments import checkouts
from bot.conversations import stripe_events
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotAllowed, OutsideService
from bot.models import (
    AdjustmentKind,
    Customer,
    Mandate,
    MandateStatus,
    Payment,
    PaymentOrigin,
    PaymentStatus,
    Plan,
    PlanStatus,
)
from bot.money import Money
from tests import factories
from tests.billing.autopaid import Autopaid
from tests.conftest import SetClock
from tests.database import PostgresTemplate, SqliteTemplate

ZONE = ZoneInfo("America/Chicago")
# Weekly from the day on which the clock begins, so that something is due most of the time.
WEEKLY = tuple((dt.date(2026, 3, 2) + dt.timedelta(weeks=week), 2_000 + week) for week in range(8))
STEPS = ("claimed", "begun", "charged")


class Autopays(RuleBasedStateMachine):
    """One customer with a plan of weekly instalments and a saved card."""

    template: SqliteTemplate | PostgresTemplate

    def __init__(self) -> None:
        super().__init__()
        self.exits = ExitStack()
        self.clock = SetClock()
        bot_clock.use(self.clock.now)
        self.exits.callback(bot_clock.use, None)
        self.db = Database(self.exits.enter_context(self._fresh()))
        self.exits.callback(self.db.dispose)
        self.paid = Autopaid(self.db, WEEKLY)
        self.taken_when_ended: dict[Any, int] = {}
        self.paid_pages: list[str] = []
        with self.db.transaction() as session:
            self.agent = factories.agent(session)

    def _fresh(self) -> Any:
        if isinstance(self.template, PostgresTemplate):
            return self.template.emptied()
        return self.template.fresh(Path(self.exits.enter_context(tempfile.TemporaryDirectory())))

    @rule(hours=st.sampled_from([1, 24, 24 * 7]))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    @rule()
    def the_day_comes(self) -> None:
        next_at = self.paid.mandate().next_at
        if next_at is not None and next_at > self.clock.now():
            self.clock.set(next_at)

    @rule()
    def the_worker_sweeps(self) -> None:
        self.clock.advance(minutes=10)
        self.paid.sweep()

    @rule(dies=st.sampled_from(STEPS))
    def a_worker_dies(self, dies: str) -> None:
        with self.db.transaction() as session:
            claimed = autopay.claim_due(session) or autopay.claim_unanswered(session)
        for payment in claimed:
            if dies == "claimed":
                return
            with self.db.transaction() as session:
                charge = autopay.begin(session, payment.id)
            if charge is not None and charge.ask is autopay.Ask.CHARGE and dies == "charged":
                self.paid.gateway.charge(charge.request, charge.idempotency_key)

    @rule(lost=st.booleans())
    def stripe_fails(self, lost: bool) -> None:
        self.paid.gateway.answer_lost = lost
        if not lost:
            self.paid.gateway.failure = OutsideService("down", service="stripe", retryable=True)
        self.paid.sweep()
        self.paid.gateway.answer_lost, self.paid.gateway.failure = False, None

    @precondition(lambda self: self.in_force())
    @rule(how=st.sampled_from([None, *Decline]))
    def the_bank_changes_its_mind(self, how: Decline | None) -> None:
        if self.paid.mandate().payment_method:
            self.paid.decline(how)

    @precondition(lambda self: self.paid.tries(PaymentStatus.PROCESSING) and self.in_force())
    @rule()
    def the_customer_says_stop(self) -> None:
        mandate = self.paid.mandate()
        self.paid.withdraw()
        self.taken_when_ended[mandate.id] = self.taken_under(mandate.id)

    @precondition(lambda self: not self.in_force() or self.paid.mandate().status != MandateStatus.ACTIVE)
    @rule()
    def the_customer_consents_and_saves_a_card(self) -> None:
        with self.db.transaction() as session:
            customer, plan = session.get_one(Customer, self.paid.customer_id), session.get_one(Plan, self.paid.plan_id)
            if plan.status != PlanStatus.ACTIVE:
                return
            conversation = self.paid.conversation_id
            mandates.consent(session, customer, plan, conversation_id=conversation, locale="en-US")
        self.the_customer_pays_by_link(minor=500, own=False)

    @precondition(lambda self: self.paid.tries())
    @rule(minor=st.integers(50, 2_500), own=st.booleans())
    def the_customer_pays_by_link(self, minor: int, own: bool) -> None:
        with self.db.transaction() as session:
            customer = session.get_one(Customer, self.paid.customer_id)
            other = None if own else [factories.invoice(session, customer, str(Money(minor, "USD").major), late=-60).id]
            try:
                amount = Money(minor, "USD")
                link = payments.open_link(session, customer, amount, conversation_id=None, invoice_ids=other)
            except InvalidInput:
                return
            begun = checkouts.begin(session, link.token)
        page = self.paid.gateway.create_checkout(begun.request, begun.idempotency_key)
        with self.db.transaction() as session:
            checkouts.record(session, link.id, page)
        self.paid.gateway.pay(page.id)
        stripe_events.follow_up(self.db, self.paid.gateway, page.id)
        self.paid_pages.append(page.id)

    @precondition(lambda self: self.paid_pages)
    @rule(data=st.data())
    def a_link_is_charged_back(self, data: st.DataObject) -> None:
        page = data.draw(st.sampled_from(self.paid_pages))
        self.paid_pages.remove(page)
        self.paid.gateway.dispute(page)
        stripe_events.follow_up(self.db, self.paid.gateway, page)

    @rule(minor=st.integers(50, 2_500))
    def an_agent_adds_to_the_invoice(self, minor: int) -> None:
        kind, more = AdjustmentKind.INCREASE, Money(minor, "USD")
        with self.db.transaction() as session:
            adjustments.propose(session, self.agent, self.paid.invoice_id, kind, more, "The delivery was forgotten.")

    @rule(minor=st.integers(50, 2_500))
    def an_agent_writes_a_part_off(self, minor: int) -> None:
        kind, less = AdjustmentKind.WRITE_OFF, Money(minor, "USD")
        with contextlib.suppress(InvalidInput), self.db.transaction() as session:
            adjustments.propose(session, self.agent, self.paid.invoice_id, kind, less, "A kind gesture of ours.")

    @rule()
    def an_agent_undoes_the_last_change(self) -> None:
        with self.db.transaction() as session:
            customer = session.get_one(Customer, self.paid.customer_id)
            posted = [each for each in adjustments.of_customer(session, customer) if each.status == "posted"]
            with contextlib.suppress(Conflict, NotAllowed):
                for each in posted[:1]:
                    adjustments.reverse(session, each.id, self.agent, "It was the wrong account.")

    @precondition(lambda self: self.paid.tries())
    @rule(data=st.data())
    def a_webhook_comes_in(self, data: st.DataObject) -> None:
        payment = data.draw(st.sampled_from(self.paid.tries()))
        found = self.paid.gateway.find_intent(str(payment.id), self.stripe_customer(payment), payment.created_at)
        if found is not None:
            stripe_events.follow_up(self.db, self.paid.gateway, found.id)

    @invariant()
    def each_try_is_charged_once_at_most(self) -> None:
        assert all(self.paid.gateway.charges[str(each.id)] <= 1 for each in self.paid.tries())
        keys = [(each.instalment_number, each.try_number) for each in self.paid.tries()]
        assert len(keys) == len(set(keys))
        assert len(self.paid.tries(PaymentStatus.PROCESSING)) <= 1

    @invariant()
    def what_is_taken_stays_within_what_is_due(self) -> None:
        charged = [each for each in self.paid.tries() if self.paid.gateway.charges[str(each.id)]]
        due = 0
        for number, (day, amount) in enumerate(WEEKLY, start=1):
            due += amount
            assert sum(each.amount for each in charged if (each.instalment_number or 0) <= number) <= due
            of_it = [each for each in charged if each.instalment_number == number]
            assert sum(each.amount for each in of_it) < amount + 50  # what was too little before may come on top
            for each in of_it:
                local = each.created_at.astimezone(ZONE)
                assert local.date() >= day
                assert local.hour >= policies.autopay().charge_hour

    @invariant()
    def nothing_is_charged_after_the_consent_has_ended(self) -> None:
        for mandate_id, taken in self.taken_when_ended.items():
            assert self.taken_under(mandate_id) == taken

    @invariant()
    def the_books_are_right(self) -> None:
        with self.db.reading() as session:
            ledger.trial_balance(session)
            got = sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0))
            settled = session.scalar(got.where(Payment.status == PaymentStatus.SUCCEEDED)) or 0
            assert ledger.balance(session, ledger.STRIPE, "USD").minor == settled
            assert ledger.balance(session, ledger.invoice_account(self.paid.invoice_id), "USD").minor >= 0
            in_force = sa.select(sa.func.count()).select_from(Mandate).where(Mandate.status != MandateStatus.WITHDRAWN)
            assert (session.scalar(in_force) or 0) <= 1

    def teardown(self) -> None:
        self.clock.advance(hours=25)
        self.paid.sweep()
        assert self.paid.tries(PaymentStatus.PROCESSING) == []
        for payment in self.paid.tries():
            assert (payment.status == PaymentStatus.SUCCEEDED) == (self.paid.gateway.charges[str(payment.id)] == 1)
        self.each_try_is_charged_once_at_most()
        self.what_is_taken_stays_within_what_is_due()
        self.nothing_is_charged_after_the_consent_has_ended()
        self.the_books_are_right()
        self.exits.close()

    def in_force(self) -> bool:
        return self.paid.mandate().status != MandateStatus.WITHDRAWN

    def taken_under(self, mandate_id: Any) -> int:
        with self.db.reading() as session:
            ours = sa.select(Payment.id).where(
                Payment.mandate_id == mandate_id, Payment.origin == PaymentOrigin.AUTOPAY
            )
            return sum(self.paid.gateway.charges[str(id_)] for id_ in session.scalars(ours))

    def stripe_customer(self, payment: Payment) -> str:
        with self.db.reading() as session:
            mandate = session.get_one(Mandate, payment.mandate_id)
            assert mandate.stripe_customer is not None
            return mandate.stripe_customer


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 20), ("postgres", 4)])
def test_autopay_takes_what_is_due_once_and_with_consent(
    request: pytest.FixtureRequest, kind: str, examples: int
) -> None:
    template = request.getfixturevalue(f"{kind}_template")
    machine = type("Machine", (Autopays,), {"template": template})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None))
