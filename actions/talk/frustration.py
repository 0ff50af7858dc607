"""Anger and insults: heard, never answered in kind, never repeated (K2). After a few in a row a person takes over."""

from __future__ import annotations

from actions.deed import Deed
from actions.escalation import criteria
from actions.talk.handoff import hand_over, say_wait
from actions.turn import Events, Turn, leave_all


class ExpressFrustration(Deed):
    """They are angry, with no other request."""

    title = "action_express_frustration"
    intent = "express_frustration"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """One short sentence and a way out. Again: whatever was being asked is left. Then a person (K13)."""
        patience = criteria().patience
        recent = turn.recent_intents(patience.hand_over_after)
        in_a_row = next((count for count, name in enumerate(reversed(recent)) if name != self.intent), len(recent))
        if in_a_row >= patience.hand_over_after:
            await hand_over(turn, "express_frustration")
            turn.say("utter_frustration_person")
            await say_wait(turn)
            return leave_all()
        if in_a_row >= patience.leave_after:
            turn.say("utter_frustration_again")
            return leave_all()
        turn.say("utter_frustration_here" if turn.loop else "utter_frustration")
        return []
