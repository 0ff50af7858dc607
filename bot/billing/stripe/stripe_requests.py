"""What we send to Stripe. The same row gives the same parameters: nothing here depends on the moment (S3)."""

from __future__ import annotations

from typing import Any, cast

from stripe.params import PaymentIntentCreateParams
from stripe.params.checkout import SessionCreateParams

from bot.billing.gateway import ChargeRequest, CheckoutRequest
from bot.billing.stripe.stripe_amounts import check_amount, to_stripe
from bot.errors import InvalidInput

LONGEST_KEY = 255
LONGEST_CONSENT = 1200

# The interface languages of Stripe's own page; anything else is left to the customer's browser.
# fmt: off
LOCALES = frozenset((
    "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hi-IN",
    "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru",
    "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
))
# fmt: on


def check(request: CheckoutRequest | ChargeRequest, idempotency_key: str) -> None:
    """Raise `InvalidInput` for an amount that Stripe would not charge (S4), for a key that it would not take (S3), and
    for a consent longer than its page shows: words that were cut would not be what the customer agreed to."""
    check_amount(request.amount)
    check_key(idempotency_key)
    if isinstance(request, CheckoutRequest) and len(request.consent or "") > LONGEST_CONSENT:
        raise InvalidInput(f"The words of a consent have at most {LONGEST_CONSENT} characters.")


def check_key(idempotency_key: str) -> None:
    """Raise `InvalidInput` for a key that Stripe would not take (S3)."""
    if not 0 < len(idempotency_key) <= LONGEST_KEY:
        raise InvalidInput(f"An idempotency key has 1 to {LONGEST_KEY} characters.")


def checkout(request: CheckoutRequest) -> SessionCreateParams:
    """A Checkout page for one payment, and with `consent` one that saves the card. Metadata is our id alone (S4)."""
    metadata = {"payment_id": request.payment_id}
    parameters: SessionCreateParams = {
        "mode": "payment",
        "submit_type": "pay",
        "client_reference_id": request.payment_id,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.amount.currency.lower(),
                    "unit_amount": to_stripe(request.amount),
                    "product_data": {"name": request.description},
                },
            }
        ],
        "locale": cast(Any, _locale(request.locale)),
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": int(request.expires_at.timestamp()),
    }
    if request.customer_email:
        parameters["customer_email"] = request.customer_email
    if request.consent:
        parameters["customer_creation"] = "always"
        # The customer agreed to a card's being kept: a bank account that they pay from instead is not.
        parameters["payment_method_options"] = {"card": {"setup_future_usage": "off_session"}}
        parameters["custom_text"] = {"submit": {"message": request.consent}}
    return parameters


def charge(request: ChargeRequest) -> PaymentIntentCreateParams:
    """One try to charge a saved card, now or not at all: nobody is there who could be led to a page of the bank's."""
    return {
        "amount": to_stripe(request.amount),
        "currency": request.amount.currency.lower(),
        "customer": request.customer,
        "payment_method": request.payment_method,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "off_session": True,
        "confirm": True,
        "error_on_requires_action": True,
        "description": request.description,
        "metadata": {"payment_id": request.payment_id},
        "expand": ["payment_method"],
    }


def _locale(locale: str) -> str:
    tag = locale.replace("_", "-")
    language, _, region = tag.partition("-")
    if tag in LOCALES:
        return tag
    if language == "es" and region and region != "ES":
        return "es-419"
    return language if language in LOCALES else "auto"
