"""What we send to Stripe: the library allows it, and the same row gives the same (S3, S4)."""

from __future__ import annotations

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from bot.billing.gateway import SavedCard
from bot.billing.stripe import stripe_requests
from bot.errors import InvalidInput
from bot.money import Money
from tests.billing.gateway_world import CONSENT, LATER_PAYMENT, PAYMENT, asked, instalment
from tests.sandbox.parameter_classes import tree

CARD = SavedCard("pm_1", "cus_1", "visa", "4242", 12, 2034)


def test_a_page_asks_for_one_payment_and_tells_nothing_of_the_customer_p1() -> None:
    assert stripe_requests.checkout(asked()) == {
        "mode": "payment",
        "submit_type": "pay",
        "client_reference_id": PAYMENT,
        "metadata": {"payment_id": PAYMENT},
        "payment_intent_data": {"metadata": {"payment_id": PAYMENT}},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "usd",
                    "unit_amount": 8050,
                    "product_data": {"name": "Good Terms Shop: payment"},
                },
            }
        ],
        "locale": "es-419",
        "success_url": "https://shop.example/pay/abc?returned=1",
        "cancel_url": "https://shop.example/pay/abc",
        "expires_at": int(asked().expires_at.timestamp()),
    }


def test_with_consent_the_card_and_nothing_else_is_kept_and_the_page_shows_the_words() -> None:
    without, saving = stripe_requests.checkout(asked()), stripe_requests.checkout(asked(consent=CONSENT))
    assert saving == {
        **without,
        "customer_creation": "always",
        "payment_method_options": {"card": {"setup_future_usage": "off_session"}},
        "custom_text": {"submit": {"message": CONSENT}},
    }


def test_a_saved_card_is_charged_now_or_not_at_all() -> None:
    assert stripe_requests.charge(instalment(CARD)) == {
        "amount": 2500,
        "currency": "usd",
        "customer": "cus_1",
        "payment_method": "pm_1",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "off_session": True,
        "confirm": True,
        "error_on_requires_action": True,
        "description": "Good Terms Shop: payment",
        "metadata": {"payment_id": LATER_PAYMENT},
        "expand": ["payment_method"],
    }


@given(st.integers(50, 99_999_999), st.text(min_size=1, max_size=1200))
def test_the_same_request_gives_the_same_parameters_s3(minor: int, consent: str) -> None:
    request = asked(amount=Money(minor, "USD"), consent=consent)
    assert stripe_requests.checkout(request) == stripe_requests.checkout(asked(amount=request.amount, consent=consent))
    stripe_requests.check(request, "payment:1")


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_has_1_to_255_characters_s3(key: str) -> None:
    with pytest.raises(InvalidInput):
        stripe_requests.check(asked(), key)
    with pytest.raises(InvalidInput):
        stripe_requests.check(instalment(CARD), key)


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("en-US", "en"),
        ("en-GB", "en-GB"),
        ("es-MX", "es-419"),
        ("es-ES", "es"),
        ("pt_BR", "pt-BR"),
        ("fr-CA", "fr-CA"),
        ("cy-GB", "auto"),
    ],
)
def test_the_page_speaks_the_customers_language(locale: str, shown: str) -> None:
    assert stripe_requests.checkout(asked(locale=locale))["locale"] == shown


def test_the_languages_are_those_that_the_library_names() -> None:
    library = tree(stripe.params.checkout.SessionCreateParams)["fields"]["locale"]["enum"]
    assert stripe_requests.LOCALES | {"auto"} == set(library)
