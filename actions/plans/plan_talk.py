"""What a message means while a plan is spoken of and its intent does not say: terms, a change, or "I can't" (K7)."""

from __future__ import annotations

import re

from actions.balance import Account
from actions.deed import Deed
from actions.plans import changes, proposals
from actions.turn import Events, Turn

_PAYDAY = re.compile(r"\bpay ?days?\b|\bget(?:ting)? paid\b|\bpaid (?:on|every)\b")


async def heard(turn: Turn, mine: Account) -> Events | None:
    """Do what the words ask of a plan; None when they ask nothing of one. No form is running."""
    said = proposals.named_terms(turn, mine)
    is_about_plan = turn.slot("topic") == "plan" or _PAYDAY.search(turn.words.lower())
    if said.frequency and (said.amount or said.down or is_about_plan):
        return await Deed.by_intent["propose_plan"].act(turn)
    if proposals.is_unable(turn.words) or (mine.plan is not None and changes.is_pause(turn.words)):
        return await unable(turn, mine)
    if turn.slot("topic") != "plan":
        return None
    if mine.plan is not None and (said or proposals.is_too_much(turn.words)):
        return await Deed.by_intent["change_plan"].act(turn)
    if said.count or said.months or said.down or proposals.is_too_much(turn.words):
        return await Deed.by_intent["propose_plan"].act(turn)
    return None


async def unable(turn: Turn, mine: Account) -> Events:
    """They cannot pay: it is asked what would work, in their plan or for one."""
    return await Deed.by_intent["change_plan" if mine.plan else "request_plan"].act(turn)
