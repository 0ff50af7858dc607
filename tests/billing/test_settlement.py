"""Settlement: money that Stripe took reaches the ledger exactly once, whatever repeats or races (S5)."""

from __future__ import annotations

import threading
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.billing import invoices, ledger, payments, plans
from bot.billing.invoices import OpenInvoice, Standing
from bot.billing.payments import checkouts
from bot.billing.payments.settlement import Settlement, allocate
from bot.db import Database
from bot.errors import Conflict, InvalidInput
from bot.models import Case, Customer, Invoice, Payment, PaymentStatus, PlanStatus, Posting
from bot.money import Money, total
from tests import factories


def dollars(amount: str) -> Money:
    return Money.of(amount, "USD")


def moved(session: sa.orm.Session) -> int:
    return int(session.scalar(sa.select(sa.func.count()).where(Posting.destination == ledger.STRIPE)) or 0)


def test_a_paid_payment_is_posted_to_its_invoices(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("150.50"), conversation_id=None)
        done = payments.settle(session, payment.id, factories.checkout(payment))
        assert done.first
        assert [(invoice.number, amount) for invoice, amount in done.applied] == [
            ("INV-1001", dollars("120.00")),
            ("INV-1002", dollars("30.50")),
        ]
        assert (done.amount, done.credit) == (dollars("150.50"), dollars("0.00"))
        assert (done.balance, done.overdue_after) == (dollars("110.00"), dollars("50.00"))
        assert payment.status == PaymentStatus.SUCCEEDED
        assert payment.settled_at is not None
        assert ledger.balance(session, ledger.STRIPE, "USD") == dollars("150.50")
        assert payments.page_state(session, payment) is payments.PageState.PAID


def test_the_same_money_again_moves_nothing_and_says_the_same_s5(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("260.50"), conversation_id=None)
        paid = factories.checkout(payment, amount=dollars("300.00"))
        first = payments.settle(session, payment.id, paid)
    with db.transaction() as session:
        again = payments.settle(session, payment.id, paid)
        assert moved(session) == 4
    assert (first.first, again.first) == (True, False)
    assert facts(again) == facts(first)


def facts(done: Settlement) -> Any:
    applied = [(invoice.number, amount) for invoice, amount in done.applied]
    return done.payment.id, done.amount, applied, done.credit, done.balance, done.overdue_after


def test_two_pages_of_one_payment_that_were_both_paid_lose_no_money_s5(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("200.50"), conversation_id=None)
        payments.settle(session, payment.id, factories.checkout(payment))
        second = payments.settle(session, payment.id, factories.checkout(payment, id="cs_other"))
        assert second.first
        assert [(invoice.number, amount) for invoice, amount in second.applied] == [("INV-1003", dollars("60.00"))]
        assert second.credit == dollars("140.50")
        assert invoices.standing(session, maya).credit == dollars("140.50")


def test_the_session_and_its_intent_are_the_same_money_s5(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        for order in (1, -1):
            payment = payments.open_link(session, maya, dollars("80.00"), conversation_id=None)
            page = factories.checkout(payment)
            intent = factories.intent(payment, id=page.payment_intent)
            results = [payments.settle(session, payment.id, takings) for takings in (page, intent)[::order]]
            assert [done.first for done in results] == [True, False]
            assert payment.payment_intent_id == intent.id
        assert ledger.balance(session, ledger.STRIPE, "USD") == dollars("160.00")


def test_of_an_overpayment_the_desk_hears_once_each_time_without_an_amount_s5(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("260.50"), conversation_id=None)
        for id_ in ("pi_first", "pi_second", "pi_second", "pi_third"):
            payments.settle(session, payment.id, factories.intent(payment, id=id_))
        cases = session.scalars(sa.select(Case).order_by(Case.id)).all()
        assert [(case.kind, case.customer_id) for case in cases] == [("overpayment", maya.id)] * 2
        assert all("paid a second time" in case.summary and str(payment.id) in case.summary for case in cases)
        robin = factories.customer(session)
        factories.invoice(session, robin, "10.00")
        other = payments.open_link(session, robin, dollars("10.00"), conversation_id=None)
        payments.settle(session, other.id, factories.intent(other, amount=dollars("10.01")))
        case = session.scalars(sa.select(Case).order_by(Case.id.desc()).limit(1)).one()
        assert "above what was owed" in case.summary
        assert not any(digits in case.summary for digits in ("10.01", "0.01", "260"))


def test_what_came_in_above_the_balance_is_credit_s5(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        older = payments.open_link(session, maya, dollars("260.50"), conversation_id=None)
        newer = payments.open_link(session, maya, dollars("100.00"), conversation_id=None)
        payments.settle(session, newer.id, factories.checkout(newer))
        done = payments.settle(session, older.id, factories.checkout(older))
        assert done.credit == dollars("100.00")
        assert (done.balance, done.overdue_after) == (dollars("0.00"), dollars("0.00"))
        assert invoices.standing(session, maya).items == []
        ledger.trial_balance(session)


def test_what_came_into_dispute_since_is_not_paid_c9(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("120.00"), conversation_id=None)
        first = invoices.standing(session, maya).items[0].invoice
        factories.hold(session, first)
        done = payments.settle(session, payment.id, factories.checkout(payment))
        assert [(invoice.number, amount.minor) for invoice, amount in done.applied] == [
            ("INV-1002", 8050),
            ("INV-1003", 3950),
        ]


def test_a_disputed_invoice_that_the_customer_named_is_paid_c9(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        disputed = factories.invoice(session, customer, "150.00", disputed=True)
        payment = payments.open_link(
            session, customer, dollars("150.00"), conversation_id=None, invoice_ids=[disputed.id]
        )
        done = payments.settle(session, payment.id, factories.checkout(payment))
        assert [invoice.id for invoice, _ in done.applied] == [disputed.id]


@pytest.mark.parametrize(
    "given", [{"payment_status": "unpaid"}, {"amount": Money(8050, "EUR")}, {"payment_id": str(uuid.uuid4())}]
)
def test_only_what_stripe_calls_paid_is_settled_s2(db: Database, given: dict[str, Any]) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None)
        with pytest.raises(Conflict):
            payments.settle(session, payment.id, factories.checkout(payment, **given))
        assert moved(session) == 0


@pytest.mark.parametrize("status", [PaymentStatus.EXPIRED, PaymentStatus.FAILED, PaymentStatus.PROCESSING])
def test_stripes_word_that_it_is_paid_holds_whatever_was_heard_before_s1(db: Database, status: PaymentStatus) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None)
        payment.status = status
        assert payments.settle(session, payment.id, factories.checkout(payment)).first
        assert payment.status == PaymentStatus.SUCCEEDED


def test_a_late_word_about_an_unpaid_page_does_not_undo_a_payment_s1(db: Database) -> None:
    with db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None)
        paid = factories.checkout(payment)
        payments.settle(session, payment.id, paid)
        late = factories.checkout(payment, id=paid.id, status="expired", payment_status="unpaid")
        assert checkouts.follow(session, payment.id, late) is False
        assert payment.status == PaymentStatus.SUCCEEDED


def test_a_plan_that_is_paid_off_is_completed(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, plans.quote(session, maya, conversation_id=None)[0].id, maya)
        for amount, status in (("100.00", PlanStatus.ACTIVE), ("100.50", PlanStatus.COMPLETED)):
            payment = payments.open_link(session, maya, dollars(amount), conversation_id=None)
            payments.settle(session, payment.id, factories.checkout(payment))
            assert plan.status == status
        assert plans.current(session, maya) is None


def test_however_many_settle_at_once_the_money_moves_once_s5(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("200.50"), conversation_id=None)
    paid = factories.checkout(payment)
    results = _at_once([lambda session: payments.settle(session, payment.id, paid).first] * 4, db)
    assert sorted(results) == [False, False, False, True]
    with db.reading() as session:
        assert moved(session) == 2
        assert ledger.balance(session, ledger.STRIPE, "USD") == dollars("200.50")


def test_fifty_who_hear_of_it_by_the_session_or_the_intent_settle_once_s5(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("260.50"), conversation_id=None)
    page = factories.checkout(payment, amount=dollars("300.00"))
    intent = factories.intent(payment, id=page.payment_intent, amount=dollars("300.00"))
    results = _at_once(
        [lambda session: payments.settle(session, payment.id, page).first] * 25
        + [lambda session: payments.settle(session, payment.id, intent).first] * 25,
        db,
    )
    assert sorted(results) == [False] * 49 + [True]
    with db.reading() as session:
        assert moved(session) == 4
        assert session.scalar(sa.select(sa.func.count()).select_from(Case)) == 1


def test_links_and_settlements_of_one_customer_at_once_neither_deadlock_nor_overpay_s5(db: Database) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        older = payments.open_link(session, maya, dollars("260.50"), conversation_id=None)
        newer = payments.open_link(session, maya, dollars("200.50"), conversation_id=None)

    def settle(payment: Payment) -> Any:
        return lambda session: payments.settle(session, payment.id, factories.checkout(payment)).first

    def ask(session: sa.orm.Session) -> object:
        return payments.open_link(session, session.get_one(Customer, maya.id), dollars("1.00"), conversation_id=None)

    def asked(session: sa.orm.Session) -> object:
        try:
            return ask(session)
        except InvalidInput:
            return "nothing is open any more"

    assert len(_at_once([settle(older), settle(newer), asked, asked], db)) == 4
    with db.reading() as session:
        standing = invoices.standing(session, session.get_one(Customer, maya.id))
        assert (standing.total, standing.credit) == (dollars("0.00"), dollars("200.50"))


def _at_once(acts: list[Any], db: Database) -> list[Any]:
    results: list[Any] = []
    ready = threading.Barrier(len(acts))

    def run(act: Any) -> None:
        ready.wait()
        with db.transaction() as session:
            results.append(act(session))

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


OWED = st.lists(st.tuples(st.integers(1, 10**6), st.booleans()), min_size=1, max_size=6)
SHARES = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 10**6), st.booleans()), max_size=6)


@given(owed=OWED, meant=SHARES, minor=st.integers(1, 4 * 10**6))
def test_an_allocation_never_overpays_an_invoice_and_wastes_nothing_s5_c9(
    owed: list[tuple[int, bool]], meant: list[tuple[int, int, bool]], minor: int
) -> None:
    items = [OpenInvoice(Invoice(id=uuid.uuid4()), Money(amount, "USD"), 1, disputed) for amount, disputed in owed]
    chosen = {index: (amount, named) for index, amount, named in meant}
    shares: Any = [
        SimpleNamespace(
            invoice_id=items[index].invoice.id if index < len(items) else uuid.uuid4(), amount=amount, named=named
        )
        for index, (amount, named) in chosen.items()
    ]
    standing = Standing("USD", items, Money.zero("USD"))
    parts = {invoice.id: amount for invoice, amount in allocate(Money(minor, "USD"), shares, standing)}
    by_id = {item.invoice.id: item for item in items}
    assert all(Money.zero("USD") < amount <= by_id[id_].owed for id_, amount in parts.items())
    named = {items[index].invoice.id for index, (_, is_named) in chosen.items() if is_named and index < len(items)}
    assert not [id_ for id_ in parts if by_id[id_].disputed and id_ not in named]
    applied = total(parts.values(), "USD")
    assert applied <= Money(minor, "USD")
    if applied < Money(minor, "USD"):
        assert all(parts.get(item.invoice.id) == item.owed for item in items if not item.disputed)


@given(amounts=st.lists(st.integers(50, 20000), min_size=1, max_size=5))
def test_after_any_payments_what_is_owed_and_paid_and_credited_agree_s7(
    sqlite_db: Database, amounts: list[int]
) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        for owed in ("120.00", "80.50", "60.00"):
            factories.invoice(session, customer, owed)
        for minor in amounts:
            due = invoices.standing(session, customer).total
            if due.minor < 50:
                break
            asked = Money(min(minor, due.minor), "USD")
            if due.minor - asked.minor < 50:
                asked = due  # a rest that no card can pay is not left by a link
            payment = payments.open_link(session, customer, asked, conversation_id=None)
            paid = factories.checkout(payment, amount=Money(minor, "USD"))
            before = invoices.standing(session, customer)
            done = payments.settle(session, payment.id, paid)
            assert total((amount for _, amount in done.applied), "USD") + done.credit == paid.amount
            assert before.total - done.balance == paid.amount - done.credit
        ledger.trial_balance(session)
