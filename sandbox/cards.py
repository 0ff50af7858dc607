"""Stripe's published test cards, and the delayed methods of the sandbox's Checkout page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """`key` is all that the page sends: a number never leaves it.

    `declines` is the decline code at Checkout and `later` the one when it is charged again without the customer;
    empty, the card pays. `refunds_wait`: a refund to it is pending until the bank has answered.
    """

    key: str
    number: str
    label: str
    brand: str = "visa"
    declines: str = ""
    later: str = ""
    authenticate: bool = False
    expires_next_month: bool = False
    refunds_wait: bool = False

    @property
    def last4(self) -> str:
        """The last four digits, as a receipt shows them."""
        return self.number[-4:]


CARDS = (
    Card("visa", "4242424242424242", "Visa, pays"),
    Card("mastercard", "5555555555554444", "Mastercard, pays", brand="mastercard"),
    # Once it is saved with the customer's confirmation, it pays without asking again.
    Card("authenticate", "4000002500003155", "Visa, asks for 3-D Secure", authenticate=True),
    Card("declined", "4000000000000002", "Visa, declined", declines="generic_decline"),
    Card("insufficient", "4000000000009995", "Visa, insufficient funds", declines="insufficient_funds"),
    Card("expired", "4000000000000069", "Visa, expired", declines="expired_card"),
)
# Their story comes after Checkout. At Stripe itself …0341 and …3178 decline at once; here they pay while the customer
# is present, so that a newcomer sees what follows when a saved card stops paying.
LATER_CARDS = (
    Card("declined_later", "4000000000000341", "Visa, pays now, declines later", later="generic_decline"),
    Card(
        "insufficient_later",
        "4000008260003178",
        "Visa, asks for 3-D Secure, is empty later",
        later="insufficient_funds",
        authenticate=True,
    ),
    Card(
        "authenticate_always",
        "4000002760003184",
        "Visa, asks for 3-D Secure every time",
        later="authentication_required",
        authenticate=True,
    ),
    Card("expiring", "4000056655665556", "Visa, expires next month", expires_next_month=True),
    Card("refund_waits", "4000000000007726", "Visa, refunds take time", refunds_wait=True),
)
_NAMED_ONLY = (
    Card("lost", "4000000000009987", "Visa, lost", declines="lost_card"),
    Card("stolen", "4000000000009979", "Visa, stolen", declines="stolen_card"),
)
BY_KEY = {card.key: card for card in (*CARDS, *LATER_CARDS, *_NAMED_ONLY)}
# What the library's tests and ours may name instead of a card: https://docs.stripe.com/testing
PAYMENT_METHODS = {
    "pm_card_visa": "visa",
    "pm_card_mastercard": "mastercard",
    "pm_card_authenticationRequired": "authenticate_always",
    "pm_card_authenticationRequiredOnSetup": "authenticate",
    "pm_card_chargeCustomerFail": "declined_later",
    "pm_card_pendingRefund": "refund_waits",
    "pm_card_visa_chargeDeclined": "declined",
    "pm_card_chargeDeclined": "declined",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient",
    "pm_card_visa_chargeDeclinedLostCard": "lost",
    "pm_card_visa_chargeDeclinedStolenCard": "stolen",
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

DELAYED_NAMES = {
    "us_bank_account": "US bank account",
    "acss_debit": "Pre-authorised debit",
    "bacs_debit": "Bacs Direct Debit",
    "sepa_debit": "SEPA Direct Debit",
    "au_becs_debit": "BECS Direct Debit",
    "boleto": "Boleto",
    "customer_balance": "Bank transfer",
}


def delayed_method(currency: str) -> str:
    """The method that answers days later, by currency: a bank debit, a boleto, or else a bank transfer."""
    return _DELAYED.get(currency, "customer_balance")
