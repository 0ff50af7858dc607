"""Proof of identity comes first: the wish is remembered, the verification form begins (P1; design section 10, 11)."""

from __future__ import annotations

from actions.reading import known_facts
from actions.turn import TEXT_KEPT, Events, Turn, enter, leave, put
from bot import clock

FORM = "verification_form"
STRAYS = frozenset({"inform", "nlu_fallback", "affirm"})  # what an answer that cannot be read is taken for


def ask_for_proof(turn: Turn, intent: str | None = None) -> Events:
    """Say why, kindly, and begin the verification form. `intent` is what is done once it is them, with this message's
    words; None: nothing in particular. The words imply nothing about an account (P1)."""
    wish = {"intent": intent, "text": turn.text[:TEXT_KEPT], "entities": turn.entities} if intent else turn.slot("wish")
    if turn.loop == FORM:
        # The form goes on where it is; the newest wish counts.
        turn.say("utter_verify_first_still")
        return put(wish=wish)
    if volunteered(turn) is None:  # else the form reads it at once, and says what there is to say
        turn.say("utter_verify_first")
    return [*leave("reference", "code", "factor", "amount", "promise_day", "disputed"), *enter(FORM, wish=wish)]


def volunteered(turn: Turn) -> known_facts.Told | None:
    """What only the customer knows, told in a message before the first question; None for nothing."""
    return known_facts.volunteered(turn.text, clock.now().date(), is_bare=turn.intent in STRAYS)
