"""Payment links: what may be asked for, which link lives, and what is said to Stripe."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from bot import policies
from bot.billing import invoices, ledger, payments
from bot.billing.payment_states import may_become
from bot.billing.payments import PageState
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import Customer, Payment, PaymentShare, PaymentStatus
from bot.money import Money
from tests import factories
from tests.conftest import SetClock


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Days and expiries are counted from a known instant."""


def dollars(amount: str) -> Money:
    return Money.of(amount, "USD")


def shares(session: sa.orm.Session, payment: Payment) -> list[int]:
    found = sa.select(PaymentShare).where(PaymentShare.payment_id == payment.id).order_by(PaymentShare.position)
    return [share.amount for share in session.scalars(found)]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("80.50", [8050]), ("120.00", [12000]), ("200.50", [12000, 8050]), ("260.50", [12000, 8050, 6000])],
)
def test_a_payment_falls_on_the_oldest_invoices_first(db: Database, amount: str, expected: list[int]) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars(amount), conversation_id=None)
        assert shares(session, payment) == expected
        assert payment.status == PaymentStatus.CREATED


def test_named_invoices_come_first(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        second = invoices.standing(session, maya).items[1].invoice
        payment = payments.open_link(session, maya, dollars("100.00"), conversation_id=None, invoice_ids=[second.id])
        found = session.scalars(sa.select(PaymentShare).order_by(PaymentShare.position)).all()
        assert [(share.invoice_id == second.id, share.amount, share.named) for share in found] == [
            (True, 8050, True),
            (False, 1950, False),
        ]
        assert payment.amount == 10000


def test_a_disputed_invoice_takes_nothing_unless_it_is_named_c9(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        disputed = factories.invoice(session, customer, "150.00", late=30, disputed=True)
        factories.invoice(session, customer, "75.25", late=20)
        payment = payments.open_link(session, customer, dollars("100.00"), conversation_id=None)
        assert shares(session, payment) == [7525]
        named = payments.open_link(
            session, customer, dollars("100.00"), conversation_id=None, invoice_ids=[disputed.id]
        )
        assert shares(session, named) == [10000]


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        (Money(0, "USD"), "more than nothing"),
        (Money(-100, "USD"), "more than nothing"),
        (Money(49, "USD"), "smallest payment"),
        (Money(26051, "USD"), r"\$260\.50"),
        (Money(10**9, "USD"), "largest"),
        (Money(1000, "EUR"), "USD"),
    ],
)
def test_an_amount_that_cannot_be_paid_is_refused_with_what_would_do_s4(db: Database, amount: Money, says: str) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        with pytest.raises(InvalidInput, match=says):
            payments.open_link(session, maya, amount, conversation_id=None)
        assert session.scalars(sa.select(Payment)).all() == []


def test_nothing_is_taken_where_nothing_is_owed(db: Database) -> None:
    with db.transaction() as session, pytest.raises(InvalidInput, match="Nothing is open"):
        payments.open_link(session, factories.customer(session), dollars("5.00"), conversation_id=None)


def test_another_customers_invoice_is_not_found(db: Database) -> None:
    with db.transaction() as session:
        theirs = factories.invoice(session, factories.customer(session))
        with pytest.raises(NotFound):
            payments.open_link(
                session, factories.maya(session), dollars("5.00"), conversation_id=None, invoice_ids=[theirs.id]
            )


def test_the_same_request_again_is_the_same_link(db: Database) -> None:
    with db.transaction() as session:
        maya, conversation = factories.maya(session), factories.conversation(session)
        first = payments.open_link(session, maya, dollars("50.00"), conversation_id=conversation.id)
        again = payments.open_link(session, maya, dollars("50.00"), conversation_id=conversation.id)
        assert again is first
        assert first.superseded_at is None


def test_a_newer_link_replaces_the_older(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        older = payments.open_link(session, maya, dollars("50.00"), conversation_id=None)
        newer = payments.open_link(session, maya, dollars("60.00"), conversation_id=None)
        assert payments.page_state(session, older) is PageState.SUPERSEDED
        assert payments.page_state(session, newer) is PageState.PAYABLE
        with pytest.raises(Conflict):
            payments.begin_checkout(session, older.token)


def test_a_replaced_link_is_not_revived_by_asking_for_its_amount_again(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        first = payments.open_link(session, maya, dollars("50.00"), conversation_id=None)
        payments.open_link(session, maya, dollars("60.00"), conversation_id=None)
        assert payments.open_link(session, maya, dollars("50.00"), conversation_id=None).id != first.id


def test_a_payment_on_its_way_is_not_replaced(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        first = payments.open_link(session, maya, dollars("50.00"), conversation_id=None)
        first.status = PaymentStatus.PROCESSING
        payments.open_link(session, maya, dollars("60.00"), conversation_id=None)
        assert payments.page_state(session, first) is PageState.PROCESSING


def test_a_link_is_ours_random_and_found_by_its_token_only(db: Database) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("50.00"), conversation_id=None)
        assert payments.link(payment) == f"https://pay.example/pay/{payment.token}"
        assert len(payment.token) >= 32
        assert payments.find(session, payment.token) is payment
        with pytest.raises(NotFound):
            payments.find(session, str(payment.id))


def test_an_old_link_expires(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("50.00"), conversation_id=None)
        clock.advance(days=policies.payments().link_days)
        assert payments.page_state(session, payment) is PageState.EXPIRED
        assert payments.open_link(session, maya, dollars("50.00"), conversation_id=None).id != payment.id


def test_a_link_asks_for_no_more_than_is_still_owed_c11(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("260.50"), conversation_id=None)
        first = invoices.standing(session, maya).items[0].invoice
        account = ledger.invoice_account(first.id)
        ledger.post(session, source=account, destination="imported", amount=dollars("0.01"), reference="elsewhere")
        assert payments.page_state(session, payment) is PageState.SETTLED_ELSEWHERE


def test_the_checkout_request_names_no_debt_and_no_person_p1(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("80.50"), conversation_id=None)
        begun = payments.begin_checkout(session, payment.token)
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
        first = payments.begin_checkout(session, token)
    clock.advance(minutes=20)
    with db.transaction() as session:
        assert payments.begin_checkout(session, token) == first


def test_an_attempt_that_stripe_would_no_longer_take_is_begun_anew_s3(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        token = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None).token
        payments.begin_checkout(session, token)
    clock.advance(minutes=policies.payments().checkout_minutes - 30)
    with db.transaction() as session:
        begun = payments.begin_checkout(session, token)
    assert begun.idempotency_key.endswith(":attempt:2")
    assert (begun.request.expires_at - clock.now()).total_seconds() == policies.payments().checkout_minutes * 60


def test_after_stripe_failed_the_next_click_is_a_new_attempt_but_never_beside_an_open_page_s3(db: Database) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None)
        first = payments.begin_checkout(session, payment.token)
        payments.give_up_attempt(session, payment.id, first.idempotency_key)
        second = payments.begin_checkout(session, payment.token)
        assert second.idempotency_key.endswith(":attempt:2")
        payments.give_up_attempt(session, payment.id, first.idempotency_key)
        assert payments.begin_checkout(session, payment.token) == second
        page = factories.checkout(payment, status="open", payment_status="unpaid", url="https://stripe.example/1")
        payments.record_checkout(session, payment.id, page)
        payments.give_up_attempt(session, payment.id, second.idempotency_key)
        assert payments.begin_checkout(session, payment.token).url == page.url


def test_an_open_checkout_page_is_used_again_until_it_ends(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None)
        token = payment.token
        payments.begin_checkout(session, token)
        opened = factories.checkout(payment, status="open", payment_status="unpaid", url="https://stripe.example/1")
        payments.record_checkout(session, payment.id, opened)
        assert payment.status == PaymentStatus.OPEN
        assert payments.begin_checkout(session, token).url == "https://stripe.example/1"
        clock.advance(hours=1)
        again = payments.begin_checkout(session, token)
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
        ("open", None, PaymentStatus.OPEN),
    ],
)
def test_an_unpaid_payment_follows_what_stripe_says_s2(
    db: Database, status: str, intent: str | None, then: PaymentStatus
) -> None:
    with db.transaction() as session:
        payment = opened(session, factories.maya(session))
        told = factories.checkout(payment, status=status, payment_status="unpaid", intent_status=intent)
        assert payments.follow(session, payment.id, told) is (then is not PaymentStatus.OPEN)
        assert payment.status == then
        assert payments.follow(session, payment.id, told) is False


@pytest.mark.parametrize("ended", ["expired", "complete"])
def test_after_an_attempt_has_ended_a_new_one_may_begin(db: Database, ended: str) -> None:
    with db.transaction() as session:
        payment = opened(session, factories.maya(session))
        told = factories.checkout(
            payment, status=ended, payment_status="unpaid", intent_status="requires_payment_method"
        )
        payments.follow(session, payment.id, told)
        assert payments.page_state(session, payment) is PageState.PAYABLE
        assert payments.begin_checkout(session, payment.token).idempotency_key.endswith(":attempt:2")
        payments.follow(session, payment.id, told)
        assert payment.checkout_session_id is None


def test_what_stripe_says_of_a_former_attempt_changes_nothing_s1(db: Database) -> None:
    with db.transaction() as session:
        payment = opened(session, factories.maya(session))
        late = factories.checkout(payment, id="cs_former", status="expired", payment_status="unpaid")
        assert payments.follow(session, payment.id, late) is False
        assert payment.status == PaymentStatus.OPEN


@pytest.mark.parametrize("status", list(PaymentStatus))
def test_a_payment_never_moves_backwards_s1(status: PaymentStatus) -> None:
    paid = {PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED, PaymentStatus.CHARGED_BACK}
    for then in PaymentStatus:
        if status in paid and then not in paid:
            assert not may_become(status, then)
        assert not may_become(then, PaymentStatus.CREATED)
    assert may_become(status, PaymentStatus.SUCCEEDED) is (status not in paid)
    assert not may_become(status, status)


def test_another_payments_page_is_refused(db: Database) -> None:
    with db.transaction() as session:
        payment = opened(session, factories.maya(session))
        foreign = factories.checkout(payment, payment_id=str(uuid.uuid4()), status="open", payment_status="unpaid")
        for act in (payments.record_checkout, payments.follow, payments.settle):
            with pytest.raises(Conflict):
                act(session, payment.id, foreign)
        with pytest.raises(NotFound):
            payments.record_checkout(session, uuid.uuid4(), foreign)


def test_payments_that_stripe_may_know_more_of_are_found_again_s1(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        never_begun = payments.open_link(session, maya, dollars("10.00"), conversation_id=None)
        replaced = opened(session, maya)
        payments.open_link(session, maya, dollars("20.00"), conversation_id=None)
        clock.advance(minutes=10)
        fresh = opened(session, maya, "30.00")
        due = payments.due_for_reconciliation(session, clock.now())
    assert never_begun.status == PaymentStatus.CREATED
    assert [payment.id for payment in due] == [replaced.id]
    assert fresh.id not in {payment.id for payment in due}


def test_a_replaced_links_checkout_page_is_left_to_be_closed(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        replaced = opened(session, maya)
        assert payments.left_open(session) == []
        payments.open_link(session, maya, dollars("20.00"), conversation_id=None)
        assert payments.left_open(session) == [replaced]
        closed = factories.checkout(replaced, status="expired", payment_status="unpaid")
        payments.follow(session, replaced.id, closed)
        assert payments.left_open(session) == []


def test_the_history_has_what_was_paid_or_is_on_its_way_newest_first(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        paid = opened(session, maya, "10.00")
        payments.settle(session, paid.id, factories.checkout(paid))
        clock.advance(minutes=1)
        moving = opened(session, maya, "20.00")
        told = factories.checkout(moving, payment_status="unpaid", intent_status="processing")
        payments.follow(session, moving.id, told)
        payments.open_link(session, maya, dollars("30.00"), conversation_id=None)
        assert payments.history(session, maya) == [moving, paid]
        assert payments.history(session, factories.customer(session)) == []


def opened(session: sa.orm.Session, customer: Customer, amount: str = "80.50") -> Payment:
    """A payment whose checkout page is open."""
    payment = payments.open_link(session, customer, dollars(amount), conversation_id=None)
    payments.begin_checkout(session, payment.token)
    page = factories.checkout(payment, status="open", payment_status="unpaid", url="https://stripe.example/1")
    return payments.record_checkout(session, payment.id, page)
