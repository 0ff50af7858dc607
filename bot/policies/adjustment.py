"""What agents may change on an account."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field, model_validator

from bot.money import Money
from bot.policies.file import Policy


class AdjustmentsPolicy(Policy):
    """`alone` is the most that one agent may write off or correct without a second pair of eyes, in major units by
    currency; a currency that is not named has no such amount. `reason_least` is the shortest reason, in characters."""

    alone: dict[str, Decimal]
    reason_least: int = Field(ge=1, le=200)

    @model_validator(mode="after")
    def _amounts(self) -> AdjustmentsPolicy:
        for currency, amount in self.alone.items():
            if amount < 0:
                raise ValueError(f"alone.{currency} must not be negative")
            Money.of(amount, currency)
        return self

    def alone_up_to(self, currency: str) -> Money:
        """The most that one agent may do alone in `currency`."""
        return Money.of(self.alone.get(currency, Decimal(0)), currency)
