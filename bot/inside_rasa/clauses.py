"""The clauses of a message, heard singly: an ordinary wish beside a sensitive matter drowns it out (rules C12, C13)."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Text, Tuple

from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME

from bot.inside_rasa.terms import words

FEWEST_WORDS = 3
TALK = frozenset(
    {"greet", "thank", "affirm", "deny", "goodbye", "inform", "out_of_scope", DEFAULT_NLU_FALLBACK_INTENT_NAME}
)
"""Intents that no clause is remembered for: there is nothing to come back to."""
# Looks around a dash or a word instead of taking in the spaces: a text of nothing but spaces stays cheap.
JOINTS = (
    "and|but|so|because|also|plus"
    "|y|pero|así que|asi que|porque|además|ademas|también|tambien|aunque|sino que"
    "|e|mas|então|entao|porém|porem|também|tambem|além disso|alem disso|só que|so que"
)
BREAK = re.compile(rf"[!?¿¡;…\n]|[.,](?!\d)|(?<=\s)[-–—](?=\s)|(?<=\s)(?:{JOINTS})(?=\s)", re.IGNORECASE)


def clauses_of(text: Text) -> List[Text]:
    """The clauses of three words or more, each once, in order; none when the whole text is one."""
    whole = words(text)
    parts = dict.fromkeys(part.strip() for part in BREAK.split(text))
    return [part for part in parts if len(part.split()) >= FEWEST_WORDS and words(part) != whole]


def others(spoken: Iterable[Tuple[Text, Text, float]], heard: Text, least: float) -> List[Dict[Text, Any]]:
    """The other wishes of a message, each once and in order: `[{"name", "confidence", "text"}]`.

    `spoken` is what each clause says: its text, the likeliest intent, and its probability, which counts from `least`
    on. Left out are the intent that was heard for the whole message, and talk.
    """
    wishes: Dict[Text, Dict[Text, Any]] = {}
    for text, name, confidence in spoken:
        if name != heard and name not in TALK and confidence >= least:
            wishes.setdefault(name, {"name": name, "confidence": confidence, "text": text})
    return list(wishes.values())
