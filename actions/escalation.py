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


class EscalationPolicy(Policy):
    """`policies/escalation.yml`."""

    hand_over: dict[str, HandOver]
    skill_by_topic: dict[str, Named]
    case: dict[str, CaseKind]


@cache
def criteria() -> EscalationPolicy:
    """The criteria. Raises `PolicyInvalid`."""
    return policies.read(EscalationPolicy, FOLDER / "escalation.yml")
