"""Why a card is declined, in Stripe's codes and words: https://docs.stripe.com/declines/codes"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What a test may decide for a saved card.
DeclineCode = Literal[
    "authentication_required",
    "expired_card",
    "generic_decline",
    "insufficient_funds",
    "lost_card",
    "pickup_card",
    "stolen_card",
]


@dataclass(frozen=True, slots=True)
class Decline:
    """`decline_code` is the bank's reason, `code` Stripe's kind of error, `message` what a customer may read."""

    decline_code: str
    code: str = "card_declined"
    message: str = "Your card was declined."

    def fields(self) -> dict[str, str]:
        """The two codes as they stand in an error."""
        return {"code": self.code, "decline_code": self.decline_code}


_ASKED = "Your card was declined. This transaction requires authentication."
_UNHANDLED = "This payment required an authentication action to complete, but `error_on_requires_action` was set."
DECLINES = {
    decline.decline_code: decline
    for decline in (
        # A lost, stolen or withdrawn card is told to the business alone: the customer reads no more than "declined".
        Decline("generic_decline"),
        Decline("lost_card"),
        Decline("stolen_card"),
        Decline("pickup_card"),
        Decline("insufficient_funds", message="Your card has insufficient funds."),
        Decline("expired_card", code="expired_card", message="Your card has expired."),
        Decline("authentication_required", code="authentication_required", message=_ASKED),
        Decline("authentication_not_handled", code="authentication_required", message=_UNHANDLED),
    )
}
