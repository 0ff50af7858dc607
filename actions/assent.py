"""Whether a message is the yes that was asked for: only a clear one counts, an unclear one is asked back (K8)."""

from __future__ import annotations

from typing import Any

from actions.reading import choices
from actions.turn import Turn


def assent(turn: Turn, slot: str, deed: str = "") -> dict[str, Any]:
    """The slot that a yes fills; {} for a no, which has an answer of its own, and for what is about something else.

    `deed` is a pattern of words that may name what is agreed to, beside the yes.
    """
    if turn.intent == "deny" and (choices.is_plain_no(turn.words) or not choices.is_hedged(turn.words)):
        return {}
    if (turn.intent == "affirm" and not turn.text) or choices.is_clear_yes(turn.words, deed):
        return {slot: True}
    if turn.intent in ("affirm", "inform", "deny") or choices.is_hedged(turn.words):
        turn.say("utter_yes_unclear")
        return {slot: None}
    return {}
