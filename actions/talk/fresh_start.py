"""From the beginning again: whatever was going on is left, what is proven and agreed stays."""

from __future__ import annotations

from actions.deed import Deed
from actions.turn import Events, Turn, leave_all, put


class StartOver(Deed):
    """They want to begin again."""

    title = "action_start_over"
    intent = "start_over"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Leave everything, say so, and say what can be done."""
        customer = await turn.write(turn.customer_if_known)
        turn.say("utter_start_over" if customer else "utter_start_over_unknown")
        return [*leave_all(), *put(topic=None, contact_kind=None)]
