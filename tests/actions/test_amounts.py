"""Amounts in free text: read as said, or not at all."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.amounts import Said, Share, parse, read
from bot.money import Money

NUMBERS = ("INV-1001", "INV-1002", "INV-1003")


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("80.50", 8050),
        ("$80.50", 8050),
        ("80,50", 8050),
        ("80.5", 8050),
        ("eighty", 8000),
        ("fifty now", 5000),
        ("maybe 40", 4000),
        ("I decided 50", 5000),
        ("a hundred", 10000),
        ("one hundred and twenty", 12000),
        ("eighty dollars and fifty cents", 8050),
        ("50 bucks", 5000),
        ("80usd", 8050 - 50),
        ("USD 80", 8000),
        ("£20 now", 2000),
        ("R$ 480", 48000),
        ("1,200", 120000),
        ("1.200", 120000),
        ("1,200.50", 120050),
        ("1.200,50", 120050),
        ("$ 1 200.50", 120050),
        ("$1k", 100000),
        ("no, make it 60", 6000),
        ("make it 60 instead of 80", 6000),
        ("not 80, 60", 6000),
        ("pay 30 on friday", 3000),
        ("50 on the 15th", 5000),
        ("$5 on 3 dec", 500),
        ("about 60", 6000),
        ("0", 0),
    ],
)
def test_an_amount_is_read_as_it_was_said(text: str, minor: int) -> None:
    assert read(text, "USD", "en-US", NUMBERS) == Said(amount=Money(minor, "USD"))


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("all", Share.ALL),
        ("everything", Share.ALL),
        ("I'll pay it all off", Share.ALL),
        ("in full please", Share.ALL),
        ("everything overdue", Share.OVERDUE),
        ("just the late part", Share.OVERDUE),
        ("what's past due", Share.OVERDUE),
        ("the oldest one", Share.OLDEST),
        ("the smallest", Share.SMALLEST),
        ("the biggest invoice", Share.LARGEST),
        ("the most recent one", Share.NEWEST),
    ],
)
def test_a_share_is_read_without_a_number(text: str, share: Share) -> None:
    assert read(text, "USD", "en-US", NUMBERS) == Said(share=share)


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("half", Fraction(1, 2)),
        ("50%", Fraction(1, 2)),
        ("25 percent", Fraction(1, 4)),
        ("a third of it", Fraction(1, 3)),
        ("three quarters", Fraction(3, 4)),
    ],
)
def test_a_fraction_is_read(text: str, fraction: Fraction) -> None:
    said = read(text, "USD", "en-US", NUMBERS)
    assert said is not None
    assert said.fraction == fraction


@pytest.mark.parametrize("text", ["INV-1002", "inv 1002", "invoice 1002", "number 1002", "pay inv-1002 please"])
def test_an_invoice_is_read_by_its_number(text: str) -> None:
    assert read(text, "USD", "en-US", NUMBERS) == Said(invoices=("INV-1002",))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "GT-1001",
        "over 4 months",
        "the 15th",
        "in two weeks",
        "12/15",
        "2026-12-01",
        "at 7:30",
        "100, then 40 a month",
        "two fifty",
        "-5",
        "can't pay it all",
        "all right",
        "pay 2 invoices",
        "option 2",
    ],
)
def test_what_is_no_amount_or_not_one_amount_is_not_guessed(text: str) -> None:
    assert read(text, "USD", "en-US", NUMBERS) is None


@given(minor=st.integers(1, 99_999_999))
def test_every_amount_is_read_back_as_the_customers_locale_writes_it(minor: int) -> None:
    for currency, locale in (("USD", "en-US"), ("GBP", "en-GB"), ("BRL", "pt-BR")):
        amount = Money(minor, currency)
        assert read(f"I can pay {amount.format(locale)} now", currency, locale) == Said(amount=amount)


@given(minor=st.integers(1, 99_999_999))
def test_plain_decimals_are_read_with_point_or_comma(minor: int) -> None:
    plain = f"{minor // 100}.{minor % 100:02d}"
    assert parse(plain, "USD", "en-US") == Money(minor, "USD")
    assert parse(plain.replace(".", ","), "USD", "en-US") == Money(minor, "USD")


@given(text=st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    read(text, "USD", "en-US", NUMBERS)


@pytest.mark.parametrize(
    "text", ["all except INV-1003", "everything but the last one", "the two oldest", "oldest two", "all but one"]
)
def test_what_is_left_out_or_counted_is_asked_about_and_never_guessed(text: str) -> None:
    assert read(text, "USD", "en-US", NUMBERS) is None


def test_cents_alone_are_cents() -> None:
    assert read("50 cents", "USD", "en-US") == Said(amount=Money(50, "USD"))
