"""When a person is brought in, which team, how soon, and what it asks of them (K13)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from bot.policies.file import Policy

Named = Annotated[str, Field(min_length=1, max_length=64)]
Number = Literal[1, 2, 3]


class Tier(Policy):
    """What a tier is called at the desk, and what it asks of whoever takes the conversation."""

    name: Annotated[str, Field(min_length=1, max_length=24)]
    meaning: Annotated[str, Field(min_length=1, max_length=200)]


class HandOver(Policy):
    """Why a conversation moves to a person, to which team, how soon (a lower priority waits less), of which tier."""

    reason: Named
    skill: Named
    priority: int = Field(ge=0, le=9)
    tier: Number = 1


class CaseKind(Policy):
    """What kind of case is opened, and for which team."""

    kind: Annotated[str, Field(min_length=1, max_length=32)]
    skill: Named


class Patience(Policy):
    """After how many angry messages in a row what is being asked is left, and a person takes over (K2)."""

    leave_after: int = Field(ge=1, le=9)
    hand_over_after: int = Field(ge=2, le=9)


class EscalationPolicy(Policy):
    """`policies/escalation.yml`."""

    tiers: dict[Number, Tier]
    hand_over: dict[str, HandOver]
    skill_by_topic: dict[str, Named]
    case: dict[str, CaseKind]
    patience: Patience

    def tier_of(self, reason: str) -> int:
        """The tier of a hand-over for `reason`; the first where no criterion names it."""
        return self.tier_by_reason.get(reason, 1)

    @property
    def tier_by_reason(self) -> dict[str, int]:
        """Each criterion's reason with its tier."""
        return {criterion.reason: criterion.tier for criterion in self.hand_over.values()}

    @property
    def skills(self) -> list[str]:
        """Every team that the criteria name, by name."""
        handed = {criterion.skill for criterion in self.hand_over.values()}
        beside = {kind.skill for kind in self.case.values()}
        return sorted(handed | beside | set(self.skill_by_topic.values()))

    @field_validator("tiers")
    @classmethod
    def _all_three(cls, tiers: dict[Number, Tier]) -> dict[Number, Tier]:
        if set(tiers) != {1, 2, 3}:
            raise ValueError("the tiers 1, 2 and 3 are expected")
        return tiers

    @field_validator("hand_over")
    @classmethod
    def _one_tier_for_a_reason(cls, criteria: dict[str, HandOver]) -> dict[str, HandOver]:
        found: dict[str, int] = {}
        for name, criterion in criteria.items():
            if found.setdefault(criterion.reason, criterion.tier) != criterion.tier:
                raise ValueError(f"{name}: the reason {criterion.reason} is of another tier elsewhere")
        return criteria
