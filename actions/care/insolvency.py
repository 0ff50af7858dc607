"""Bankrupt, insolvent, in a debt-relief scheme: what we ask for stops, and a specialist looks (C8)."""

from __future__ import annotations

import re

from actions.care import concern, story
from actions.care.care import is_in_care
from actions.deed import Deed
from actions.turn import Events, Turn, leave_all, put
from bot.models import HoldKind

_BREATHING_SPACE = re.compile(
    r"\bbreathing[- ]?space\b|\bdebt respite\b|\bmental health crisis (?:moratorium|breathing)\b|\b60[- ]day (?:debt )?"
    r"moratorium\b"
)


class ReportBankruptcy(Deed):
    """Bankruptcy, an IVA, a DRO, a trust deed; or a breathing space, which is a hold of its own kind."""

    title = "action_report_bankruptcy"
    intent = "report_bankruptcy"

    async def act(self, turn: Turn) -> Events:
        """Hold, open the case, say that nothing is asked for any more. No word of money (C8)."""
        kind = kind_of(turn.words)
        if kind is not HoldKind.BREATHING_SPACE and is_in_care(turn.words):
            return await Deed.by_intent["report_vulnerability"].act(turn)
        passed = await concern.pass_on(turn, "report_bankruptcy", hold=kind, note=kind.replace("_", " ").capitalize())
        if passed.again:
            turn.say("utter_concern_placed")
        else:
            turn.say(_words(kind, is_bound=passed.bound))
        await concern.say_who_is_next(turn, passed)
        if passed.to_person:
            return [*leave_all(), *put(topic="care")]
        if passed.customer is not None:  # a reference that they write next belongs to the case
            return [*leave_all(), *story.begin(turn, "report_bankruptcy")]
        return await concern.unproven(turn, "report_bankruptcy", topic="care")


def _words(kind: HoldKind, *, is_bound: bool) -> str:
    """What is true: who is not known yet is asked for nothing here, and elsewhere once a person has found them."""
    if not is_bound:
        return "utter_insolvency_passed_on"
    return "utter_breathing_space" if kind is HoldKind.BREATHING_SPACE else "utter_insolvency"


def kind_of(text: str) -> HoldKind:
    """The hold that `text` tells of."""
    is_respite = _BREATHING_SPACE.search(text.lower())
    return HoldKind.BREATHING_SPACE if is_respite else HoldKind.BANKRUPTCY
