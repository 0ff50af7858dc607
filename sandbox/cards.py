"""Stripe's published test cards, and the delayed methods of the sandbox's Checkout page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """`key` is all that the page sends: a number never leaves it. `code` is empty when the card pays."""

    key: str
    number: str
    label: str
    brand: str = "visa"
    code: str = ""
    decline_code: str = ""
    message: str = ""
    authenticate: bool = False

    @property
    def last4(self) -> str:
        """The last four digits, as a receipt shows them."""
        return self.number[-4:]


CARDS = (
    Card("visa", "4242424242424242", "Visa, pays"),
    Card("mastercard", "5555555555554444", "Mastercard, pays", brand="mastercard"),
    Card("authenticate", "4000002500003155", "Visa, asks for 3-D Secure", authenticate=True),
    Card(
        "declined",
        "4000000000000002",
        "Visa, declined",
        code="card_declined",
        decline_code="generic_decline",
        message="Your card was declined.",
    ),
    Card(
        "insufficient",
        "4000000000009995",
        "Visa, insufficient funds",
        code="card_declined",
        decline_code="insufficient_funds",
        message="Your card has insufficient funds.",
    ),
    Card(
        "expired",
        "4000000000000069",
        "Visa, expired",
        code="expired_card",
        decline_code="expired_card",
        message="Your card has expired.",
    ),
)
BY_KEY = {card.key: card for card in CARDS}
# What the library's tests and ours may name instead of a card: https://docs.stripe.com/testing
PAYMENT_METHODS = {
    "pm_card_visa": "visa",
    "pm_card_mastercard": "mastercard",
    "pm_card_authenticationRequired": "authenticate",
    "pm_card_visa_chargeDeclined": "declined",
    "pm_card_chargeDeclined": "declined",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient",
    "pm_card_chargeDeclinedExpiredCard": "expired",
}
_DELAYED = {
    "usd": "us_bank_account",
    "cad": "acss_debit",
    "gbp": "bacs_debit",
    "eur": "sepa_debit",
    "aud": "au_becs_debit",
    "brl": "boleto",
}


def delayed_method(currency: str) -> str:
    """The method that answers days later, by currency: a bank debit, a boleto, or else a bank transfer."""
    return _DELAYED.get(currency, "customer_balance")
