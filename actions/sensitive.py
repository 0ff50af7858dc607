"""Sensitive intents win over everything, in any state, form or not (design section 7; C12, C13)."""

from __future__ import annotations

from collections.abc import Collection

from actions.turn import Turn

SENSITIVE = frozenset(
    {
        "cease_contact", "dispute_debt", "express_crisis", "report_hardship", "report_vulnerability", "request_human",
        "wrong_person",
    }
)  # fmt: skip
SHORT = 5  # words; a message so short that has an answer in it is the answer


def may_answer(turn: Turn, intents: Collection[str]) -> bool:
    """Whether a form that asks for a bare fact should look for it in this message.

    It should when the message was understood as one of `intents`, or is too short to be about much else. A sensitive
    message, or a wish to leave, never is an answer.
    """
    if turn.intent in SENSITIVE or turn.intent == "cancel":
        return False
    return turn.intent in intents or len(turn.text.split()) <= SHORT
