"""What cannot be done as it was asked, said in the language that is spoken."""

from __future__ import annotations

from actions.turn import Turn
from bot import policies
from bot.errors import InvalidInput


def tell(turn: Turn, error: InvalidInput) -> None:
    """Say what is out of bounds: in English in the error's own words, in another language by its reason."""
    language = turn.course.language or turn.slot("language") or "en"
    turn.say("utter_refused", sentence=policies.refusals().sentence(error.reason, language) or error.message)
