"""Sensitive intents win over everything, in any state, form or not (design section 7; C12, C13)."""

from __future__ import annotations

import re
from collections.abc import Collection

from actions.turn import Turn

SENSITIVE = frozenset(
    {
        "cease_contact", "complain", "dispute_debt", "express_crisis", "report_attorney", "report_bankruptcy",
        "report_deceased", "report_fraud", "report_hardship", "report_vulnerability", "request_human", "third_party",
        "wrong_person",
    }
)  # fmt: skip
# A doubt or a right: heard wherever it is said, though nobody comes to harm by an answer that is too early.
TRUST = frozenset({"ask_why_verify", "request_erasure", "request_my_data", "suspect_scam"})
_ADVISER = re.compile(
    r"\b(?:my|our|a|an|the|own) (?:\w+ )?(?:solicitors?|lawyers?|attorneys?|barrister|legal counsel|stepchange|"
    r"citizens advice|debt (?:advis[eo]r|charity|counsell?or|management company))\b"
)
_ACTS = re.compile(
    r"\b(?:deal|handl|act|represent|look)\w*\b|\bhas (?:taken|got) (?:it |this )?over\b"
    r"|\b(?:speak|talk|write|refer|direct|go|contact|call|e-?mail|deal)\b.{0,15}\b(?:them|him|her|my|instead|through)\b"
    r"|\bi(?:'ve| have)? (?:hired|instructed|got|have)\b"
)
SHORT = 5  # words; a message so short that has an answer in it is the answer


def may_answer(turn: Turn, intents: Collection[str]) -> bool:
    """Whether a form that asks for a bare fact should look for it in this message.

    It should when the message was understood as one of `intents`, or is too short to be about much else. A sensitive
    message, a doubt, or a wish to leave, never is an answer.
    """
    if turn.intent in SENSITIVE or turn.intent in TRUST or turn.intent == "cancel":
        return False
    return turn.intent in intents or len(turn.text.split()) <= SHORT


def names_adviser(text: str) -> bool:
    """Whether `text` says that a lawyer or debt adviser acts for them: "please speak to them" is about that person."""
    said = text.lower().replace("’", "'")
    return bool(_ADVISER.search(said) and _ACTS.search(said))
