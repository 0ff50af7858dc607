"""What the operator chooses of messages that we begin, beside what the law asks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from bot.policies.file import Policy
from bot.policies.jurisdiction import Cap

Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]


class OutreachPolicy(Policy):
    """`policies/outreach.yml`. `paused` stops all that we begin; `jurisdictions` names a file for each country; `caps`
    are the operator's own and count beside the law's (C2); within `quiet_minutes` of a customer's last word, and while
    a person has the conversation, nothing is begun."""

    paused: bool
    jurisdictions: dict[Country, Annotated[str, Field(pattern="^[a-z][a-z_]*$")]] = Field(min_length=1)
    caps: tuple[Cap, ...]
    quiet_minutes: int = Field(ge=5, le=1440)

    @model_validator(mode="after")
    def _c2(self) -> OutreachPolicy:
        if len({cap.days for cap in self.caps}) != len(self.caps):
            raise ValueError("caps names a number of days twice")
        return self
