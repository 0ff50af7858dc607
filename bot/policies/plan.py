"""Instalment plans and promises to pay."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from bot.models import Frequency
from bot.policies.file import Policy


class Changes(Policy):
    """What a customer may change alone: dates moved `times` at most, by `days` at most; pauses of `pause_days`."""

    times: int = Field(ge=0, le=12)
    days: int = Field(ge=1, le=31)
    pauses: int = Field(ge=0, le=3)
    pause_days: int = Field(ge=7, le=62)


class Missed(Policy):
    """An instalment whose day has passed: asked about after `ask_after_days`, when the gate lets it through; the plan
    is broken `broken_after_days` after the question if nothing was paid or agreed (K1, K7)."""

    ask_after_days: int = Field(ge=0, le=14)
    broken_after_days: int = Field(ge=7, le=90)


class EarlySettlement(Policy):
    """A discount for settling all at once, on request only, never as pressure (K16). `percent` 0 switches it off."""

    percent: Decimal = Field(ge=0, le=50)
    days_late: int = Field(ge=0)
    pay_within_days: int = Field(ge=1, le=60)


class PlansPolicy(Policy):
    """Instalment plans and promises (K4; design section 10, 3 and 4). Lengths are in months."""

    offered_months: list[Annotated[int, Field(ge=1, le=60)]] = Field(min_length=1)
    longest_months: int = Field(ge=1, le=60)
    extended_months: int = Field(ge=1, le=120)
    frequencies: list[Frequency] = Field(min_length=1)
    first_due_days: int = Field(ge=1, le=60)
    first_due_days_most: int = Field(ge=1, le=60)
    quote_hours: int = Field(ge=1)
    counter_offer_rounds: int = Field(ge=1, le=5)
    changes: Changes
    missed: Missed
    early_settlement: EarlySettlement
    promise_days: int = Field(ge=1)

    @model_validator(mode="after")
    def _within(self) -> PlansPolicy:
        if max(self.offered_months) > self.longest_months:
            raise ValueError("offered_months must not exceed longest_months")
        if self.longest_months > self.extended_months:
            raise ValueError("longest_months must not exceed extended_months")
        if self.first_due_days > self.first_due_days_most:
            raise ValueError("first_due_days must not exceed first_due_days_most")
        if self.quote_hours > self.first_due_days * 24:
            raise ValueError("an offer must end before its first instalment is due")
        if Frequency.MONTHLY not in self.frequencies:
            raise ValueError("frequencies must have monthly, in which lengths are offered")
        return self
