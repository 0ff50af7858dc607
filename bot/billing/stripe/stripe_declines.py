"""Why a saved card was not charged, read from Stripe's codes: https://docs.stripe.com/declines/codes"""

from __future__ import annotations

import stripe

from bot.billing.gateway import Decline

# The customer has to confirm it themselves; the card is fine.
_AUTHENTICATION = frozenset(
    ("authentication_not_handled", "authentication_required", "mobile_device_authentication_required")
)
# Another day changes nothing. First those that Stripe itself refuses to try again
# (https://docs.stripe.com/billing/revenue-recovery/smart-retries); then those for which its list of codes asks for
# another card, or for other data of this one; then the bank's word that this card is not for us.
# fmt: off
_HARD = frozenset((
    "highest_risk_level", "incorrect_number", "lost_card", "pickup_card", "revocation_of_all_authorizations",
    "revocation_of_authorization", "stolen_card", "transaction_not_allowed",

    "card_not_supported", "currency_not_supported", "expired_card", "incorrect_address", "incorrect_cvc",
    "incorrect_zip", "invalid_account", "invalid_cvc", "invalid_expiry_month", "invalid_expiry_year",
    "invalid_number", "new_account_information_available", "previously_declined_do_not_retry", "testmode_decline",

    "do_not_try_again", "fraudulent", "merchant_blacklist", "not_permitted", "restricted_card",
    "security_violation", "service_not_allowed", "stop_payment_order",
))
# fmt: on
# The issuer's own advice, where it gives one: https://docs.stripe.com/declines/card#retrying-issuer-declines
_FINAL_ADVICE = frozenset(("confirm_card_data", "do_not_try_again"))


def decline(error: stripe.PaymentIntent.LastPaymentError) -> Decline | None:
    """What kind of decline it was; None when it was not the card that was declined. A code that nobody knows yet is
    worth another day, since the number of tries is bounded elsewhere."""
    if error.type != "card_error":
        return None
    codes = {_field(error, "code"), _field(error, "decline_code")}
    if codes & _AUTHENTICATION:
        return Decline.AUTHENTICATION
    if codes & _HARD or _field(error, "advice_code") in _FINAL_ADVICE:
        return Decline.HARD
    return Decline.SOFT


def code(error: stripe.PaymentIntent.LastPaymentError) -> str | None:
    """The more telling of the two codes that Stripe gives: the bank's reason before Stripe's kind of error."""
    return _field(error, "decline_code") or _field(error, "code")


def _field(error: stripe.PaymentIntent.LastPaymentError, name: str) -> str | None:
    # Stripe leaves out what does not apply, and the library raises for what is left out.
    value = getattr(error, name, None)
    return str(value) if value else None
