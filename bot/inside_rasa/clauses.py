"""The clauses of a message, heard singly: an ordinary wish beside a sensitive matter drowns it out (rules C12, C13)."""

from __future__ import annotations

import re
from typing import Iterable, List, Mapping, Optional, Text, Tuple

from bot.inside_rasa.terms import words

FEWEST_WORDS = 3
# Looks around a dash or a word instead of taking in the spaces: a text of nothing but spaces stays cheap.
BREAK = re.compile(
    r"[!?;…\n]|[.,](?!\d)|(?<=\s)[-–—](?=\s)|(?<=\s)(?:and|but|so|because|also|plus)(?=\s)", re.IGNORECASE
)

Heard = Tuple[Text, float]
"""An intent, and its share of the probability."""


def clauses_of(text: Text) -> List[Text]:
    """The clauses of three words or more, each once, in order; none when the whole text is one."""
    whole = words(text)
    parts = dict.fromkeys(part.strip() for part in BREAK.split(text))
    return [part for part in parts if len(part.split()) >= FEWEST_WORDS and words(part) != whole]


def gravest(whole: Text, clauses: Iterable[Heard], thresholds: Mapping[Text, float]) -> Optional[Heard]:
    """The intent of a clause that is graver than that of the whole message, or None when the whole message decides.

    `thresholds` holds the sensitive intents, the gravest first, each with the least probability that counts as heard.
    """
    surest = dict(sorted(clauses, key=lambda heard: heard[1]))
    for intent, least in thresholds.items():
        if intent == whole:
            return None
        if surest.get(intent, 0.0) >= least:
            return intent, surest[intent]
    return None
