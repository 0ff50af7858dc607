"""The statement: every balance in it is a sum of the ledger (S7), and nothing in it presses (K2, K3, C9)."""

from __future__ import annotations

import datetime as dt
from itertools import accumulate

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.billing import ledger, payments, plans
from bot.db import Database
from bot.documents import statement
from bot.documents.lines import LineKind
from bot.documents.statement import Statement
from bot.models import Customer, Hold, HoldStatus, PlanStatus, Posting
from bot.money import Money, total
from tests import factories
from tests.conftest import SetClock
from tests.documents.reading import opened


def dollars(amount: str) -> Money:
    return Money.of(amount, "USD")


def paid(session: Session, customer: Customer, amount: str) -> None:
    payment = payments.open_link(session, customer, Money.of(amount, customer.currency), conversation_id=None)
    payments.settle(session, payment.id, factories.checkout(payment))


def agrees(facts: Statement) -> bool:
    """Whether every sum of a statement holds: the columns, the lines, the totals."""
    listed = facts.invoices.shown
    history = facts.history
    sums = accumulate((line.amount.minor for line in history.lines), initial=history.opening.minor)
    return (
        all(each.amount - each.paid + each.adjusted == each.open for each in listed)
        and total((each.open for each in listed), facts.open.currency) + facts.invoices.more_sum == facts.open
        and facts.open - facts.credit == facts.balance == history.closing
        and [line.balance.minor for line in history.lines] == list(sums)[1:]
    )


def test_a_statement_lists_what_is_open_paid_and_came_s7(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        clock.advance(days=1)
        paid(session, maya, "150.50")
        facts = statement.read(session, maya, locale="en-US")
    assert [(each.number, each.paid.minor, each.open.minor) for each in facts.invoices.shown] == [
        ("INV-1001", 12000, 0),
        ("INV-1002", 3050, 5000),
        ("INV-1003", 0, 6000),
    ]
    assert [(line.kind, line.number, line.amount.minor, line.balance.minor) for line in facts.history.lines] == [
        (LineKind.BILLED, "INV-1001", 12000, 12000),
        (LineKind.BILLED, "INV-1002", 8050, 20050),
        (LineKind.BILLED, "INV-1003", 6000, 26050),
        (LineKind.PAYMENT, None, -15050, 11000),
    ]
    assert (facts.open, facts.credit, facts.history.paid) == (dollars("110"), dollars("0"), dollars("150.50"))
    assert agrees(facts)


def test_it_offers_a_way_that_suits_and_thanks_k3_k9(sqlite_db: Database, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        maya = factories.maya(session)
        paid(session, maya, "150.50")
        facts = statement.read(session, maya, locale="en-US")
        text = opened(statement.render(facts)).text
        assert "Pay whenever suits you" in text
        assert "Thank you for the $150.50 that you have paid since March 2, 2025." in text
        paid(session, maya, "110.00")
        text = opened(statement.render(statement.read(session, maya, locale="en-US"))).text
    assert "Nothing is open on your account. Thank you." in text
    assert "Pay whenever" not in text


def test_a_disputed_invoice_is_under_review_until_the_dispute_ends_c9(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        disputed = factories.invoice(session, customer, "150.00", late=60)
        factories.invoice(session, customer, "75.25")
        hold = factories.hold(session, disputed)
        facts = statement.read(session, customer, locale="en-US")
        assert facts.disputed == dollars("150")
        assert [each.disputed for each in facts.invoices.shown] == [True, False]
        text = opened(statement.render(facts)).text
        assert "Under review" in text
        assert "You needn't pay it while we do." in text
        then = clock.now()
        clock.advance(hours=1)
        lifted = session.get_one(Hold, hold.id)
        lifted.status, lifted.lifted_at = HoldStatus.LIFTED, clock.now()
        session.flush()
        assert not statement.read(session, customer, locale="en-US").disputed
        assert statement.read(session, customer, locale="en-US", as_of=then).disputed == dollars("150")


def test_where_all_that_is_open_is_under_review_no_way_to_pay_it_is_named_and_nothing_is_called_clear_c9_c11(
    sqlite_db: Database, clock: SetClock
) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        factories.hold(session, factories.invoice(session, customer, "150.00", late=60))
        facts = statement.read(session, customer, locale="en-US")
    text = opened(statement.render(facts)).text
    assert "You needn't pay it while we do." in text
    assert "Pay whenever" not in text
    assert "Nothing is open" not in text


def test_credit_is_shown_beside_what_is_open_s5(sqlite_db: Database, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(session, maya, dollars("260.50"), conversation_id=None)
        payments.settle(session, payment.id, factories.checkout(payment, amount=dollars("300.00")))
        clock.advance(days=1)
        factories.invoice(session, maya, "25.00", late=0)
        facts = statement.read(session, maya, locale="en-US")
    assert (facts.open, facts.credit, facts.balance) == (dollars("25"), dollars("39.50"), dollars("-14.50"))
    assert agrees(facts)
    text = opened(statement.render(facts)).text
    assert "Credit kept for you $39.50 Balance -$14.50" in text
    assert "A balance with a minus is credit in your favour." in text


def test_each_kind_of_change_has_its_words_and_no_cent_is_lost_s7_c11(sqlite_db: Database, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        invoice = factories.invoice(session, customer, "100.00", late=400)
        owed, credit = ledger.invoice_account(invoice.id), ledger.credit_account(customer.id)
        moves = [
            (owed, ledger.STRIPE, "40.00", "payment:x:cs:0"),
            (credit, ledger.STRIPE, "5.00", "payment:x:cs:1"),
            (owed, ledger.IMPORTED, "10.00", "import:x"),
            (owed, ledger.WRITE_OFFS, "7.00", "w"),
            (owed, ledger.DISCOUNTS, "3.00", "d"),
            (owed, ledger.ADJUSTMENTS, "2.00", "a"),
            (ledger.ADJUSTMENTS, owed, "1.00", "b"),
            (owed, credit, "5.00", "c"),
        ]
        for source, destination, amount, reference in moves:
            clock.advance(minutes=1)
            ledger.post(session, source=source, destination=destination, amount=dollars(amount), reference=reference)
        ledger.reverse(session, _posting(session, "payment:x:cs:0"), "r")
        facts = statement.read(session, customer, locale="en-US")
    assert facts.history.opening == dollars("100"), "it was issued before the twelve months"
    assert [(line.kind, line.amount.minor) for line in facts.history.lines] == [
        (LineKind.PAYMENT, -4500),
        (LineKind.EARLIER, -1000),
        (LineKind.LET_OFF, -700),
        (LineKind.DISCOUNT, -300),
        (LineKind.ADJUSTED, -200),
        (LineKind.ADJUSTED, 100),
        (LineKind.RETURNED, 4000),
    ]
    [listed] = facts.invoices.shown
    assert (listed.paid, listed.adjusted, listed.open) == (dollars("15"), dollars("-11"), dollars("74"))
    assert facts.history.paid == dollars("5")
    assert agrees(facts)
    text = opened(statement.render(facts)).text
    for words in ("Payment, thank you", "Payment received earlier", "Amount let off", "Discount", "Payment returned"):
        assert words in text
    assert "Adjusted by -$11.00" in text


def test_the_plan_in_force_is_shown_with_what_of_it_is_paid_k8(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, plans.quote(session, maya, conversation_id=None)[0].id, maya)
        begun = clock.now()
        clock.advance(days=1)
        paid(session, maya, "100.00")
        facts = statement.read(session, maya, locale="en-US")
        assert facts.plan is not None
        assert facts.plan.paid == plans.progress(session, plan).paid == dollars("100")
        assert [(part.amount.minor, part.paid.minor) for part in facts.plan.parts] == [
            (6683, 6683),
            (6683, 3317),
            (6684, 0),
        ]
        assert "You've already paid $100.00 of $200.50." in opened(statement.render(facts)).text
        clock.advance(days=1)
        paid(session, maya, "100.50")
        assert plan.status == PlanStatus.COMPLETED
        assert statement.read(session, maya, locale="en-US").plan is None
        earlier = statement.read(session, maya, locale="en-US", as_of=begun).plan
    assert earlier is not None
    assert earlier.paid == dollars("0")
    assert total((part.amount for part in earlier.parts), "USD") == earlier.total == dollars("200.50")


def test_a_plan_over_a_part_of_an_invoice_stands_as_billing_has_it(sqlite_db: Database, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        maya = factories.maya(session)
        [offer, *_] = plans.quote(session, maya, conversation_id=None, total=dollars("150.00"))
        plan = plans.agree(session, offer.id, maya)
        for amount in ("20.00", "60.00", "50.00"):
            paid(session, maya, amount)
            found = statement.read(session, maya, locale="en-US").plan
            assert found is not None
            assert found.paid == plans.progress(session, plan).paid
            assert total((part.paid for part in found.parts), "USD") == found.paid


def test_a_plan_that_was_cancelled_is_not_in_force(sqlite_db: Database, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        maya = factories.maya(session)
        plan = plans.agree(session, plans.quote(session, maya, conversation_id=None)[0].id, maya)
        plans.cancel(session, plan.id, maya)
        assert statement.read(session, maya, locale="en-US").plan is None


def test_settled_invoices_of_long_ago_are_counted_and_not_listed(sqlite_db: Database, clock: SetClock) -> None:
    clock.set(dt.datetime(2024, 1, 10, 12, 0, tzinfo=dt.UTC))
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, "20.00", number="OLD-1")
        paid(session, customer, "20.00")
        factories.invoice(session, customer, "30.00", number="OLD-2")
        clock.set(dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC))
        facts = statement.read(session, customer, locale="en-US")
    assert [each.number for each in facts.invoices.shown] == ["OLD-2"], "what is open is listed however old it is"
    assert facts.invoices.unlisted == 1
    assert (facts.history.lines, facts.history.opening) == ((), dollars("30"))
    assert agrees(facts)


@pytest.mark.parametrize("letters", [26, 320])
def test_a_long_statement_is_shortened_and_its_sums_stay_exact_k15_s7(
    sqlite_db: Database, clock: SetClock, letters: int
) -> None:
    most = policies.documents().statement_lines
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        for number in range(most + 40):
            factories.invoice(
                session,
                customer,
                f"{number + 1}.37",
                late=number // 2,
                number=f"INV-{number:06d}",
                description="".join(chr(0x100 + (number * 7 + at) % letters) for at in range(60)),
                disputed=number % 9 == 0,
            )
        paid(session, customer, "500.00")
        facts = statement.read(session, customer, locale="en-US")
    assert len(facts.history.lines) == most
    assert facts.history.opening
    assert len(facts.invoices.shown) == most // 2
    assert facts.invoices.more_open > 0
    assert agrees(facts)
    pdf = statement.render(facts)
    assert len(pdf) <= 90_000
    pages = opened(pdf).pages
    assert all(f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, start=1))
    assert "Brought forward" in " ".join(pages)


@pytest.mark.parametrize(
    ("language", "currency", "said"),
    [
        (
            "es-MX",
            "MXN",
            ["Estado de cuenta", "Pague cuando", "$1,200.00", "Saldo al 2 de marzo de 2026"],
        ),
        ("pt-BR", "BRL", ["Extrato da conta", "Pague quando for melhor", "R$ 1.200,00", "Saldo em 2 de março de 2026"]),
        ("ja-JP", "JPY", ["Account statement", "¥1,200"]),
        ("en-BH", "BHD", ["Account statement", "BHD1,200.000"]),
    ],
)
def test_a_statement_speaks_the_customers_language_and_money_k12(
    sqlite_db: Database, clock: SetClock, language: str, currency: str, said: list[str]
) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session, language=language, currency=currency, country="MX")
        factories.invoice(session, customer, "1200")
        pdf = opened(statement.render(statement.read(session, customer, locale=language)))
    for words in said:
        assert words in pdf.text.replace("\xa0", " "), pdf.text
    assert pdf.reader.root_object["/Lang"] == {"ja-JP": "en", "en-BH": "en"}.get(language, language)
    assert {"/Title", "/H1", "/Table", "/THead", "/TH", "/TD"} <= set(pdf.tags)


def test_an_account_without_anything_has_a_statement_too(sqlite_db: Database, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        facts = statement.read(session, factories.customer(session), locale="en-US")
    assert agrees(facts)
    assert "Nothing is open on your account" in opened(statement.render(facts)).text


def test_another_customers_postings_are_never_in_it(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        mine, other = factories.customer(session), factories.customer(session)
        factories.invoice(session, mine, "10.00", number="MINE")
        factories.invoice(session, other, "99.00", number="OTHERS")
        paid(session, other, "50.00")
        facts = statement.read(session, mine, locale="en-US")
    assert [each.number for each in facts.invoices.shown] == ["MINE"]
    assert facts.balance == dollars("10")


def _posting(session: Session, reference: str) -> Posting:
    return session.scalars(sa.select(Posting).where(Posting.reference == reference)).one()
