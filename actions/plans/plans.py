"""Instalment plans by chat: a wish for one, and the form that takes a choice and a clear yes (K4, K8)."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.orm import Session

from actions.assent import assent
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed, Form
from actions.plans import offers, proposals, wishes
from actions.plans.offers import FORM
from actions.plans.plan_progress import say_in_force
from actions.reading import choices, dates
from actions.reading.figures import in_figures, plain
from actions.reading.terms import Proposed
from actions.sensitive import SHORT, may_answer
from actions.turn import Events, Turn, enter, leave
from bot.errors import InvalidInput
from bot.models import Plan

ANSWERS = frozenset(
    {
        "inform", "request_plan", "propose_plan", "change_plan", "promise_to_pay", "affirm", "deny", "nlu_fallback",
        "make_payment",
    }
)  # fmt: skip
# What a button may ask for instead of an offer.
QUESTIONS = frozenset({"other", "terms", "usual"})
_BEGINS = re.compile(r"\b(?:from|start\w*|begin\w*|on the|not before)\b")
# What is asked beside an option chooses none, "can I take the first one?" does.
_ASKS = re.compile(
    r"^\W*(?:and |so |but |ok |okay )?(?:how(?! about)|what(?! about|'s about)|when|why|which|does|"
    r"do (?:i|you|we|they)|is|are|will|would)\b|\bhow (?:long|much|many|often|come)\b"
)
# A sum of money, not the number of an option or of months.
_SUM = re.compile(r"[$£€]\s?\d|\d\s?(?:dollars?|bucks?|pounds?|quid|euros?)\b|\b(?:1[3-9]|[2-9]\d|\d{3,})\b|\d[.,]\d")
_ORDINAL = re.compile(r"(?<!on )(?<!by )(?<!from )(?:\bthe )?\b\d{1,2}(?:st|nd|rd|th)\b")
_PAY_DAY = re.compile(
    r"\bpay ?(?:day|che(?:ck|que))|\b(?:my|the) (?:pay|wages?|salary|pension|benefits?)\b|"
    r"\b(?:get|am|i'm) paid\b|\bpaid on\b"
)
# Between what is found too much and what is offered instead.
_TURNS = re.compile(
    r"[.?!;\n]|,? (?:but|what about|how about|maybe|only|can i|could i|i can|i could|make it|let'?s)\b|, ?(?=\d)"
)


class RequestPlan(Deed):
    """A wish for instalments. A plan in force is shown; terms that were named lead straight to their answer."""

    title = "action_request_plan"
    intent = "request_plan"

    async def act(self, turn: Turn) -> Events:
        """Begin the form, or say why there is nothing to spread. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if say_if_clear(turn, mine):
            return leave(*offers.SLOTS)
        said = proposals.named_terms(turn, mine)
        chosen = offers.named(turn, mine)
        if said or (chosen and mine.plan is not None):
            return await proposals.answer(turn, mine, said)
        button = turn.entities.get("plan")
        if mine.progress is not None and not button:
            if proposals.is_too_much(turn.words):
                return await Deed.by_intent["change_plan"].act(turn)
            return await say_in_force(turn, mine)
        if mine.plan is None and not mine.standing.payable_overdue and not chosen:
            turn.say("utter_only_disputed" if mine.standing.overdue else "utter_plan_nothing")
            return leave(*offers.SLOTS)
        begun = offers.begin() | {"plan_over": [str(id_) for id_ in chosen] if chosen else None}
        if button in ("other", "terms") or (not button and proposals.is_too_much(turn.words)):
            return enter(FORM, **begun | {"plan_question": "terms"}, topic="plan")
        try:
            waiting = await turn.write(lambda session: _waiting(session, turn, mine, button))
        except InvalidInput:
            turn.say("utter_plan_too_small", total=mine.phrases.money(mine.standing.payable_overdue))
            return leave(*offers.SLOTS)
        return enter(FORM, **begun | {"plan": str(waiting.id) if waiting else None}, topic="plan")


class PlanForm(Form):
    """Takes the choice, then a clear yes to the exact terms.

    Terms in the customer's own words end it: `AgreePlan`, which follows, answers them and begins it again.
    """

    form = FORM
    slots = ("plan", "plan_agreed")

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The choice or the yes. Another choice may still be made when the yes was asked for."""
        if not turn.is_answer:
            return {}
        button = turn.entities.get("plan")
        if button in QUESTIONS:
            return _ask(turn, "terms" if button == "terms" else None)
        if "rhythm" in turn.entities:
            return _own_terms()
        if button is not None:
            offered = await turn.write(lambda session: offers.open_ones(session, turn, [button]))
            if offered:
                return _choose(offered[0])
            turn.say("utter_plan_gone")
            return _ask(turn, None)
        if turn.text:
            answered = await self._said(turn)
            if answered is not None:
                return answered
        if turn.requested == "plan_agreed":
            return assent(turn, "plan_agreed")
        if turn.intent == "inform" or (turn.intent == "affirm" and turn.requested == "plan"):
            turn.say(
                "utter_plan_terms_unclear" if _question(turn) in ("terms", "amount") else "utter_plan_choice_unclear"
            )
            return {"plan": None}
        return {}

    async def _said(self, turn: Turn) -> dict[str, Any] | None:
        """What the words fill; {} when they are about something else, None when a yes or a no may be in them."""
        mine = await turn.write(lambda session: account(session, turn))
        said = proposals.named_terms(turn, mine)
        is_too_much = _is_only_refused(turn, said) or (not said and proposals.is_too_much(turn.words))
        if is_too_much and turn.intent == "report_hardship" and len(turn.text.split()) <= SHORT:
            return _ask(turn, "terms")
        if not may_answer(turn, ANSWERS):
            return {}
        offered = await turn.write(lambda session: offers.open_ones(session, turn, turn.slot("quotes") or []))
        chosen = _meant(turn, mine, offered, said) if not _is_only_refused(turn, said) else None
        if chosen is not None:
            return _choose(chosen)
        if is_too_much and said:
            return _ask(turn, "terms")
        if _is_proposal(turn, said) or proposals.pays_now(turn, mine) or offers.named(turn, mine):
            return _own_terms()
        return _ask(turn, "terms") if is_too_much else None


def _waiting(session: Session, turn: Turn, mine: Account, button: str | None) -> Plan | None:
    """The offer to begin with: the one that was chosen, or longer terms that a person has allowed meanwhile.

    Without one the usual lengths must be possible. Raises `InvalidInput` when they are not.
    """
    chosen = offers.open_ones(session, turn, [button]) if button else []
    found = chosen[0] if chosen else offers.approved(session, mine.customer)
    if found is None:
        offers.usual(session, turn, offers.named(turn, mine))
    return found


def _meant(turn: Turn, mine: Account, offered: list[Plan], said: Proposed) -> Plan | None:
    """Which of the offers shown the words choose: by place, by length, or by the amount of its instalments."""
    if not offered or (turn.requested != "plan" and not turn.slot("quotes")):
        return None
    is_yes = (turn.intent == "affirm" and not said) and choices.is_clear_yes(turn.words)
    if is_yes and len(offered) == 1 and turn.requested == "plan":
        return offered[0]
    if said.down or said.odd or said.weekday is not None or said.month_day or _BEGINS.search(turn.words.lower()):
        return None
    if _is_dated(turn, mine, said):
        return None
    by_amount = [plan for plan in offered if said.amount and plan.instalments[0].amount == said.amount.minor]
    if len(by_amount) == 1 and said.frequency in (None, by_amount[0].frequency):
        return by_amount[0]
    words = in_figures(turn.words)
    if _ASKS.search(words) or (said.amount and _SUM.search(words)):
        return None
    index = choices.option(turn.words, [len(plan.instalments) for plan in offered]) if not said.frequency else None
    return offered[index] if index is not None else None


def _is_dated(turn: Turn, mine: Account, said: Proposed) -> bool:
    """Whether a day is named beside an option; "the 2nd" alone names an option."""
    words = _ORDINAL.sub(" ", plain(turn.words))
    return said.first_on is not None and dates.read(words, mine.today, mine.phrases.locale) is not None


def _is_only_refused(turn: Turn, said: Proposed) -> bool:
    """Whether the one figure in the message is found too much: "66 a month is a bit much", but not what is offered
    after it: "too much. 20 a week?"."""
    figures = re.findall(r"\d+(?:[.,]\d+)*", in_figures(turn.words))
    is_one = said in (Proposed(amount=said.amount), Proposed(amount=said.amount, frequency=said.frequency))
    return len(figures) == 1 and is_one and proposals.is_steep(turn.words) and not _is_offered_after(turn.words)


def _is_offered_after(text: str) -> bool:
    words = in_figures(text)
    for turned in _TURNS.finditer(words):
        before, after = words[: turned.start()], words[turned.end() :]
        if not re.search(r"\d", before) and proposals.is_steep(before) and not proposals.is_steep(after):
            return True
    return False


def _is_proposal(turn: Turn, said: Proposed) -> bool:
    """Whether `said` is about the plan, and not a change of mind to a payment or a promise. A pay day is the plan's
    (K4)."""
    if said.first_on and not said.amount and _PAY_DAY.search(turn.words.lower()):
        return True
    if turn.intent in ("make_payment", "promise_to_pay") and _question(turn) not in (
        "terms",
        "amount",
        "rhythm",
        "nearest",
    ):
        return bool(said.frequency or said.count or said.months or said.down)
    return bool(said)


def _choose(plan: Plan) -> dict[str, Any]:
    return {"plan": str(plan.id), "plan_agreed": None, "plan_wish": wishes.in_slot(wishes.of_plan(plan))}


def _own_terms() -> dict[str, Any]:
    return {"plan_agreed": None, "requested_slot": None}


def _ask(turn: Turn, question: str | None) -> dict[str, Any]:
    return offers.begin() | {"plan_over": turn.slot("plan_over"), "plan_question": question}


def _question(turn: Turn) -> str | None:
    question: str | None = turn.slot("plan_question") if turn.requested == "plan" else None
    return question
