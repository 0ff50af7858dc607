"""Autopay's rounds: charged on the day, told kindly, resumed by another card, ended with the consent (K3, K11)."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
import sqlalchemy as sa

from bot.billing import adjustments, autopay, ledger, mandates, payments, plans
from bot.billing.gateway import ChargeRequest, Decline, Intent
from bot.billing.payments import checkouts
from bot.billing.plans import quotes
from bot.conversations import reach, stripe_events
from bot.db import Database
from bot.errors import OutsideService
from bot.models import (
    AdjustmentKind,
    Conversation,
    Customer,
    Hold,
    HoldKind,
    HoldStatus,
    MandateStatus,
    Message,
    Payment,
    PaymentOrigin,
    PaymentStatus,
    Plan,
    PlanStatus,
)
from bot.money import Money
from bot.words import say
from tests import factories
from tests.billing.autopaid import MARCH, Autopaid
from tests.billing.fake_gateway import FakeGateway
from tests.conftest import SetClock

DAY = dt.datetime(2026, 3, 9, 15, tzinfo=dt.UTC)


@pytest.fixture
def due(db: Database, clock: SetClock) -> Autopaid:
    """The first instalment's day has come."""
    paid = Autopaid(db)
    clock.set(DAY)
    return paid


def test_k9_an_instalment_is_taken_on_its_day_and_thanked_for_once(due: Autopaid) -> None:
    assert due.sweep() == [due.conversation_id]
    assert due.sweep() == []
    assert due.taken() == [(1, 5_000)]
    [receipt] = due.told()
    assert "Thank you, your payment of $50.00 has arrived" in receipt


def test_every_instalment_is_taken_on_its_own_day_and_then_the_consent_ends(due: Autopaid, clock: SetClock) -> None:
    for _ in range(70):
        due.sweep()
        clock.advance(days=1)
    assert due.taken() == [(1, 5_000), (2, 5_000), (3, 5_050)]
    days = [each.created_at.date() for each in due.tries()]
    assert days == [day for day, _ in MARCH]
    with due.db.reading() as session:
        assert ledger.balance(session, ledger.invoice_account(due.invoice_id), "USD") == Money.zero("USD")
    assert due.mandate().withdrawn_by == "system"
    assert due.mandate().forgotten_at is not None


def test_a_webhook_that_overtakes_the_answer_tells_once_s1(due: Autopaid) -> None:
    gateway = due.gateway
    due.gateway = Overtaken(due, gateway)
    due.sweep()
    due.gateway = gateway
    assert (len(due.told()), due.taken(), due.charges()) == (1, [(1, 5_000)], 1)


class Overtaken(FakeGateway):
    """Stripe's webhook arrives before its answer."""

    def __init__(self, paid: Autopaid, behind: FakeGateway) -> None:
        super().__init__()
        self.__dict__.update(behind.__dict__)
        self._paid = paid

    def charge(self, request: ChargeRequest, idempotency_key: str) -> Intent:
        intent = super().charge(request, idempotency_key)
        stripe_events.follow_up(self._paid.db, self, intent.id)
        return intent


def test_k3_a_card_that_is_declined_softly_is_told_with_the_next_day_and_a_way_out(due: Autopaid) -> None:
    due.decline(Decline.SOFT)
    assert due.sweep() == [due.conversation_id]
    [text] = due.told()
    assert "nothing was charged" in text
    assert "Thursday, March 12, 2026" in text
    assert "another day" in text


def test_k3_a_card_that_will_not_do_is_told_with_a_link_that_keeps_another(due: Autopaid, clock: SetClock) -> None:
    due.decline(Decline.HARD)
    assert due.sweep() == [due.conversation_id]
    with due.db.reading() as session:
        message = session.scalars(sa.select(Message)).one()
        link = session.scalars(
            sa.select(Payment).where(Payment.origin == PaymentOrigin.LINK, Payment.status == PaymentStatus.CREATED)
        ).one()
        assert message.card == {"kind": "pay_link", "url": payments.link(link), "amount": 5_000, "currency": "USD"}
        assert payments.link(link) in message.text
        assert "Your plan stays as it is" in message.text
    old = due.mandate()
    assert old.status == MandateStatus.SUSPENDED
    with due.db.transaction() as session:
        begun = checkouts.begin(session, link.token)
    assert begun.request.consent == old.wording
    page = due.gateway.create_checkout(begun.request, begun.idempotency_key)
    with due.db.transaction() as session:
        checkouts.record(session, link.id, page)
    due.gateway.pay(page.id)
    stripe_events.follow_up(due.db, due.gateway, page.id)
    assert due.mandate().status == MandateStatus.ACTIVE
    clock.set(dt.datetime(2026, 4, 9, 15, tzinfo=dt.UTC))
    due.sweep()
    assert due.taken() == [(2, 5_000)]
    assert old.payment_method not in due.gateway._cards


def test_a_lost_answer_is_asked_for_again_and_one_charge_is_made_s3(due: Autopaid, clock: SetClock) -> None:
    due.gateway.answer_lost = True
    assert due.sweep() == []
    assert (due.charges(), due.taken()) == (1, [])
    clock.advance(minutes=6)
    assert due.sweep() == [due.conversation_id]
    assert (due.charges(), due.taken(), len(due.told())) == (1, [(1, 5_000)], 1)


def test_a_stripe_that_is_down_is_asked_again_and_nothing_is_charged_twice(due: Autopaid, clock: SetClock) -> None:
    for _ in range(3):
        due.gateway.failure = OutsideService("down", service="stripe", retryable=True)
        assert due.sweep() == []
        clock.advance(minutes=10)
    due.sweep()
    assert (due.charges(), due.taken()) == (1, [(1, 5_000)])


def test_an_answer_that_was_lost_for_a_day_is_looked_for_and_not_charged_again(due: Autopaid, clock: SetClock) -> None:
    due.gateway.answer_lost = True
    due.sweep()
    clock.advance(hours=30)
    due.sweep()
    assert (due.charges(), due.taken()) == (1, [(1, 5_000)])


def test_a_refused_key_of_ours_stops_no_mandate(due: Autopaid, clock: SetClock) -> None:
    due.gateway.failure = OutsideService("no", service="stripe", retryable=False, about={"status": 401, "code": None})
    assert due.sweep() == []
    assert due.mandate().status == MandateStatus.ACTIVE
    clock.advance(minutes=6)
    due.sweep()
    assert due.taken() == [(1, 5_000)]


def test_one_charge_that_stripe_refuses_does_not_stop_the_others(db: Database, clock: SetClock) -> None:
    gateway = FakeGateway()
    first, second = Autopaid(db, gateway=gateway), Autopaid(db, gateway=gateway)
    clock.set(DAY)
    gateway.failure = OutsideService("no", service="stripe", retryable=False, about={"status": 400, "code": "odd"})
    first.sweep()
    assert sorted([len(first.taken()), len(second.taken())]) == [0, 1]
    assert all(paid.mandate().status == MandateStatus.ACTIVE for paid in (first, second))
    clock.advance(days=1)
    first.sweep()
    assert (first.taken(), second.taken()) == ([(1, 5_000)], [(1, 5_000)])


def test_a_card_that_stripe_does_not_know_any_more_becomes_a_link(due: Autopaid) -> None:
    due.gateway.forget_card(due.mandate().payment_method or "")
    assert due.sweep() == [due.conversation_id]
    assert due.mandate().suspended_for == "card_gone"
    assert "/pay/" in due.told()[0]


def test_the_card_is_given_up_after_the_consent_has_ended(due: Autopaid) -> None:
    method = due.mandate().payment_method
    due.withdraw()
    due.gateway.failure = OutsideService("down", service="stripe", retryable=True)
    due.sweep()
    assert due.mandate().forgotten_at is None
    due.sweep()
    assert due.mandate().forgotten_at is not None
    assert method not in due.gateway._cards
    assert (due.tries(), due.told()) == ([], [])


def test_a_card_that_ends_before_the_next_instalment_is_told_of_once(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db, expires=(3, 2026))
    clock.set(DAY)
    paid.sweep()
    clock.advance(minutes=15)
    paid.sweep()
    clock.advance(minutes=15)
    paid.sweep()
    [_, note] = paid.told()
    assert "ending in 4242 runs out at the end of March 2026" in note
    assert paid.mandate().expiry_told_at is not None
    with db.reading() as session:
        link = session.scalars(sa.select(Payment).where(Payment.status == PaymentStatus.CREATED)).one()
        assert (link.amount, link.mandate_id) == (5_000, paid.mandate().id)
    clock.set(dt.datetime(2026, 4, 9, 15, tzinfo=dt.UTC))
    paid.sweep()
    assert len(paid.told()) == 3
    assert paid.taken() == [(1, 5_000), (2, 5_000)]


def test_a_card_that_lasts_until_the_next_instalment_is_not_spoken_of(sqlite_db: Database, clock: SetClock) -> None:
    paid = Autopaid(sqlite_db, expires=(4, 2026))
    for _ in range(36):
        paid.sweep()
        clock.advance(days=1)
    assert not [text for text in paid.told() if "runs out" in text]
    clock.set(dt.datetime(2026, 4, 9, 15, tzinfo=dt.UTC))
    paid.sweep()
    clock.advance(minutes=15)
    paid.sweep()
    assert len([text for text in paid.told() if "runs out" in text]) == 1


def test_c8_who_asked_for_silence_hears_nothing_of_it(due: Autopaid) -> None:
    due.decline(Decline.HARD)
    with due.db.transaction() as session:
        [payment] = autopay.claim_due(session)
        charge = autopay.begin(session, payment.id)
    assert charge is not None
    due.gateway.charge(charge.request, charge.idempotency_key)
    with due.db.transaction() as session:
        session.add(Hold(kind=HoldKind.CEASE, customer_id=due.customer_id, status=HoldStatus.REPORTED))
        session.get_one(Payment, payment.id).claimed_until = None
    due.sweep()
    assert due.told() == []
    assert due.mandate().status == MandateStatus.SUSPENDED


def test_the_customer_is_told_where_they_were_last(due: Autopaid, clock: SetClock) -> None:
    with due.db.transaction() as session:
        newer = factories.conversation(session, customer_id=due.customer_id, last_message_at=clock.now())
        factories.conversation(session, last_message_at=clock.now() + dt.timedelta(hours=1))
        assert reach.newest(session, due.customer_id) is newer
        assert reach.newest(session, uuid.uuid4()) is None
    assert due.sweep() == [newer.id]


def test_twenty_workers_sweep_at_once_and_each_instalment_is_taken_and_thanked_for_once_s5(
    db: Database, clock: SetClock
) -> None:
    gateway = FakeGateway()
    customers = [Autopaid(db, gateway=gateway) for _ in range(3)]
    clock.set(DAY)
    threads = [threading.Thread(target=customers[0].sweep) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for paid in customers:
        assert (paid.charges(), paid.taken(), len(paid.told())) == (1, [(1, 5_000)], 1)


def test_a_customer_who_is_on_a_payment_page_is_not_charged_beside_it_s5(due: Autopaid, clock: SetClock) -> None:
    link = due.link(Money(5_000, "USD"))
    with due.db.transaction() as session:
        begun = checkouts.begin(session, link.token)
    page = due.gateway.create_checkout(begun.request, begun.idempotency_key)
    with due.db.transaction() as session:
        checkouts.record(session, link.id, page)
    due.sweep()
    assert due.tries() == []
    due.gateway.pay(page.id)
    stripe_events.follow_up(due.db, due.gateway, page.id)
    clock.advance(hours=2)
    due.sweep()
    assert due.tries() == []


def test_a_plan_whose_dates_moved_is_charged_on_the_new_day(sqlite_db: Database, clock: SetClock) -> None:
    paid = Autopaid(sqlite_db)
    paid.sweep()
    with sqlite_db.transaction() as session:
        plan = session.get_one(Plan, paid.plan_id)
        plan.instalments[0].due_on = dt.date(2026, 3, 5)
        mandates.look_again(session, plan)
    clock.set(dt.datetime(2026, 3, 5, 15, tzinfo=dt.UTC))
    paid.sweep()
    assert paid.taken() == [(1, 5_000)]


def paid_by_link(paid: Autopaid, minor: int) -> str:
    """The customer pays so much of the plan on a page: its id."""
    link = paid.link(Money(minor, "USD"), invoice_ids=[paid.invoice_id])
    with paid.db.transaction() as session:
        begun = checkouts.begin(session, link.token)
    page = paid.gateway.create_checkout(begun.request, begun.idempotency_key)
    with paid.db.transaction() as session:
        checkouts.record(session, link.id, page)
    paid.gateway.pay(page.id)
    stripe_events.follow_up(paid.db, paid.gateway, page.id)
    return page.id


def swept_on_every_day(paid: Autopaid, clock: SetClock) -> None:
    for day, _ in MARCH:
        clock.set(dt.datetime(day.year, day.month, day.day, 15, tzinfo=dt.UTC))
        paid.sweep()


def test_s5_what_an_agent_adds_to_the_invoice_is_beside_the_plan_and_not_taken(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    with db.transaction() as session:
        agent = factories.agent(session)
        more = Money(5_000, "USD")
        adjustments.propose(
            session, agent, paid.invoice_id, AdjustmentKind.INCREASE, more, "The delivery was forgotten."
        )
    swept_on_every_day(paid, clock)
    assert paid.taken() == [(1, 5_000), (2, 5_000), (3, 5_050)]
    with db.reading() as session:
        assert session.get_one(Plan, paid.plan_id).status == PlanStatus.COMPLETED
        assert ledger.balance(session, ledger.invoice_account(paid.invoice_id), "USD") == Money(5_000, "USD")


def test_s5_a_write_off_that_is_undone_makes_no_instalment_due_twice(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    with db.transaction() as session:
        agent = factories.agent(session)
        less = Money(5_000, "USD")
        made = adjustments.propose(session, agent, paid.invoice_id, AdjustmentKind.WRITE_OFF, less, "A kind gesture.")
    clock.set(dt.datetime(2026, 4, 9, 15, tzinfo=dt.UTC))
    paid.sweep()
    with db.transaction() as session:
        adjustments.reverse(session, made.id, agent, "It was the wrong account.")
    swept_on_every_day(paid, clock)
    assert paid.taken() == [(2, 5_000), (3, 5_050)]


def test_s5_what_was_paid_by_link_and_charged_back_is_not_taken_unasked(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    page = paid_by_link(paid, 5_000)
    clock.set(DAY)
    paid.sweep()
    paid.gateway.dispute(page)
    stripe_events.follow_up(db, paid.gateway, page)
    swept_on_every_day(paid, clock)
    assert paid.taken() == [(2, 5_000), (3, 5_050)]


def test_s5_money_from_before_the_plan_that_goes_back_is_beside_it(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    page = paid_by_link(paid, 5_000)
    clock.advance(days=1)
    with db.transaction() as session:
        customer = session.get_one(Customer, paid.customer_id)
        offer = quotes.quote_rest(session, customer, conversation_id=paid.conversation_id, months=[3])[0]
        plan = plans.agree(session, offer.id, customer)
    paid.gateway.dispute(page)
    stripe_events.follow_up(db, paid.gateway, page)
    for part in plan.instalments:
        clock.set(dt.datetime.combine(part.due_on, dt.time(15), dt.UTC))
        paid.sweep()
    assert paid.taken() == [(part.number, part.amount) for part in plan.instalments]
    with db.reading() as session:
        assert session.get_one(Plan, plan.id).status == PlanStatus.COMPLETED
        assert ledger.balance(session, ledger.invoice_account(paid.invoice_id), "USD") == Money(5_000, "USD")


def test_a_charge_that_the_bank_took_back_suspends_the_consent_after_a_new_plan_too(
    due: Autopaid, clock: SetClock
) -> None:
    due.sweep()
    clock.advance(days=1)
    with due.db.transaction() as session:
        customer = session.get_one(Customer, due.customer_id)
        offer = quotes.quote_rest(session, customer, conversation_id=due.conversation_id, months=[3])[0]
        plans.agree(session, offer.id, customer)
    [charged] = due.tries()
    assert charged.payment_intent_id is not None
    due.gateway.dispute(charged.payment_intent_id)
    stripe_events.follow_up(due.db, due.gateway, charged.payment_intent_id)
    clock.advance(days=40)
    due.sweep()
    assert (due.mandate().status, due.mandate().suspended_for) == (MandateStatus.SUSPENDED, "charged_back")
    assert len(due.tries()) == 1


class Stubborn(FakeGateway):
    """One card cannot be given up at Stripe."""

    card: str | None = None

    def forget_card(self, payment_method: str) -> None:
        if payment_method == self.card:
            raise OutsideService("no", service="stripe", retryable=False, about={"code": "odd", "status": 400})
        super().forget_card(payment_method)


def test_a_card_that_stripe_does_not_give_up_keeps_no_other(sqlite_db: Database, clock: SetClock) -> None:
    gateway = Stubborn()
    first, second = Autopaid(sqlite_db, gateway=gateway), Autopaid(sqlite_db, gateway=gateway)
    gateway.card = first.mandate().payment_method
    first.withdraw()
    clock.advance(minutes=1)
    second.withdraw()
    first.sweep()
    assert (first.mandate().forgotten_at, second.mandate().forgotten_at) == (None, clock.now())


def test_a_card_whose_end_cannot_be_told_keeps_no_instalment_from_being_taken(
    sqlite_db: Database, clock: SetClock
) -> None:
    paid = Autopaid(sqlite_db)
    silent = Autopaid(sqlite_db, gateway=paid.gateway, expires=(3, 2026))
    clock.set(DAY)
    with sqlite_db.transaction() as session:
        session.get_one(Plan, silent.plan_id).instalments[0].due_on = dt.date(2026, 4, 8)
        session.get_one(Conversation, silent.conversation_id).locale = "zz-not-a-locale"
    paid.sweep()
    assert paid.taken() == [(1, 5_000)]
    assert silent.told() == []


@pytest.mark.parametrize("decline", [None, Decline.SOFT, Decline.HARD])
def test_p1_where_nobody_has_proven_who_they_are_only_that_there_is_news_is_said(
    sqlite_db: Database, clock: SetClock, decline: Decline | None
) -> None:
    due = Autopaid(sqlite_db)
    clock.set(DAY)
    with sqlite_db.transaction() as session:
        session.get_one(Conversation, due.conversation_id).verified_until = clock.now()
    due.decline(decline)
    assert due.sweep() == [due.conversation_id]
    [text] = due.told()
    assert text == say("payment_news", "en-US")
    with sqlite_db.reading() as session:
        assert session.scalars(sa.select(Message)).one().card is None


def test_p1_a_card_that_ends_is_not_named_where_nobody_has_proven_who_they_are(
    sqlite_db: Database, clock: SetClock
) -> None:
    paid = Autopaid(sqlite_db, expires=(3, 2026), parts=MARCH[1:])
    clock.set(DAY)
    with sqlite_db.transaction() as session:
        session.get_one(Conversation, paid.conversation_id).verified_until = None
    paid.sweep()
    assert paid.told() == [say("payment_news", "en-US")]


def test_k9_who_pays_by_a_link_is_thanked_where_it_was_given_whoever_is_proven_by_then(
    sqlite_db: Database, clock: SetClock
) -> None:
    paid = Autopaid(sqlite_db)
    with sqlite_db.transaction() as session:
        session.get_one(Conversation, paid.conversation_id).verified_until = clock.now()
    paid_by_link(paid, 5_000)
    assert "Thank you, your payment of $50.00 has arrived" in paid.told()[0]
