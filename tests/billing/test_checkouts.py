"""Checkouts: what a click on a link asks of Stripe, with one key and the same parameters for one attempt (S3)."""

from __future__ import annotations

import dataclasses
import uuid

import pytest
import sqlalchemy as sa

from bot import policies
from bot.billing import payments
from bot.billing.payments import PageState, checkouts
from bot.db import Database
from bot.errors import Conflict, NotFound
from bot.models import Customer, Payment, PaymentStatus
from bot.money import Money
from tests import factories
from tests.billing.autopaid import Autopaid
from tests.conftest import SetClock


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Days and expiries are counted from a known instant."""


def dollars(amount: str) -> Money:
    return Money.of(amount, "USD")


def test_the_checkout_request_names_no_debt_and_no_person_p1(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("80.50"), conversation_id=None)
        begun = checkouts.begin(session, payment.token)
    request = begun.request
    assert begun.url is None
    assert request.amount == dollars("80.50")
    assert request.payment_id == str(payment.id)
    assert begun.idempotency_key == f"payment:{payment.id}:attempt:1"
    assert request.description == f"Payment to {policies.brand_name()}"
    assert request.customer_email is None
    assert request.cancel_url == payments.link(payment)
    said = repr(request)
    assert not any(word in said for word in ("Maya", "maya@", "GT-1001", "INV-1001", "debt", "overdue"))


def test_the_same_attempt_has_the_same_key_and_parameters_s3(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None)
        token = payment.token
        first = checkouts.begin(session, token)
    clock.advance(minutes=20)
    with db.transaction() as session:
        assert checkouts.begin(session, token) == first


def test_an_attempt_that_stripe_would_no_longer_take_is_begun_anew_s3(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        token = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None).token
        checkouts.begin(session, token)
    clock.advance(minutes=policies.payments().checkout_minutes - 30)
    with db.transaction() as session:
        begun = checkouts.begin(session, token)
    assert begun.idempotency_key.endswith(":attempt:2")
    assert (begun.request.expires_at - clock.now()).total_seconds() == policies.payments().checkout_minutes * 60


def test_after_stripe_failed_the_next_click_is_a_new_attempt_but_never_beside_an_open_page_s3(db: Database) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None)
        first = checkouts.begin(session, payment.token)
        checkouts.give_up(session, payment.id, first.idempotency_key)
        second = checkouts.begin(session, payment.token)
        assert second.idempotency_key.endswith(":attempt:2")
        checkouts.give_up(session, payment.id, first.idempotency_key)
        assert checkouts.begin(session, payment.token) == second
        page = factories.checkout(payment, status="open", payment_status="unpaid", url="https://stripe.example/1")
        checkouts.record(session, payment.id, page)
        checkouts.give_up(session, payment.id, second.idempotency_key)
        assert checkouts.begin(session, payment.token).url == page.url


def test_a_page_of_a_former_attempt_is_not_recorded_over_the_one_that_is_open_s5(db: Database) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None)
        slow = checkouts.begin(session, payment.token).idempotency_key
        checkouts.give_up(session, payment.id, slow)
        quick = checkouts.begin(session, payment.token).idempotency_key
        for id, key, open_now in (
            ("cs_slow", slow, None),
            ("cs_quick", quick, "cs_quick"),
            ("cs_slow", slow, "cs_quick"),
        ):
            page = factories.checkout(
                payment, id=id, status="open", payment_status="unpaid", url="https://stripe.example"
            )
            assert checkouts.record(session, payment.id, page, key).checkout_session_id == open_now


def test_an_open_checkout_page_is_used_again_until_it_ends(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None)
        token = payment.token
        checkouts.begin(session, token)
        opened = factories.checkout(payment, status="open", payment_status="unpaid", url="https://stripe.example/1")
        checkouts.record(session, payment.id, opened)
        assert payment.status == PaymentStatus.OPEN
        assert checkouts.begin(session, token).url == "https://stripe.example/1"
        clock.advance(hours=1)
        again = checkouts.begin(session, token)
        assert again.url is None
        assert again.idempotency_key.endswith(":attempt:2")


@pytest.mark.parametrize(
    ("status", "intent", "then"),
    [
        ("expired", None, PaymentStatus.EXPIRED),
        ("complete", "processing", PaymentStatus.PROCESSING),
        ("complete", None, PaymentStatus.PROCESSING),
        ("complete", "requires_payment_method", PaymentStatus.FAILED),
        ("complete", "canceled", PaymentStatus.FAILED),
        ("complete", "requires_action", PaymentStatus.OPEN),
        ("open", None, PaymentStatus.OPEN),
    ],
)
def test_an_unpaid_payment_follows_what_stripe_says_s2(
    db: Database, status: str, intent: str | None, then: PaymentStatus
) -> None:
    with db.transaction() as session:
        payment = opened(session, factories.maya(session))
        told = factories.checkout(payment, status=status, payment_status="unpaid", intent_status=intent)
        assert checkouts.follow(session, payment.id, told) is (then is not PaymentStatus.OPEN)
        assert payment.status == then
        assert checkouts.follow(session, payment.id, told) is False


def test_a_voucher_that_is_not_paid_yet_is_not_on_its_way_and_keeps_nobody_from_paying_otherwise_c11(
    db: Database,
) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = opened(session, maya)
        first = checkouts.begin(session, payment.token).idempotency_key
        voucher = factories.checkout(
            payment, status="complete", payment_status="unpaid", intent_status="requires_action"
        )
        assert checkouts.follow(session, payment.id, voucher) is False
        assert payments.on_its_way(session, maya) == dollars("0")
        assert payments.page_state(session, payment) is PageState.PAYABLE
        again = checkouts.begin(session, payment.token)
        assert (again.url, again.idempotency_key == first) == (None, False)
        newer = payments.open_link(session, maya, dollars("200.00"), conversation_id=None)
        payments.settle(session, newer.id, factories.checkout(newer))
        paid = dataclasses.replace(voucher, payment_status="paid", intent_status="succeeded")
        assert payments.settle(session, payment.id, paid).credit > dollars("0")


@pytest.mark.parametrize(
    ("intent", "then"), [("processing", PaymentStatus.PROCESSING), ("canceled", PaymentStatus.FAILED)]
)
def test_a_voucher_is_on_its_way_or_has_failed_when_stripe_says_so_s2(
    db: Database, intent: str, then: PaymentStatus
) -> None:
    with db.transaction() as session:
        payment = opened(session, factories.maya(session))
        for said in ("requires_action", intent):
            page = factories.checkout(payment, status="complete", payment_status="unpaid", intent_status=said)
            changed = checkouts.follow(session, payment.id, page)
        assert changed
        assert payment.status == then


@pytest.mark.parametrize("ended", ["expired", "complete"])
def test_after_an_attempt_has_ended_a_new_one_may_begin(db: Database, ended: str) -> None:
    with db.transaction() as session:
        payment = opened(session, factories.maya(session))
        told = factories.checkout(
            payment, status=ended, payment_status="unpaid", intent_status="requires_payment_method"
        )
        checkouts.follow(session, payment.id, told)
        assert payments.page_state(session, payment) is PageState.PAYABLE
        assert checkouts.begin(session, payment.token).idempotency_key.endswith(":attempt:2")
        checkouts.follow(session, payment.id, told)
        assert payment.checkout_session_id is None


def test_what_stripe_says_of_a_former_attempt_changes_nothing_s1(db: Database) -> None:
    with db.transaction() as session:
        payment = opened(session, factories.maya(session))
        late = factories.checkout(payment, id="cs_former", status="expired", payment_status="unpaid")
        assert checkouts.follow(session, payment.id, late) is False
        assert payment.status == PaymentStatus.OPEN


def test_another_payments_page_is_refused(db: Database) -> None:
    with db.transaction() as session:
        payment = opened(session, factories.maya(session))
        foreign = factories.checkout(payment, payment_id=str(uuid.uuid4()), status="open", payment_status="unpaid")
        for act in (checkouts.record, checkouts.follow, payments.settle):
            with pytest.raises(Conflict):
                act(session, payment.id, foreign)
        with pytest.raises(NotFound):
            checkouts.record(session, uuid.uuid4(), foreign)


def test_a_link_that_saves_a_card_asks_with_the_words_agreed_to_and_the_same_again_s3(
    db: Database, clock: SetClock
) -> None:
    paid = Autopaid(db, card=False)
    token = paid.link(dollars("20.00")).token
    with db.transaction() as session:
        first = checkouts.begin(session, token)
    assert first.request.consent == paid.mandate().wording
    clock.advance(minutes=20)
    with db.transaction() as session:
        assert checkouts.begin(session, token) == first


def test_a_consent_withdrawn_before_a_page_opened_is_a_new_attempt_without_it_s3(db: Database) -> None:
    paid = Autopaid(db, card=False)
    token = paid.link(dollars("20.00")).token
    with db.transaction() as session:
        checkouts.begin(session, token)
    paid.withdraw()
    with db.transaction() as session:
        second = checkouts.begin(session, token)
        assert checkouts.begin(session, token) == second
    assert (second.request.consent, second.outdated) == (None, None)
    assert second.idempotency_key.endswith(":attempt:2")


def test_a_page_whose_consent_was_withdrawn_is_closed_before_another_opens_s5(db: Database) -> None:
    paid = Autopaid(db, card=False)
    link = paid.link(dollars("20.00"))
    with db.transaction() as session:
        begun = checkouts.begin(session, link.token)
    page = paid.gateway.create_checkout(begun.request, begun.idempotency_key)
    with db.transaction() as session:
        checkouts.record(session, link.id, page)
    paid.withdraw()
    with db.transaction() as session:
        for _ in range(2):
            outdated = checkouts.begin(session, link.token)
            assert (outdated.outdated, outdated.url) == (page.id, None)
        checkouts.follow(session, link.id, paid.gateway.expire_checkout(page.id))
        anew = checkouts.begin(session, link.token)
    assert (anew.outdated, anew.request.consent) == (None, None)
    assert anew.idempotency_key.endswith(":attempt:2")


def opened(session: sa.orm.Session, customer: Customer, amount: str = "80.50") -> Payment:
    """A payment whose checkout page is open."""
    payment = payments.open_link(session, customer, dollars(amount), conversation_id=None)
    checkouts.begin(session, payment.token)
    page = factories.checkout(payment, status="open", payment_status="unpaid", url="https://stripe.example/1")
    return checkouts.record(session, payment.id, page)
