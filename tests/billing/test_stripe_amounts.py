"""Amounts as Stripe counts them (S4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.billing.stripe.stripe_amounts import check_amount, from_stripe, least, to_stripe
from bot.errors import InvalidInput
from bot.money import Money


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        (Money(8050, "USD"), 8050),
        (Money(500, "JPY"), 500),
        (Money(5, "ISK"), 500),
        (Money(5000, "UGX"), 500_000),
        (Money(5120, "KWD"), 5120),
        (Money(100_050, "HUF"), 100_050),
        (Money(80_055, "TWD"), 80_055),
        (Money(1500, "CLP"), 1500),
    ],
)
def test_each_currency_has_stripes_own_units_s4(amount: Money, units: int) -> None:
    assert to_stripe(amount) == units
    assert from_stripe(units, amount.currency) == amount


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        (Money(0, "USD"), "more than nothing"),
        (Money(-500, "USD"), "more than nothing"),
        (Money(29, "GBP"), "smallest payment is 0.30 GBP"),
        (Money(49, "JPY"), "smallest payment is 50 JPY"),
        (Money(5124, "KWD"), "two decimal digits"),
        (Money(100_000_000, "USD"), "largest single payment is 999,999.99 USD"),
    ],
)
def test_what_stripe_would_not_charge_is_said_plainly_s4(amount: Money, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        check_amount(amount)


@pytest.mark.parametrize("amount", [Money(50, "USD"), Money(30, "GBP"), Money(99_999_999, "USD"), Money(10, "KWD")])
def test_the_limits_themselves_are_charged_s4(amount: Money) -> None:
    check_amount(amount)


@given(st.integers(1, 99_999_999), st.sampled_from(["USD", "GBP", "BRL", "JPY", "ISK", "UGX", "KWD", "HUF"]))
def test_what_goes_to_stripe_comes_back_the_same_s5(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    if currency == "KWD" and minor % 10:
        with pytest.raises(InvalidInput):
            to_stripe(amount)
    else:
        assert from_stripe(to_stripe(amount), currency) == amount


@pytest.mark.parametrize(("currency", "minor"), [("USD", 50), ("GBP", 30), ("JPY", 50), ("HUF", 17500), ("XYZ", 1)])
def test_k5_the_least_is_what_stripe_would_charge(currency: str, minor: int) -> None:
    assert least(currency) == Money(minor, currency)
    check_amount(least(currency))
