"""Money: exact, of one currency, written only at the edge."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.money import Money, total

MINOR = st.integers(-(10**12), 10**12)
CURRENCY = st.sampled_from(["USD", "GBP", "BRL", "JPY", "KWD", "EUR"])


@given(MINOR, CURRENCY, st.integers(1, 60))
def test_a_split_sums_to_the_whole_to_the_minor_unit_s7(minor: int, currency: str, parts: int) -> None:
    split = Money(minor, currency).split(parts)
    assert len(split) == parts
    assert total(split, currency) == Money(minor, currency)


@given(st.integers(0, 10**9), st.integers(1, 60))
def test_a_splits_parts_are_equal_but_for_the_odd_units_on_the_last(minor: int, parts: int) -> None:
    *others, last = Money(minor, "USD").split(parts)
    assert len(set(others)) <= 1
    assert all(0 <= last.minor - other.minor < parts for other in others)


@given(MINOR, CURRENCY)
def test_the_decimal_and_back_is_the_same_money(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.of(money.major, currency) == money


@given(st.lists(MINOR))
def test_adding_money_is_adding_minor_units(minors: list[int]) -> None:
    assert total((Money(minor, "USD") for minor in minors), "USD") == Money(sum(minors), "USD")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("80.50", "USD", 8050), ("80.5", "USD", 8050), ("500", "JPY", 500), ("1.234", "KWD", 1234), ("-3", "GBP", -300)],
)
def test_amounts_are_read_exactly(amount: str, currency: str, minor: int) -> None:
    assert Money.of(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.001", "USD"), ("1.5", "JPY"), ("ten", "USD"), ("NaN", "USD"), ("Infinity", "USD"), ("", "USD")],
)
def test_what_is_no_amount_of_the_currency_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(InvalidInput):
        Money.of(amount, currency)


@pytest.mark.parametrize(
    ("money", "locale", "written"),
    [
        (Money(8050, "USD"), "en-US", "$80.50"),
        (Money(7525, "GBP"), "en-GB", "£75.25"),
        (Money(48000, "BRL"), "pt-BR", "R$\xa0480,00"),
        (Money(500, "JPY"), "ja_JP", "￥500"),
    ],
)
def test_money_is_written_as_the_locale_does(money: Money, locale: str, written: str) -> None:
    assert money.format(locale) == written


def test_two_currencies_are_never_reckoned_together() -> None:
    with pytest.raises(InvalidInput):
        _ = Money(1, "USD") + Money(1, "GBP")
    with pytest.raises(InvalidInput):
        _ = Money(1, "USD") < Money(2, "GBP")


@pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1)])
def test_minor_units_are_whole_numbers(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", "", "ÜSD"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(InvalidInput):
        Money(1, currency)
