"""The receipt: what came, what it paid and what went back, by the ledger; thanks, and never pressure (K2, K9)."""

from __future__ import annotations

import re
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.billing import ledger, payments
from bot.db import Database
from bot.documents import receipt
from bot.errors import Conflict
from bot.models import Customer, Payment, Posting
from bot.money import Money
from tests import factories
from tests.conftest import SetClock
from tests.documents.reading import opened

PRESSING = re.compile(
    r"\b(overdue|late|debt|must|immediately|final|notice|interest|fees?|penalt\w+|vencid[ao]s?|atrasad[ao]s?|deuda|"
    r"dívida|inter[eé]s(es)?|juros|recargos?|multas?|urgente)\b",
    re.I,
)


def dollars(amount: str) -> Money:
    return Money.of(amount, "USD")


def paid(session: Session, customer: Customer, asked: str, came: str | None = None) -> Payment:
    payment = payments.open_link(session, customer, Money.of(asked, customer.currency), conversation_id=None)
    settled = factories.checkout(payment, amount=Money.of(came or asked, customer.currency))
    payments.settle(session, payment.id, settled)
    return payment


def postings(session: Session, payment: Payment) -> list[Posting]:
    mine = sa.select(Posting).where(Posting.reference.startswith(f"payment:{payment.id}:"), Posting.reverses.is_(None))
    return list(session.scalars(mine.order_by(Posting.id)))


def test_a_receipt_says_what_the_payment_paid_to_the_cent_s7(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        facts = receipt.read(session, paid(session, maya, "150.50"), locale="en-US")
    assert [(part.number, part.amount) for part in facts.applied] == [
        ("INV-1001", dollars("120.00")),
        ("INV-1002", dollars("30.50")),
    ]
    assert (facts.amount, facts.credit, facts.returned) == (dollars("150.50"), dollars("0"), dollars("0"))
    assert facts.open == dollars("110.00")
    assert facts.paid_at == clock.now()


def test_what_no_invoice_took_is_shown_as_credit_s5(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        facts = receipt.read(session, paid(session, factories.maya(session), "260.50", "300.00"), locale="en-US")
    assert facts.credit == dollars("39.50")
    assert facts.open == dollars("0")
    text = opened(receipt.render(facts)).text
    assert "Kept as credit on your account $39.50 Total $300.00" in text
    assert "still open" not in text


def test_what_is_under_review_is_not_called_open_c9_c11(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.hold(session, factories.invoice(session, customer, "150.00", late=60))
        factories.invoice(session, customer, "75.25")
        facts = receipt.read(session, paid(session, customer, "50.25"), locale="en-US")
        assert (facts.open, facts.disputed) == (dollars("25.00"), dollars("150.00"))
        text = opened(receipt.render(facts)).text
        assert "$25.00 is still open on your account" in text
        assert "You needn't pay it while we do." in text
        last = receipt.read(session, paid(session, customer, "25.00"), locale="en-US")
        text = opened(receipt.render(last)).text
        assert "still open" not in text
        assert "You needn't pay it while we do." in text


def test_a_payment_that_came_twice_is_one_receipt_over_both_s5(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = paid(session, maya, "80.00")
        payments.settle(session, payment.id, factories.checkout(payment, id="cs_other"))
        facts = receipt.read(session, payment, locale="en-US")
    assert facts.amount == dollars("160.00")
    assert [(part.number, part.amount) for part in facts.applied] == [
        ("INV-1001", dollars("120.00")),
        ("INV-1002", dollars("40.00")),
    ]


def test_what_went_back_in_parts_is_said_and_what_came_again_is_not_s6(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        payment = paid(session, factories.maya(session), "150.50")
        first, second = postings(session, payment)
        whole = ledger.reverse(session, second, "refund:1:0")
        ledger.reverse(session, first, "refund:1:1", dollars("20.00"))
        assert receipt.read(session, payment, locale="en-US").returned == dollars("50.50")
        ledger.reverse(session, whole, "refund:1:failed")
        facts = receipt.read(session, payment, locale="en-US")
    assert facts.returned == dollars("20.00")
    assert "$20.00 of this payment has been returned since." in opened(receipt.render(facts)).text


def test_a_receipt_as_of_an_instant_stays_as_it_was_c11(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        payment = paid(session, maya, "100.00")
        then = clock.now()
        before = receipt.render(receipt.read(session, payment, locale="en-US", as_of=then))
        clock.advance(days=2)
        ledger.reverse(session, postings(session, payment)[0], "refund:2:0")
        paid(session, maya, "60.00")
        assert receipt.render(receipt.read(session, payment, locale="en-US", as_of=then)) == before
        assert receipt.read(session, payment, locale="en-US").returned == dollars("100.00")


def test_there_is_no_receipt_before_the_money_is_there_s2(sqlite_db: Database, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        payment = payments.open_link(session, factories.maya(session), dollars("80.50"), conversation_id=None)
        with pytest.raises(Conflict):
            receipt.read(session, payment, locale="en-US")


def test_the_number_is_the_same_each_time_and_tells_nothing_of_order() -> None:
    payment_id = uuid.UUID("0196f3a2-7c11-7d3e-8f2a-9b1c77de04b1")
    assert receipt.number(payment_id) == "8F2A-9B1C-77DE-04B1"


@pytest.mark.parametrize(
    ("language", "zone", "country", "currency", "said"),
    [
        (
            "en-US",
            "America/Chicago",
            "US",
            "USD",
            ["Thank you for your payment", "$1,150.00", "March 2, 2026, 9:00 AM (GMT-06:00)", "$50.00 is still open"],
        ),
        (
            "es-MX",
            "America/New_York",
            "MX",
            "MXN",
            ["Gracias por su pago", "$1,150.00", "2 de marzo de 2026, 10:00 a.m. (GMT-05:00)", "quedan $50.00"],
        ),
        (
            "pt-BR",
            "America/Sao_Paulo",
            "BR",
            "BRL",
            ["Obrigado pelo seu pagamento", "R$ 1.150,00", "2 de março de 2026, 12:00 (GMT-03:00)", "há R$ 50,00"],
        ),
        ("ja-JP", "Asia/Tokyo", "JP", "JPY", ["Thank you for your payment", "¥1,150", "¥50 is still open"]),
        ("en-KW", "Asia/Kuwait", "KW", "KWD", ["KWD1,150.000", "KWD50.000 is still open"]),
    ],
)
def test_a_receipt_speaks_the_customers_language_in_their_zone_and_money_k12(
    sqlite_db: Database, clock: SetClock, language: str, zone: str, country: str, currency: str, said: list[str]
) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session, language=language, time_zone=zone, country=country, currency=currency)
        factories.invoice(session, customer, "1200", number="INV-7")
        facts = receipt.read(session, paid(session, customer, "1150"), locale=language)
    pdf = opened(receipt.render(facts))
    for words in said:
        assert words in pdf.text.replace("\u202f", " ").replace("\xa0", " "), pdf.text
    assert pdf.size == ((612, 792) if country == "US" else (595, 842))
    assert "/H1" in pdf.tags


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_no_word_of_a_document_presses_or_speaks_of_charges_k2_k6(language: str) -> None:
    for sentence in policies.documents().words[language].model_dump().values():
        assert not PRESSING.search(sentence), sentence


def test_hostile_names_and_descriptions_are_printed_as_plain_text(sqlite_db: Database, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session, name='#panic("x") *Ada* \x1b[0m \u202eevil 😀 山')
        factories.invoice(session, customer, "120.00", number="#INV$1$", description=f"{'w' * 300} = = #set text(red)")
        facts = receipt.read(session, paid(session, customer, "100.00"), locale="en-US")
    pdf = opened(receipt.render(facts))
    assert '#panic("x") *Ada* [0m evil □' in pdf.text
    assert "#INV$1$" in pdf.text
    assert "w" * 119 in pdf.text.replace(" ", "")


def test_a_receipt_over_very_many_invoices_stays_small_and_sums_k15(sqlite_db: Database, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        for _ in range(300):
            factories.invoice(session, customer, "1.25")
        facts = receipt.read(session, paid(session, customer, "375.00"), locale="en-US")
    pdf = receipt.render(facts)
    assert len(pdf) < 80_000
    shown = policies.documents().statement_lines
    rest = Money(125 * (300 - shown), "USD").format("en_US")
    assert f"{300 - shown} more invoices {rest} Total $375.00" in opened(pdf).text
