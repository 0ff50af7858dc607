"""When a person is brought in: `policies/escalation.yml`.

The criteria are data (K13): an intent leads to a reason, a skill and a priority, or to a case beside the conversation.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated

from pydantic import Field

from bot import policies
from bot.policies import FOLDER, Policy

Named = Annotated[str, Field(min_length=1, max_length=64)]


class HandOver(Policy):
    """Why a conversation moves to a person, to which team, and how soon (a lower priority waits less)."""

    reason: Named
    skill: Named
    priority: int = Field(ge=0, le=9)


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

    hand_over: dict[str, HandOver]
    skill_by_topic: dict[str, Named]
    case: dict[str, CaseKind]
    patience: Patience


@cache
def criteria() -> EscalationPolicy:
    """The criteria. Raises `PolicyInvalid`."""
    return policies.read(EscalationPolicy, FOLDER / "escalation.yml")
