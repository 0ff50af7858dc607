"""What a decline means for the next try."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from bot.billing.gateway import Decline
from bot.billing.stripe import stripe_declines


def error(**fields: Any) -> stripe.PaymentIntent.LastPaymentError:
    values = {"type": "card_error", "code": "card_declined", **fields}
    return stripe.PaymentIntent.LastPaymentError.construct_from(values, None)


@pytest.mark.parametrize(
    "code",
    [
        # Those that Stripe itself does not try again.
        "incorrect_number",
        "lost_card",
        "pickup_card",
        "stolen_card",
        "revocation_of_authorization",
        "revocation_of_all_authorizations",
        "highest_risk_level",
        "transaction_not_allowed",
        # Those that ask for another card.
        "expired_card",
        "invalid_account",
        "new_account_information_available",
        "do_not_try_again",
        "stop_payment_order",
        "fraudulent",
    ],
)
def test_a_card_that_will_not_do_is_not_tried_again(code: str) -> None:
    assert stripe_declines.decline(error(decline_code=code)) is Decline.HARD
    assert stripe_declines.code(error(decline_code=code)) == code


@pytest.mark.parametrize(
    "code",
    [
        "insufficient_funds",
        "do_not_honor",
        "generic_decline",
        "call_issuer",
        "issuer_not_available",
        "processing_error",
        "try_again_later",
        "card_velocity_exceeded",
        "withdrawal_count_limit_exceeded",
        "a_code_of_next_year",
    ],
)
def test_another_day_may_do(code: str) -> None:
    assert stripe_declines.decline(error(decline_code=code)) is Decline.SOFT


@pytest.mark.parametrize(
    "codes",
    [
        {"code": "authentication_required"},
        {"code": "authentication_required", "decline_code": "authentication_not_handled"},
        {"decline_code": "authentication_required"},
        {"decline_code": "authentication_required", "advice_code": "do_not_try_again"},
    ],
)
def test_a_bank_that_asks_for_the_customer_has_not_refused_the_card(codes: dict[str, str]) -> None:
    assert stripe_declines.decline(error(**codes)) is Decline.AUTHENTICATION


@pytest.mark.parametrize(
    ("advice", "decline"),
    [
        ("do_not_try_again", Decline.HARD),
        ("confirm_card_data", Decline.HARD),
        ("try_again_later", Decline.SOFT),
        (None, Decline.SOFT),
    ],
)
def test_the_banks_advice_is_taken_where_its_reason_says_little(advice: str | None, decline: Decline) -> None:
    assert stripe_declines.decline(error(decline_code="generic_decline", advice_code=advice)) is decline


def test_the_kind_of_error_is_told_where_the_bank_gives_no_reason() -> None:
    expired = error(code="expired_card")
    assert (stripe_declines.decline(expired), stripe_declines.code(expired)) == (Decline.HARD, "expired_card")


def test_what_is_no_cards_decline_is_none() -> None:
    returned = error(type="invalid_request_error", code="payment_intent_payment_attempt_failed")
    assert stripe_declines.decline(returned) is None
    assert stripe_declines.code(returned) == "payment_intent_payment_attempt_failed"
    assert stripe_declines.code(error(type="api_error", code=None)) is None
