"""When a person is brought in: `policies/escalation.yml`.

The criteria are data (K13): an intent leads to a reason, a skill and a priority, or to a case beside the conversation.
"""

from __future__ import annotations

from bot import policies
from bot.policies import EscalationPolicy


def criteria() -> EscalationPolicy:
    """The criteria. Raises `PolicyInvalid`."""
    return policies.escalation()
