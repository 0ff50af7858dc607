"""A card number in a message: it was taken out before anybody saw it (P3), and the customer is told so once."""

from __future__ import annotations

from functools import cache

from actions.sensitive import SENSITIVE
from actions.turn import Turn
from bot.words import say

LANGUAGES = ("en", "es", "pt")


def told(turn: Turn) -> None:
    """Say that a number was taken out, where one was; in a grave matter there is no word of it (C12)."""
    if turn.intent not in SENSITIVE and any(mark in turn.text for mark in _marks()):
        turn.say("utter_card_removed")


@cache
def _marks() -> frozenset[str]:
    return frozenset(say("card_removed", language) for language in LANGUAGES)
