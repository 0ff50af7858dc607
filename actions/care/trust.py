"""A doubt is met with proof, and why identity is asked for with a reason; then what was going on goes on (P1, C13)."""

from __future__ import annotations

from actions.deed import Deed
from actions.phrases import Phrases
from actions.talk import phone_proof
from actions.turn import Events, Turn
from bot import policies


class AskWhyVerify(Deed):
    """Why do you need to know who I am?"""

    title = "action_ask_why_verify"
    intent = "ask_why_verify"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Say why. A form that asks goes on asking."""
        turn.say("utter_why_verify_phone" if await phone_proof.is_wanted(turn) else "utter_why_verify")
        return []


class SuspectScam(Deed):
    """Is this genuine? Answered with what can be checked without us; nothing is asked for (design section 10, 14)."""

    title = "action_suspect_scam"
    intent = "suspect_scam"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Say who we are, what we never ask for and how to check it. A form that asks goes on asking."""
        locale = await turn.write(lambda session: turn.conversation(session).locale)
        lines = "\n".join(ways_to_check(Phrases(locale)))
        turn.say("utter_genuine_here" if turn.loop else "utter_genuine", brand=policies.brand_name(), lines=lines)
        return []


def ways_to_check(phrases: Phrases) -> list[str]:
    """A line for each way to reach the business that does not come from this chat, as far as the brand has them."""
    brand = policies.brand()
    ways = [phrases.say("check_website", website=brand.website)] if brand.website else []
    if brand.phone:
        ways.append(phrases.say("check_phone", phone=brand.phone))
    if brand.email:
        ways.append(phrases.say("check_email", email=brand.email))
    return [*ways, phrases.say("check_papers")]
