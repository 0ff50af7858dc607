"""Amounts as Stripe counts them: its own decimal digits, smallest and largest charge for each currency (S4).

Source: https://docs.stripe.com/currencies (minor units, special cases, minimum and maximum charge amounts).
"""

from __future__ import annotations

from decimal import Decimal

from bot.errors import InvalidInput, Reason
from bot.money import Money, precision

_ZERO_DECIMAL = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMAL = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
# Without decimals in life, but Stripe counts hundredths that must be 00. HUF and TWD are whole in payouts only.
_WHOLE_BY_HUNDRED = frozenset(("ISK", "UGX"))
# In Stripe's units. A currency without an entry has the least of its settlement currency, which only Stripe knows.
_LEAST = {
    "AED": 200,
    "AUD": 50,
    "BGN": 100,
    "BRL": 50,
    "CAD": 50,
    "CHF": 50,
    "CZK": 1500,
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "HKD": 400,
    "HUF": 17500,
    "INR": 50,
    "JPY": 50,
    "MXN": 1000,
    "MYR": 200,
    "NOK": 300,
    "NZD": 50,
    "PLN": 200,
    "RON": 200,
    "SEK": 300,
    "SGD": 50,
    "THB": 1000,
    "USD": 50,
}
_MOST = {"IDR": 999_999_999_999}
_MOST_ELSEWHERE = 99_999_999


def check_amount(amount: Money) -> None:
    """Raise `InvalidInput` with a sentence for the customer when Stripe would not charge `amount` (S4)."""
    if amount.minor <= 0:
        raise InvalidInput("A payment is more than nothing.", about=amount, reason=Reason.TOO_SMALL)
    units = to_stripe(amount)
    least = max(_LEAST.get(amount.currency, 1), 1)
    if units < least:
        words = f"The smallest payment is {_worded(least, amount.currency)}."
        raise InvalidInput(words, about=amount, reason=Reason.TOO_SMALL)
    most = _MOST.get(amount.currency, _MOST_ELSEWHERE)
    if units > most:
        words = f"The largest single payment is {_worded(most, amount.currency)}."
        raise InvalidInput(words, about=amount, reason=Reason.TOO_LARGE)


def least(currency: str) -> Money:
    """The smallest charge in `currency`."""
    return from_stripe(max(_LEAST.get(currency, 1), 1), currency)


def is_too_small(amount: Money) -> bool:
    """Whether `amount` is below the smallest charge. What Stripe cannot express is not for anybody to pay (S4)."""
    try:
        return to_stripe(amount) < _LEAST.get(amount.currency, 1)
    except InvalidInput:
        return False


def to_stripe(amount: Money) -> int:
    """`amount` in Stripe's units: yen whole, cents for dollars, hundredths for ISK and UGX, fils in tens.

    Raises `InvalidInput` for an amount that Stripe cannot express.
    """
    units = amount.major.scaleb(_digits(amount.currency))
    if units != units.to_integral_value():
        raise InvalidInput(f"Payments in {amount.currency} are in whole units.", about=amount)
    if amount.currency in _THREE_DECIMAL and units % 10:
        raise InvalidInput(f"Payments in {amount.currency} have two decimal digits.", about=amount)
    if amount.currency in _WHOLE_BY_HUNDRED and units % 100:
        raise InvalidInput(f"Payments in {amount.currency} are in whole units.", about=amount)
    return int(units)


def from_stripe(units: int, currency: str) -> Money:
    """The reverse of `to_stripe`. Raises `InvalidInput` when the currency has fewer digits than the amount."""
    return Money.of(Decimal(units).scaleb(-_digits(currency)), currency)


def _digits(currency: str) -> int:
    return 0 if currency in _ZERO_DECIMAL else 3 if currency in _THREE_DECIMAL else 2


def _worded(units: int, currency: str) -> str:
    major = Decimal(units).scaleb(-_digits(currency))
    return f"{major.quantize(Decimal(1).scaleb(-precision(currency))):,} {currency}"
