"""What a message to a customer must not say (K2, K5, K6, K16, C11, P1, P3), from `policies/kindness.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from bot.policies.file import Policy


class Ban(StrEnum):
    """Why words are banned, as the file names it."""

    THREAT = "threat"
    COURT = "court"
    CREDIT = "credit"
    SHAME = "shame"
    URGENCY = "urgency"
    DEMAND = "demand"
    MINIMUM = "minimum"
    COST = "cost"
    DEBT = "debt"
    INSULT = "insult"
    OFFER = "offer"
    ACCOUNT = "account"
    CARD = "card"
    SHOUTING = "shouting"


def _readable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern: {error}") from error
    return pattern


class Banned(Policy):
    """One ban: the rule it guards, what an agent is told, and its patterns of whole words (`everywhere` for our own
    texts and for agents, `ours` and `agents` for one of them). `asked` is what in a customer's own words opens it;
    `deniable` bans let "we never" pass, `unproven` ones hold while nobody is verified, `final` ones cannot be meant."""

    rule: str = Field(pattern=r"^[KPC]\d+$")
    because: str = Field(min_length=1, max_length=200)
    deniable: bool = False
    unproven: bool = False
    final: bool = False
    asked: str | None = None
    everywhere: list[str] = Field(default_factory=list)
    ours: list[str] = Field(default_factory=list)
    agents: list[str] = Field(default_factory=list)

    @field_validator("everywhere", "ours", "agents")
    @classmethod
    def _patterns(cls, patterns: list[str]) -> list[str]:
        return [_readable(pattern) for pattern in patterns]

    @field_validator("asked")
    @classmethod
    def _opening(cls, pattern: str | None) -> str | None:
        return None if pattern is None else _readable(pattern)


class KindnessPolicy(Policy):
    """`policies/kindness.yml`. `denials` and `conditions` tell "we never" from "if you don't", `own_acts` and `pressed`
    our own haste from what presses the customer; `capitals` everybody writes so."""

    bans: dict[Ban, Banned]
    denials: list[str] = Field(min_length=1)
    conditions: list[str] = Field(min_length=1)
    own_acts: list[str] = Field(min_length=1)
    pressed: list[str] = Field(min_length=1)
    capitals: list[Annotated[str, Field(pattern="^[A-Z]{2,}$")]]

    @field_validator("denials", "conditions", "own_acts", "pressed")
    @classmethod
    def _patterns(cls, patterns: list[str]) -> list[str]:
        return [_readable(pattern) for pattern in patterns]

    @model_validator(mode="after")
    def _whole(self) -> KindnessPolicy:
        if missing := set(Ban) - set(self.bans) - {Ban.SHOUTING}:
            raise ValueError(f"bans lack {', '.join(sorted(missing))}")
        return self


def whole_words(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern that finds any of `patterns` as whole words, in any case."""
    return _compiled(tuple(patterns))


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)" if patterns else r"(?!)", re.IGNORECASE)
