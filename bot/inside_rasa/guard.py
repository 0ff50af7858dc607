"""The guard: a sensitive matter is heard even where no single intent is sure of it (rules C12, C13).

A sentence of despair may be half hardship and half illness. The shares of the sensitive intents are therefore added
up, and held against one threshold, which was chosen for what it finds before what it spares.
"""

from __future__ import annotations

from typing import Iterable, Mapping, Optional, Sequence, Text, Tuple

Heard = Tuple[Text, float]
"""An intent, and its share of the probability."""

NEAR = 0.6
"""A graver intent is plausible beside a likelier one from this part of the likelier one's share on."""

OWN, OWN_OF_FIRST = 0.25, 0.18
"""What an intent must have itself to be acted on: many small shares say that something is grave, not what it is. The
first of the order is despair, of which a smaller sign will do."""

SURE = 0.98
"""What a clause must have to win over a message that is sensitive as a whole; the first of the order needs no more."""


def guarded(shares: Mapping[Text, float], order: Sequence[Text], least: float) -> Optional[Heard]:
    """The sensitive intent of a message with the shares of all of them, or None when these come to less than `least`.

    `order` holds the sensitive intents, the gravest first; of those that are about as likely the gravest is meant, if
    it has a share of its own that bears acting on.
    """
    sensitive = {intent: shares.get(intent, 0.0) for intent in order}
    together = sum(sensitive.values())
    if not sensitive or together < least:
        return None
    near = NEAR * max(sensitive.values())
    bears = (OWN_OF_FIRST, *[OWN] * len(order))
    for (intent, share), own in zip(sensitive.items(), bears, strict=False):
        if share >= max(near, own):
            return intent, round(together, 4)
    return None


def gravest(whole: Text, clauses: Iterable[Heard], thresholds: Mapping[Text, float]) -> Optional[Heard]:
    """The intent of a clause that is graver than that of the whole message, or None when the whole message decides.

    `thresholds` holds the sensitive intents, the gravest first, each with the least probability that counts as heard.
    """
    surest = dict(sorted(clauses, key=lambda heard: heard[1]))
    for place, (intent, least) in enumerate(thresholds.items()):
        if intent == whole:
            return None
        if surest.get(intent, 0.0) >= (max(least, SURE) if place and whole in thresholds else least):
            return intent, surest[intent]
    return None
