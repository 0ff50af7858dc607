"""What providers send is kept without card numbers, in whatever field they stand (P3)."""

from __future__ import annotations

import re
from typing import Any

from bot.conversations.redaction import redact_cards
from bot.words import say

# Deeper than anything that a provider sends.
DEEPEST = 16
DEGREES = frozenset({"latitude", "longitude"})

_CHOICE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}:[0-9]{1,2}")
_DEGREE = re.compile(r"-?[0-9]{1,3}\.[0-9]{1,20}")


def card_free(text: str, name: str = "") -> str:
    """The text of a field called `name` as it may be kept. The id of a choice, as we name it, and a place's degrees
    have many digits and are no card's."""
    if _CHOICE.fullmatch(text) or (name.lower() in DEGREES and _DEGREE.fullmatch(text)):
        return text
    return redact_cards(text, say("card_removed", "en"))


def card_free_json(thing: Any, ids: frozenset[str], name: str = "", depth: int = 0) -> Any:
    """A part of a JSON body as it may be kept: what `ids` names as it came, all else without card numbers; what is
    nested deeper than `DEEPEST` is left out."""
    if depth > DEEPEST:
        return None
    if isinstance(thing, dict):
        # What was tapped has an id of ours in it, or none that anybody needs.
        as_they_are = ids - {"id"} if name in ("button_reply", "list_reply") else ids
        return {card_free(key): card_free_json(value, as_they_are, key, depth + 1) for key, value in thing.items()}
    if isinstance(thing, list):
        return [card_free_json(value, ids, name, depth + 1) for value in thing]
    if isinstance(thing, str):
        return thing if name in ids else card_free(thing, name)
    if isinstance(thing, int | float) and not isinstance(thing, bool):
        return thing if card_free(str(thing), name) == str(thing) else card_free(str(thing), name)
    return thing
