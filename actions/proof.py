"""Proof of identity comes first: the wish is remembered, the verification form begins (P1; design section 10, 11)."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions.reading import known_facts
from actions.turn import TEXT_KEPT, Events, Turn, enter, leave, put
from bot import clock
from bot.models import Hold, HoldKind, HoldStatus

FORM = "verification_form"
_OF_ANOTHER = re.compile(r"\b(?:they|them|their|she|he|hers?|his|him|(?:this|that) (?:person|guy|man|woman|lady))\b")
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


async def is_for_another(turn: Turn) -> bool:
    """Whether somebody who said that they are the wrong person asks about the right one: nothing is told then, and
    nothing asked for (P4)."""
    return _OF_ANOTHER.search(turn.words.lower()) is not None and await turn.write(
        lambda session: _is_wrong_person(session, turn)
    )


def _is_wrong_person(session: Session, turn: Turn) -> bool:
    held = sa.select(Hold.id).where(
        Hold.conversation_id == turn.conversation_id,
        Hold.kind == HoldKind.WRONG_PERSON,
        Hold.status != HoldStatus.LIFTED,
    )
    return session.scalar(held.limit(1)) is not None


def volunteered(turn: Turn) -> known_facts.Told | None:
    """What only the customer knows, told in a message before the first question; None for nothing."""
    return known_facts.volunteered(turn.text, clock.now().date(), is_bare=turn.intent in STRAYS)
