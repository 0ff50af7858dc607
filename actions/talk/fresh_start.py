"""From the beginning again: whatever was going on is left, what is proven and agreed stays."""

from __future__ import annotations

import re

from actions.deed import Deed
from actions.reading.figures import plain
from actions.turn import Events, Turn, leave_all, put
from bot.billing import plans

_BEGINS = re.compile(
    r"\b(?:start|begin)\w*\s+(?:it |paying |payments |the plan |the payments )?(?:in|on|from|next|after)\b"
    r"(?! (?:the )?(?:beginning|scratch|start|top|new)\b)"
)


class StartOver(Deed):
    """They want to begin again."""

    title = "action_start_over"
    intent = "start_over"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Leave everything, say so, and say what can be done. "Can we start in May" is about the plan that is spoken
        of: its dates, where it is in force."""
        customer = await turn.write(turn.customer_if_known)
        if customer and turn.slot("topic") == "plan" and _BEGINS.search(plain(turn.words)):
            is_in_force = await turn.write(lambda session: plans.current(session, turn.customer(session)) is not None)
            return await Deed.by_intent["change_plan" if is_in_force else "propose_plan"].act(turn)
        turn.say("utter_start_over" if customer else "utter_start_over_unknown")
        return [*leave_all(), *put(topic=None, contact_kind=None)]
