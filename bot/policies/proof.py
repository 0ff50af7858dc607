"""How a customer proves who they are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from bot.policies.file import Policy, Words, needs


class IdentityPolicy(Policy):
    """One-time codes, locks, how long a verification holds, and who may change what it rests on (design section 6)."""

    code_minutes: int = Field(ge=1, le=60)
    codes_per_conversation: int = Field(ge=1)
    codes_per_account_hour: int = Field(ge=1)
    wrong_tries: int = Field(ge=1, le=10)
    account_lock_minutes: int = Field(ge=1)
    address_lock_minutes: int = Field(ge=1)
    address_lock_hours_most: int = Field(ge=1)
    forget_failures_hours: int = Field(ge=1)
    web_idle_minutes: int = Field(ge=1)
    phone_hours: int = Field(ge=1)
    identity_token_minutes_most: int = Field(ge=1, le=60)
    regions: list[Annotated[str, Field(pattern="^[A-Z]{2}$")]]
    message: Words
    contact_alone_hours: int = Field(ge=1, le=720)
    contact_reason_least: int = Field(ge=1, le=100)
    contact_changed: Words

    @model_validator(mode="after")
    def _english(self) -> IdentityPolicy:
        needs(self.message, "message", "code", "minutes")
        needs(self.contact_changed, "contact_changed", "brand")
        return self
