"""Who is offered what, when conversations go back to the queue, and by when a person answers first (K13)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from bot.policies.file import Policy

Skill = Annotated[str, Field(min_length=1, max_length=64)]
LEAST_URGENT = 9


class PresencePolicy(Policy):
    """After how many seconds without a sign an agent counts as offline, and after how many more conversations are not
    left with them."""

    stale_seconds: int = Field(ge=30, le=3600)
    return_seconds: int = Field(ge=60, le=86_400)


class AssignmentPolicy(Policy):
    """`policies/assignment.yml`. `targets` are minutes by priority."""

    offers: bool
    accept_seconds: int = Field(ge=10, le=3600)
    rest_minutes: int = Field(ge=0, le=1440)
    capacity: int = Field(ge=1, le=100)
    skills: list[Skill] = Field(min_length=1)
    presence: PresencePolicy
    targets: dict[int, int] = Field(min_length=1)
    warn_at_percent: int = Field(ge=1, le=99)
    follow_up_days: int = Field(ge=1, le=730)

    def target_minutes(self, priority: int) -> int:
        """Minutes of opening hours until a person's first answer to a hand-over of `priority`: its own, or those of the
        next more patient one that is named."""
        return self.targets[min((named for named in self.targets if named >= priority), default=max(self.targets))]

    @field_validator("presence")
    @classmethod
    def _stale_first(cls, presence: PresencePolicy) -> PresencePolicy:
        if presence.return_seconds < presence.stale_seconds:
            raise ValueError("return_seconds must not be less than stale_seconds")
        return presence

    @field_validator("targets")
    @classmethod
    def _patience_grows(cls, targets: dict[int, int]) -> dict[int, int]:
        if any(not 0 <= priority <= LEAST_URGENT or minutes < 1 for priority, minutes in targets.items()):
            raise ValueError(f"minutes of 1 or more by priorities from 0 to {LEAST_URGENT} are expected")
        if [targets[priority] for priority in sorted(targets)] != sorted(targets.values()):
            raise ValueError("a more patient priority must not have the shorter target")
        return targets
