"""Payment links, and payments by a saved card."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from bot.policies.file import Policy, Words, needs


class PaymentsPolicy(Policy):
    """Payment links (P1, S3). `guest_links_a_day` is how many somebody may ask for who pays towards another's account
    (P4)."""

    link_days: int = Field(ge=1)
    checkout_minutes: int = Field(ge=35, le=1430)
    guest_links_a_day: int = Field(ge=1, le=50)
    description: Words

    @model_validator(mode="after")
    def _english(self) -> PaymentsPolicy:
        needs(self.description, "description", "brand")
        return self


class AutopayPolicy(Policy):
    """When a saved card is charged, how often again, and what the customer consents to (S3; K11).

    `retry_after_days` counts from the day of the try before; when it is used up, or the card will not do, the customer
    gets a link. `expiry_notice_days` is how long before the card's last day the customer hears of it.
    """

    charge_hour: int = Field(ge=8, le=20)
    retry_after_days: list[Annotated[int, Field(ge=1, le=14)]] = Field(max_length=4)
    expiry_notice_days: int = Field(ge=1, le=60)
    wording: Words

    @model_validator(mode="after")
    def _english(self) -> AutopayPolicy:
        needs(self.wording, "wording", "brand")
        if longest := [language for language, text in self.wording.items() if len(text) > 1000]:
            raise ValueError(f"wording.{longest[0]} must fit under Stripe's button: 1,000 characters at most")
        return self
