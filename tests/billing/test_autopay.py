"""Autopay: one charge for one try whatever races, repeats or crashes; none once the consent has ended (S3, S5, K11)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
import uuid
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from bot import policies
from bot.billing import autopay, invoices, ledger, mandates, payments
from bot.billing.autopay import Ask, Charge
from bot.billing.gateway import Decline, Intent
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import (
    Customer,
    Hold,
    HoldKind,
    HoldStatus,
    Invoice,
    Mandate,
    MandateStatus,
    Payment,
    PaymentOrigin,
    PaymentShare,
    PaymentStatus,
    Plan,
    PlanInvoice,
    PlanStatus,
)
from bot.money import Money
from tests import factories
from tests.billing.autopaid import Autopaid
from tests.billing.fake_gateway import FakeGateway
from tests.conftest import SetClock

DAY = dt.datetime(2026, 3, 9, 15, tzinfo=dt.UTC)
FIFTY = Money(5_000, "USD")


@pytest.fixture
def due(db: Database, clock: SetClock) -> Autopaid:
    """The first instalment's day has come."""
    paid = Autopaid(db)
    clock.set(DAY)
    return paid


def claimed(paid: Autopaid) -> Payment:
    with paid.db.transaction() as session:
        [payment] = autopay.claim_due(session)
        return payment


def begun(paid: Autopaid, payment: Payment) -> Charge | None:
    with paid.db.transaction() as session:
        return autopay.begin(session, payment.id, paid.conversation_id)


def charged(paid: Autopaid, payment: Payment) -> Intent:
    charge = begun(paid, payment)
    assert charge is not None
    assert charge.ask is Ask.CHARGE
    return paid.gateway.charge(charge.request, charge.idempotency_key)


def followed(paid: Autopaid, payment: Payment, intent: Intent) -> autopay.Outcome | None:
    with paid.db.transaction() as session:
        return autopay.follow(session, payment.id, intent)


def stands(paid: Autopaid, payment: Payment) -> Payment:
    with paid.db.reading() as session:
        return session.get_one(Payment, payment.id)


def test_a_charge_is_written_down_before_stripe_is_asked_s3(due: Autopaid) -> None:
    payment = claimed(due)
    assert (payment.origin, payment.status) == (PaymentOrigin.AUTOPAY, PaymentStatus.PROCESSING)
    assert (payment.plan_id, payment.instalment_number, payment.try_number) == (due.plan_id, 1, 1)
    assert (payment.amount, payment.claimed_until) == (5_000, DAY + autopay.LEASE)
    with due.db.reading() as session:
        [share] = session.scalars(sa.select(PaymentShare).where(PaymentShare.payment_id == payment.id))
        assert (share.invoice_id, share.amount, share.named) == (due.invoice_id, 5_000, False)
    assert due.charges() == 0


def test_what_stripe_is_asked_names_the_card_and_no_debt_p1(due: Autopaid) -> None:
    payment = claimed(due)
    charge = begun(due, payment)
    mandate = due.mandate()
    assert charge is not None
    assert charge.idempotency_key == f"instalment:{due.plan_id}:1:attempt:1"
    assert charge.request.description == f"Payment to {policies.brand_name()}"
    assert (charge.request.customer, charge.request.payment_method) == (mandate.stripe_customer, mandate.payment_method)
    assert charge.request.amount == FIFTY


def test_money_that_came_is_settled_on_the_plan_once_s5(due: Autopaid) -> None:
    payment = claimed(due)
    intent = charged(due, payment)
    outcome = followed(due, payment, intent)
    assert outcome is not None
    assert outcome.settlement is not None
    assert [amount for _, amount in outcome.settlement.applied] == [FIFTY]
    assert followed(due, payment, intent) is None
    assert stands(due, payment).status == PaymentStatus.SUCCEEDED
    with due.db.reading() as session:
        assert ledger.balance(session, ledger.invoice_account(due.invoice_id), "USD") == Money(10_050, "USD")


def test_twenty_workers_over_the_same_instalments_make_one_charge_each_s5(db: Database, clock: SetClock) -> None:
    gateway = FakeGateway()
    customers = [Autopaid(db, gateway=gateway) for _ in range(4)]
    clock.set(DAY)

    def work() -> None:
        with db.transaction() as session:
            ours = autopay.claim_due(session, 3)
        for payment in ours:
            with db.transaction() as session:
                charge = autopay.begin(session, payment.id)
            assert charge is not None
            intent = gateway.charge(charge.request, charge.idempotency_key)
            with db.transaction() as session:
                autopay.follow(session, payment.id, intent)

    at_once(work, 20)
    for paid in customers:
        assert paid.taken() in ([], [(1, 5_000)])
        paid.sweep()  # who was skipped because another worker held the row
        assert paid.taken() == [(1, 5_000)]
        assert paid.charges() == 1


def test_twenty_workers_with_one_lost_answer_make_one_charge_s3(due: Autopaid) -> None:
    payment = claimed(due)
    intents: list[Intent] = []

    def work() -> None:
        charge = begun(due, payment)
        if charge is not None:
            intent = due.gateway.charge(charge.request, charge.idempotency_key)
            intents.append(intent)
            followed(due, payment, intent)

    at_once(work, 20)
    assert len({intent.id for intent in intents}) == 1
    assert (due.charges(), due.taken()) == (1, [(1, 5_000)])


def test_a_worker_that_crashed_is_taken_over_with_the_same_key_and_parameters_s3(
    due: Autopaid, clock: SetClock
) -> None:
    payment = claimed(due)
    before = begun(due, payment)
    with due.db.transaction() as session:
        assert autopay.claim_unanswered(session) == []  # its lease holds
    clock.advance(minutes=6)
    with due.db.transaction() as session:
        assert [each.id for each in autopay.claim_unanswered(session)] == [payment.id]
        assert autopay.claim_unanswered(session) == []
    after = begun(due, payment)
    assert before is not None
    assert after is not None
    assert (after.request, after.idempotency_key) == (before.request, before.idempotency_key)


def test_when_stripe_has_forgotten_the_key_it_is_asked_what_became_of_the_charge(
    due: Autopaid, clock: SetClock
) -> None:
    payment = claimed(due)
    intent = charged(due, payment)
    clock.advance(hours=23, minutes=1)
    charge = begun(due, payment)
    assert charge is not None
    assert charge.ask is Ask.FIND
    found = due.gateway.find_intent(str(payment.id), charge.request.customer, charge.since)
    assert found is not None
    assert found.id == intent.id
    followed(due, payment, found)
    assert (due.charges(), due.taken()) == (1, [(1, 5_000)])


def test_a_charge_that_was_never_made_is_another_try_later(due: Autopaid, clock: SetClock) -> None:
    payment = claimed(due)
    begun(due, payment)
    clock.advance(hours=25)
    with due.db.transaction() as session:
        autopay.fail(session, payment.id, "unanswered")
        [again] = autopay.claim_due(session)
    assert (again.instalment_number, again.try_number) == (1, 2)
    assert stands(due, payment).failure_code == "unanswered"


def test_withdrawn_between_claim_and_charge_nothing_is_charged(due: Autopaid, clock: SetClock) -> None:
    payment = claimed(due)
    due.withdraw()
    assert begun(due, payment) is None
    assert (stands(due, payment).status, stands(due, payment).failure_code) == (PaymentStatus.FAILED, "withdrawn")
    clock.advance(days=40)
    due.sweep()
    assert due.charges() == 0


def test_withdrawn_after_a_lost_answer_stripe_is_asked_and_never_charges_again(due: Autopaid) -> None:
    payment = claimed(due)
    begun(due, payment)
    due.withdraw()
    charge = begun(due, payment)
    assert charge is not None
    assert charge.ask is Ask.FIND
    assert due.gateway.find_intent(str(payment.id), charge.request.customer, charge.since) is None


def test_paid_by_link_between_claim_and_charge_nothing_is_charged_s5(due: Autopaid) -> None:
    payment = claimed(due)
    with due.db.transaction() as session:
        account = ledger.invoice_account(due.invoice_id)
        ledger.post(session, source=account, destination=ledger.STRIPE, amount=FIFTY, reference="by link")
    assert begun(due, payment) is None
    assert stands(due, payment).failure_code == "not_due"


@pytest.mark.parametrize("status", [PlanStatus.CANCELLED, PlanStatus.BROKEN, PlanStatus.COMPLETED])
def test_a_plan_that_ended_is_charged_for_no_more(due: Autopaid, status: PlanStatus) -> None:
    payment = claimed(due)
    with due.db.transaction() as session:
        session.get_one(Plan, due.plan_id).status = status
    assert begun(due, payment) is None
    with due.db.transaction() as session:
        session.get_one(Mandate, due.mandate().id).next_at = DAY
    with due.db.transaction() as session:
        assert autopay.claim_due(session) == []
    assert due.mandate().status == MandateStatus.WITHDRAWN


def test_a_hold_that_came_after_the_claim_stops_the_charge_c8(due: Autopaid) -> None:
    payment = claimed(due)
    with due.db.transaction() as session:
        session.add(Hold(kind=HoldKind.DECEASED, customer_id=due.customer_id, status=HoldStatus.REPORTED))
    assert begun(due, payment) is None


def test_what_is_on_its_way_is_not_asked_for_again_s2(due: Autopaid) -> None:
    link = due.link(Money(15_000, "USD"))
    claimed(due)
    with due.db.transaction() as session:
        customer = session.get_one(Customer, due.customer_id)
        assert payments.on_its_way(session, customer) == FIFTY
        assert payments.page_state(session, session.get_one(Payment, link.id)) is payments.PageState.WAITING
        with pytest.raises(InvalidInput, match=r"\$50\.00 is already on its way"):
            payments.open_link(session, customer, Money(15_050, "USD"), conversation_id=None)
        payments.open_link(session, customer, Money(10_050, "USD"), conversation_id=None)


@pytest.mark.parametrize("how", [Decline.HARD, Decline.AUTHENTICATION])
def test_a_card_that_will_not_do_becomes_a_link_and_the_plan_stays(due: Autopaid, how: Decline) -> None:
    due.decline(how)
    payment = claimed(due)
    outcome = followed(due, payment, charged(due, payment))
    assert outcome is not None
    assert outcome.link is not None
    assert (outcome.retry_on, outcome.link.amount, outcome.link.origin) == (None, 5_000, PaymentOrigin.LINK)
    mandate = due.mandate()
    assert (mandate.status, mandate.suspended_for) == (MandateStatus.SUSPENDED, stands(due, payment).failure_code)
    assert outcome.link.mandate_id == mandate.id
    with due.db.reading() as session:
        assert session.get_one(Plan, due.plan_id).status == PlanStatus.ACTIVE
        [share] = session.scalars(sa.select(PaymentShare).where(PaymentShare.payment_id == outcome.link.id))
        assert (share.invoice_id, share.named) == (due.invoice_id, False)


def test_an_invoice_that_the_customer_named_in_the_plan_is_paid_even_in_dispute_c9(due: Autopaid) -> None:
    with due.db.transaction() as session:
        session.execute(sa.update(PlanInvoice).values(named=True))
        factories.hold(session, session.get_one(Invoice, due.invoice_id))
    payment = claimed(due)
    outcome = followed(due, payment, charged(due, payment))
    assert outcome is not None
    assert outcome.settlement is not None
    assert [(invoice.id, amount) for invoice, amount in outcome.settlement.applied] == [(due.invoice_id, FIFTY)]


def test_the_link_in_place_of_the_card_names_what_the_plan_does_c9(due: Autopaid) -> None:
    with due.db.transaction() as session:
        session.execute(sa.update(PlanInvoice).values(named=True))
        factories.hold(session, session.get_one(Invoice, due.invoice_id))
    due.decline(Decline.HARD)
    payment = claimed(due)
    outcome = followed(due, payment, charged(due, payment))
    assert outcome is not None
    assert outcome.link is not None
    with due.db.reading() as session:
        [share] = session.scalars(sa.select(PaymentShare).where(PaymentShare.payment_id == outcome.link.id))
        assert (share.invoice_id, share.named) == (due.invoice_id, True)


def test_a_soft_decline_is_tried_on_other_days_until_the_tries_are_used_up(due: Autopaid, clock: SetClock) -> None:
    due.decline(Decline.SOFT)
    days = []
    for _ in range(30):
        with due.db.transaction() as session:
            days += [clock.now().date().isoformat() for _ in autopay.claim_due(session)]
        for payment in due.tries(PaymentStatus.PROCESSING):
            outcome = followed(due, payment, charged(due, payment))
        clock.advance(days=1)
    assert days == ["2026-03-09", "2026-03-12", "2026-03-16"]
    assert outcome is not None
    assert outcome.link is not None
    assert [each.try_number for each in due.tries()] == [1, 2, 3]
    assert due.mandate().status == MandateStatus.SUSPENDED


def test_a_decline_that_is_told_late_or_twice_changes_nothing_s1(due: Autopaid) -> None:
    due.decline(Decline.SOFT)
    payment = claimed(due)
    declined = charged(due, payment)
    assert followed(due, payment, declined) is not None
    assert followed(due, payment, declined) is None
    with due.db.transaction() as session:
        session.get_one(Payment, payment.id).status = PaymentStatus.SUCCEEDED
    assert followed(due, payment, declined) is None
    assert stands(due, payment).status == PaymentStatus.SUCCEEDED


def test_a_charge_that_the_bank_still_thinks_about_waits_s2(due: Autopaid) -> None:
    payment = claimed(due)
    intent = charged(due, payment)
    assert followed(due, payment, dataclasses.replace(intent, status="processing")) is None
    assert (stands(due, payment).status, stands(due, payment).payment_intent_id) == (
        PaymentStatus.PROCESSING,
        intent.id,
    )
    assert begun(due, payment) is None
    assert followed(due, payment, intent) is not None


def test_after_a_chargeback_nothing_more_is_charged_unasked(due: Autopaid, clock: SetClock) -> None:
    due.sweep()
    with due.db.transaction() as session:
        session.scalars(
            sa.select(Payment).where(Payment.origin == PaymentOrigin.AUTOPAY)
        ).one().status = PaymentStatus.CHARGED_BACK
    clock.advance(days=40)
    due.sweep()
    assert len(due.tries()) == 1
    assert due.mandate().suspended_for == "charged_back"


def test_another_payments_intent_is_refused(due: Autopaid) -> None:
    payment = claimed(due)
    intent = charged(due, payment)
    link = due.link(Money(1_000, "USD"))
    for id_, error in ((link.id, Conflict), (uuid.uuid4(), NotFound)):
        with pytest.raises(error):
            followed(due, Payment(id=id_), intent)


def test_a_charge_has_no_page_of_its_own(due: Autopaid) -> None:
    payment = claimed(due)
    with due.db.reading() as session, pytest.raises(NotFound):
        payments.find(session, payment.token)


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 5_000), ("KWD", 5_010), ("BRL", 12_000)])
def test_every_kind_of_currency_is_charged_to_the_unit_s4(
    sqlite_db: Database, clock: SetClock, currency: str, minor: int
) -> None:
    parts = ((dt.date(2026, 3, 9), minor), (dt.date(2026, 4, 9), minor))
    paid = Autopaid(sqlite_db, parts, currency=currency)
    clock.set(DAY)
    paid.sweep()
    assert paid.taken() == [(1, minor)]
    with sqlite_db.reading() as session:
        customer = session.get_one(Customer, paid.customer_id)
        assert invoices.standing(session, customer).total == Money(minor, currency)


def test_mandates_of_which_nothing_is_due_are_not_looked_at(db: Database, clock: SetClock) -> None:
    paid = Autopaid(db)
    with db.transaction() as session:
        assert autopay.is_any_due(session)  # a new card is looked at once
        assert autopay.claim_due(session) == []
        assert not autopay.is_any_due(session)
        assert mandates.current(session, session.get_one(Customer, paid.customer_id)) is not None
    clock.set(DAY)
    with db.transaction() as session:
        assert autopay.is_any_due(session)


def at_once(work: Callable[[], None], number: int) -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
