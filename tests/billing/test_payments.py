"""Payment links: what may be asked for, which link lives, and what is said to Stripe."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot import policies
from bot.billing import invoices, ledger, payments, plans
from bot.billing.payments import PageState, checkouts
from bot.billing.payments.payment_states import may_become
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


@pytest.mark.parametrize(
    ("currency", "owed", "asked", "fits"),
    [
        ("JPY", "5000", 2_500, True),
        ("JPY", "5000", 49, False),
        ("KWD", "5.000", 2_500, True),
        ("KWD", "5.000", 2_505, False),  # Stripe takes thousandths of a dinar in tens
        ("BRL", "480.00", 49, False),
        ("GBP", "75.25", 30, True),
        ("ISK", "5000", 2_500, True),
    ],
)
def test_each_currency_has_its_own_units_and_bounds_s4(
    sqlite_db: Database, currency: str, owed: str, asked: int, fits: bool
) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session, currency=currency)
        factories.invoice(session, customer, owed)
        amount = Money(asked, currency)
        if not fits:
            with pytest.raises(InvalidInput):
                payments.open_link(session, customer, amount, conversation_id=None)
            return
        payment = payments.open_link(session, customer, amount, conversation_id=None)
        request = checkouts.begin(session, payment.token).request
        assert request.amount == amount
        assert shares(session, payment) == [asked]


@pytest.mark.parametrize(
    ("amount", "whole"),
    [
        (Money.of("99.80", "USD"), Money.of("100.00", "USD")),
        (Money.of("99.51", "USD"), Money.of("100.00", "USD")),
        (Money.of("999.80", "MXN"), Money.of("1000.00", "MXN")),
        (Money.of("970", "JPY"), Money.of("1000", "JPY")),
    ],
)
def test_no_rest_is_left_that_nobody_could_pay_s4(db: Database, amount: Money, whole: Money) -> None:
    with db.transaction() as session:
        customer = factories.customer(session, currency=amount.currency)
        factories.invoice(session, customer, str(whole.major))
        with pytest.raises(InvalidInput, match=r"leave .+ pay all of it, .+ or a little less") as caught:
            payments.open_link(session, customer, amount, conversation_id=None)
        assert caught.value.about == whole
        assert payments.open_link(session, customer, whole, conversation_id=None).amount == whole.minor


@pytest.mark.parametrize("amount", ["100.00", "99.50", "60.00"])
def test_a_rest_that_can_be_paid_is_left_s4(db: Database, amount: str) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, "100.00")
        assert payments.open_link(session, customer, dollars(amount), conversation_id=None)


def test_a_rest_that_takes_several_payments_is_left_s4(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, "2000000.00")
        assert payments.open_link(session, customer, dollars("100.00"), conversation_id=None)


def test_a_small_rest_that_is_disputed_keeps_nobody_from_paying_all_the_others_c9(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, "100.00")
        factories.hold(session, factories.invoice(session, customer, "0.20", late=5))
        assert payments.open_link(session, customer, dollars("100.00"), conversation_id=None)
        with pytest.raises(InvalidInput, match="leave"):
            payments.open_link(session, customer, dollars("99.90"), conversation_id=None)


def test_a_thousandth_that_no_card_can_pay_is_left_without_ado_s4(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session, currency="KWD")
        factories.invoice(session, customer, "10.005")
        assert payments.open_link(session, customer, Money.of("10.000", "KWD"), conversation_id=None)


def test_several_named_invoices_take_their_own_sum(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        items = invoices.standing(session, maya).items
        ids = [items[0].invoice.id, items[2].invoice.id]
        payment = payments.open_link(session, maya, dollars("180.00"), conversation_id=None, invoice_ids=ids)
        assert shares(session, payment) == [12000, 6000]


def test_invoices_that_we_chose_are_not_named_by_the_customer_c9(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        disputed = factories.invoice(session, customer, "150.00", late=30, disputed=True)
        open_ = factories.invoice(session, customer, "75.25", late=20)
        ids = [disputed.id, open_.id]
        payment = payments.open_link(
            session, customer, dollars("50.00"), conversation_id=None, invoice_ids=ids, named=False
        )
        [share] = session.scalars(sa.select(PaymentShare).where(PaymentShare.payment_id == payment.id))
        assert (share.invoice_id, share.amount, share.named) == (open_.id, 5000, False)


def test_what_the_customer_named_in_their_plan_is_paid_even_in_dispute_c9(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        bill = factories.invoice(session, customer, "150.00", late=30)
        other = factories.invoice(session, customer, "75.25", late=20)
        [plan, *_] = plans.quote(session, customer, conversation_id=None, invoice_ids=[bill.id])
        plans.agree(session, plan.id, customer)
        for invoice in (bill, other):
            factories.hold(session, invoice)
        ids = [bill.id, other.id]
        link = payments.open_link(
            session, customer, dollars("50.00"), conversation_id=None, invoice_ids=ids, named=False
        )
        settled = payments.settle(session, link.id, factories.checkout(link))
        assert (settled.applied, settled.credit) == ([(bill, dollars("50.00"))], dollars("0.00"))
        plans.cancel(session, plan.id, customer)
        link = payments.open_link(
            session, customer, dollars("50.00"), conversation_id=None, invoice_ids=ids, named=False
        )
        assert shares(session, link) == []


def test_what_is_on_its_way_leaves_only_the_rest_to_be_asked_for_s2(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        moving = payments.open_link(session, maya, dollars("120.00"), conversation_id=None)
        moving.status = PaymentStatus.PROCESSING
        rest = payments.open_link(session, maya, dollars("140.50"), conversation_id=None)
        assert payments.on_its_way(session, maya) == dollars("120.00")
        assert payments.page_state(session, rest) is PageState.PAYABLE
        with pytest.raises(InvalidInput, match=r"\$120\.00 is already on its way"):
            payments.open_link(session, maya, dollars("140.51"), conversation_id=None)
        moving.amount = dollars("120.01").minor
        assert payments.page_state(session, rest) is PageState.WAITING
        with pytest.raises(Conflict) as refused:
            checkouts.begin(session, rest.token)
        assert refused.value.about is PageState.WAITING
        moving.status = PaymentStatus.FAILED
        assert payments.page_state(session, rest) is PageState.PAYABLE


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


def test_naming_an_invoice_that_we_chose_before_makes_a_new_link_c9(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        invoice = factories.invoice(session, customer, "100.00")
        factories.invoice(session, customer, "50.00", late=5)
        ours = payments.open_link(
            session, customer, dollars("100.00"), conversation_id=None, invoice_ids=[invoice.id], named=False
        )
        factories.hold(session, invoice)
        theirs = payments.open_link(
            session, customer, dollars("100.00"), conversation_id=None, invoice_ids=[invoice.id]
        )
        assert (ours.id == theirs.id, ours.superseded_at is None) == (False, False)
        settled = payments.settle(session, theirs.id, factories.checkout(theirs))
        assert [(item.id, part) for item, part in settled.applied] == [(invoice.id, dollars("100.00"))]


def test_a_newer_link_replaces_the_older(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        older = payments.open_link(session, maya, dollars("50.00"), conversation_id=None)
        newer = payments.open_link(session, maya, dollars("60.00"), conversation_id=None)
        assert payments.page_state(session, older) is PageState.SUPERSEDED
        assert payments.page_state(session, newer) is PageState.PAYABLE
        with pytest.raises(Conflict):
            checkouts.begin(session, older.token)


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


@pytest.mark.parametrize("token", ["", "\0", "a\0b", "a b", "a\n", "é", "\ud800", "a" * 65])
def test_what_no_token_can_be_is_not_found(db: Database, token: str) -> None:
    with db.reading() as session, pytest.raises(NotFound):
        payments.find(session, token)


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


@pytest.mark.parametrize("status", list(PaymentStatus))
def test_a_payment_never_moves_backwards_s1(status: PaymentStatus) -> None:
    paid = {PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED, PaymentStatus.CHARGED_BACK}
    for then in PaymentStatus:
        if status in paid and then not in paid:
            assert not may_become(status, then)
        assert not may_become(then, PaymentStatus.CREATED)
    assert may_become(status, PaymentStatus.SUCCEEDED) is (status != PaymentStatus.SUCCEEDED)
    assert not may_become(status, status)


def test_the_history_has_what_was_paid_or_is_on_its_way_newest_first(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        paid = opened(session, maya, "10.00")
        payments.settle(session, paid.id, factories.checkout(paid))
        clock.advance(minutes=1)
        moving = opened(session, maya, "20.00")
        told = factories.checkout(moving, payment_status="unpaid", intent_status="processing")
        checkouts.follow(session, moving.id, told)
        payments.open_link(session, maya, dollars("30.00"), conversation_id=None)
        assert payments.history(session, maya) == [moving, paid]
        assert payments.history(session, factories.customer(session)) == []


def opened(session: sa.orm.Session, customer: Customer, amount: str = "80.50") -> Payment:
    """A payment whose checkout page is open."""
    payment = payments.open_link(session, customer, dollars(amount), conversation_id=None)
    checkouts.begin(session, payment.token)
    page = factories.checkout(payment, status="open", payment_status="unpaid", url="https://stripe.example/1")
    return checkouts.record(session, payment.id, page)
