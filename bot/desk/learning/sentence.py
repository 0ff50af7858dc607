"""A sentence as it may be learned: one plain line, which a training file gives back unchanged."""

from __future__ import annotations

import re
import unicodedata

from bot.errors import InvalidInput

LONGEST = 250
ANSWER_LONGEST = 1_000
JOINER = "\u200d"  # holds the parts of an emoji together
# Control and format characters, halves of characters, and those that mean nothing: no file keeps them alike.
UNKEPT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
ENTITY = re.compile(r"\]\s*[({]")
SO_MUCH_SO_OFTEN = re.compile(
    r"\d (?:quid |dollars |pounds |bucks )?(?:a|per|each|every|every two|every other)"
    r" (?:week|month|fortnight|payday|weeks|friday)s?\b",
    re.IGNORECASE,
)
NOT_OF_TERMS = frozenset({"request_plan", "inform", "promise_to_pay", "make_payment"})


def folded(text: str) -> str:
    """The sentence without what a hurried typist leaves out: capitals, punctuation, double spaces. Emoji, %/# stay."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c for c in plain if c in "%/#" or not unicodedata.category(c).startswith("P"))
    return " ".join(kept.split()) or plain.strip()


def tidy(text: str) -> str:
    """`text` on one line, without what cannot be seen."""
    spaced = (" " if c.isspace() else c for c in text)
    visible = (c for c in spaced if c == JOINER or unicodedata.category(c) not in UNKEPT)
    return " ".join("".join(visible).split())


def require_plain(text: str, intent: str | None = None) -> None:
    """A tidy `text` can be an example (of `intent`). Raises `InvalidInput` with what has to be changed."""
    if not folded(text):
        raise InvalidInput("Nothing is left of the sentence. Keep the words that show what was meant.")
    if len(text) > LONGEST:
        raise InvalidInput(f"Keep the sentence under {LONGEST} characters: the part that shows what was meant.")
    if text.startswith("/"):
        raise InvalidInput("A sentence can't begin with a slash, which is a command to the assistant.")
    if ENTITY.search(text):
        raise InvalidInput("Leave out brackets like ](…) or ]{…}, which training files read as marks.")
    if intent in NOT_OF_TERMS and "tax" not in text and SO_MUCH_SO_OFTEN.search(text):
        raise InvalidInput("Terms (so much, so often) are propose_plan, so that they are weighed as they were said.")
