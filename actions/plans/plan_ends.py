"""The end of a plan on the customer's wish: what was paid stays, and the ways forward stay open (K3, K8)."""

from __future__ import annotations

import re
from typing import Any

from actions.assent import assent
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed, Form, Question
from actions.plans import offers
from actions.proof import ask_for_proof
from actions.reading import choices
from actions.sensitive import SENSITIVE, may_answer
from actions.turn import Events, Turn, enter, leave, put
from bot.billing import plans
from bot.errors import Conflict

FORM = "cancel_form"
_ENDING = r"end|cancel|stop|my|the|plan|of it"
_SHORT = 3  # words
_ENDS = re.compile(
    r"\b(?:end\w*|cancel\w*|stop\w*|quit\w*|leave|out|off|drop|no|not|without|delete|remove|terminat\w+|undo|rid|scrap|"
    r"forget|back|withdraw|break|close|over|instead|never\w*|finish\w*|done|void|revoke|annul|kill|give|dump|ditch|"
    r"reverse|abandon|scratch|tear|bin|unsubscribe|enough|don'?t|can'?t|won'?t|cannot|hate|wrong|canceled)\b"
)
ANSWERS = frozenset({"inform", "cancel_plan", "affirm", "deny", "nlu_fallback"})


class CancelPlan(Deed):
    """They want out of the plan."""

    title = "action_cancel_plan"
    intent = "cancel_plan"

    async def act(self, turn: Turn) -> Events:
        """Ask for a clear yes, after what it would mean. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if turn.text and len(turn.text.split()) <= _SHORT and not _ENDS.search(turn.words.lower()):
            # "plan" alone asks for no end.
            return await Deed.by_intent["check_plan" if mine.plan else "request_plan"].act(turn)
        if mine.plan is None:
            if not say_if_clear(turn, mine):
                turn.say("utter_cancel_no_plan")
            return leave("cancel_agreed", *offers.SLOTS)
        return enter(FORM, cancel_agreed=None, topic="plan")


class CancelForm(Form):
    """Takes a clear yes."""

    form = FORM
    slots = ("cancel_agreed",)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The yes. A no, or another wish, leaves the form by its own intent."""
        if not turn.is_answer or turn.intent in SENSITIVE:
            return {}
        if choices.is_clear_yes(turn.words, _ENDING):
            return {"cancel_agreed": True}
        if turn.intent in ("cancel", "cancel_plan") and re.search(rf"\b(?:{_ENDING})\b", turn.words.lower()):
            # "cancel it" may mean the plan or the question.
            turn.say("utter_yes_unclear")
            return {"cancel_agreed": None}
        return assent(turn, "cancel_agreed") if may_answer(turn, ANSWERS) else {}


class AskCancelAgreed(Question):
    """Says what stays, what would be open then and what could be changed instead, and asks for a yes."""

    title = "action_ask_cancel_agreed"

    async def ask(self, turn: Turn) -> Events:
        """State and ask."""
        mine = await turn.write(lambda session: account(session, turn))
        if mine.progress is None:
            turn.say("utter_cancel_no_plan")
            return []
        turn.say("utter_cancel_terms_paid" if mine.progress.paid else "utter_cancel_terms", **_said(mine))
        return []


class EndPlan(Deed):
    """The customer said yes: the plan ends, automatic payments with it."""

    title = "action_end_plan"
    wish = "cancel_plan"

    async def act(self, turn: Turn) -> Events:
        """End it and say what is open now, with ways forward. Asked for again, it has ended already."""
        if await turn.write(turn.customer_if_known) is None:
            return ask_for_proof(turn.wishing({"intent": self.wish}), self.wish)
        if turn.slot("cancel_agreed") is not True:
            return leave("cancel_agreed")
        before = await turn.write(lambda session: account(session, turn))
        if before.plan is None or before.progress is None:
            turn.say("utter_cancel_no_plan")
            return leave("cancel_agreed")
        ending = before.plan.id
        try:
            await turn.write(lambda session: plans.cancel(session, ending, turn.customer(session), actor="customer"))
        except Conflict:
            turn.say("utter_cancel_no_plan")
            return leave("cancel_agreed")
        turn.say("utter_plan_ended_paid" if before.progress.paid else "utter_plan_ended", **_said(before))
        return [*leave("cancel_agreed", *offers.SLOTS), *put(topic="plan")]


def _said(mine: Account) -> dict[str, Any]:
    assert mine.progress is not None
    return {
        "paid": mine.phrases.money(mine.progress.paid),
        "left": mine.phrases.money(mine.progress.remaining),
        "name": mine.name,
    }
