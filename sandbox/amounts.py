"""Stripe's whole numbers, as its pages show them."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision

_ZERO_DECIMAL = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)


def worded(units: int, currency: str, locale: str | None) -> str:
    """Stripe's `units` as a page shows them: hundredths, save in currencies counted whole or in thousandths."""
    code = currency.upper()
    digits = 0 if code in _ZERO_DECIMAL else 3 if get_currency_precision(code) == 3 else 2
    return format_currency(Decimal(units).scaleb(-digits), code, locale="en_GB" if locale == "en-GB" else "en_US")
