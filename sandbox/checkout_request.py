"""What Stripe checks of a Checkout Session beyond the kinds of its parameters, and what the sandbox does not play."""

from __future__ import annotations

import re
from typing import Any

from sandbox.call import limit
from sandbox.refusal import StripeRefusal

# These change nothing about the amount or the flow, or are shown again on the object.
_PLAYED = {
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "consent_collection",
    "currency",
    "custom_text",
    "customer",
    "customer_creation",
    "customer_email",
    "expand",
    "expires_at",
    "line_items",
    "locale",
    "metadata",
    "mode",
    "payment_intent_data",
    "payment_method_options",
    "submit_type",
    "success_url",
    "ui_mode",
}
_THREE_DECIMAL = ("bhd", "jod", "kwd", "omr", "tnd")
_WHOLE_BY_HUNDRED = ("isk", "ugx")
_LEAST = {"gbp": 30, "jpy": 50, "dkk": 250, "hkd": 400, "huf": 17500, "mxn": 1000, "nok": 300, "sek": 300, "czk": 1500}
_LEAST |= dict.fromkeys(("usd", "aud", "brl", "cad", "chf", "eur", "inr", "nzd", "sgd"), 50)
_LEAST |= dict.fromkeys(("aed", "myr", "pln", "ron"), 200)
HALF_HOUR, DAY = 1800, 86400


def check(parameters: dict[str, Any], now: int) -> None:
    """Raise `StripeRefusal` for a session that Stripe would not open at `now` (seconds since 1970)."""
    limit(parameters, _PLAYED)
    for name in ("mode", "line_items", "success_url"):
        if name not in parameters:
            raise StripeRefusal(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if parameters["mode"] != "payment" or parameters.get("ui_mode", "hosted_page") != "hosted_page":
        message = "The sandbox plays `mode=payment` with the hosted page only."
        raise StripeRefusal(message, code="sandbox_limit", param="mode")
    _check_lines(parameters["line_items"])
    _check_addresses(parameters)
    _check_texts(parameters)
    ends = parameters.get("expires_at", now + DAY)
    if ends < now + HALF_HOUR - 60:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise StripeRefusal(message, param="expires_at")
    if ends > now + DAY + 60:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise StripeRefusal(message, param="expires_at")


def _check_lines(lines: list[dict[str, Any]]) -> None:
    currencies, total = set(), 0
    for place, line in enumerate(lines):
        name = f"line_items[{place}]"
        if "price" in line:
            raise StripeRefusal(f"No such price: '{line['price']}'", code="resource_missing", param=f"{name}[price]")
        price = line.get("price_data")
        if price is None:
            message = "You must specify either `price` or `price_data` when using prices."
            raise StripeRefusal(message, code="parameter_missing", param=name)
        if "product_data" not in price or "unit_amount" not in price or "recurring" in price:
            message = "The sandbox plays one-time `price_data` with `product_data` and `unit_amount` only."
            raise StripeRefusal(message, code="sandbox_limit", param=f"{name}[price_data]")
        if "quantity" not in line:
            full = f"{name}[quantity]"
            raise StripeRefusal(f"Missing required param: {full}.", code="parameter_missing", param=full)
        if line["quantity"] < 1 or price["unit_amount"] < 0:
            raise StripeRefusal("This value must be greater than or equal to 1.", param=f"{name}[quantity]")
        if not re.fullmatch(r"[a-z]{3}", price["currency"]):
            message = f"Invalid currency: {price['currency']}"
            raise StripeRefusal(message, param=f"{name}[price_data][currency]")
        currencies.add(price["currency"])
        total += price["unit_amount"] * line["quantity"]
    if not lines:
        raise StripeRefusal("Missing required param: line_items.", code="parameter_missing", param="line_items")
    if len(currencies) > 1:
        raise StripeRefusal("The line items must all have the same currency.", param="line_items")
    check_amount(total, currencies.pop(), "line_items")


def check_amount(amount: int, currency: str, param: str) -> None:
    """Raise `StripeRefusal` for less or more than Stripe charges in `currency`, or for digits that it does not take."""
    if amount < _LEAST.get(currency, 1):
        message = f"The total amount due must add up to at least {_LEAST.get(currency, 1)} {currency}"
        raise StripeRefusal(message, code="amount_too_small", param=param)
    if amount > (999_999_999_999 if currency == "idr" else 99_999_999):
        raise StripeRefusal("The total amount due is more than can be charged.", code="amount_too_large", param=param)
    if currency in _THREE_DECIMAL and amount % 10:
        raise StripeRefusal(f"Invalid amount: in {currency} the last digit must be 0.", param=param)
    if currency in _WHOLE_BY_HUNDRED and amount % 100:
        raise StripeRefusal(f"Invalid amount: in {currency} amounts must be evenly divisible by 100.", param=param)


def _check_texts(parameters: dict[str, Any]) -> None:
    if len(parameters.get("client_reference_id", "")) > 200:
        raise StripeRefusal("Invalid string: must be at most 200 characters", param="client_reference_id")
    for name, text in parameters.get("custom_text", {}).items():
        if text and len(text["message"]) > 1200:
            message = "Invalid string: must be at most 1200 characters"
            raise StripeRefusal(message, param=f"custom_text[{name}][message]")


def _check_addresses(parameters: dict[str, Any]) -> None:
    for name in ("success_url", "cancel_url"):
        if name in parameters and not re.match(r"https?://[^\s/]+", parameters[name]):
            message = "Not a valid URL. URLs must begin with http or https."
            raise StripeRefusal(message, code="url_invalid", param=name)
    email = parameters.get("customer_email")
    if email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise StripeRefusal(f"Invalid email address: {email}", code="email_invalid", param="customer_email")
    if email is not None and "customer" in parameters:
        raise StripeRefusal("You may only specify one of these parameters: customer, customer_email.")
    if "customer" in parameters and "customer_creation" in parameters:
        raise StripeRefusal("You may only specify one of these parameters: customer, customer_creation.")
