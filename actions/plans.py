"""Instalment plans by chat: choices, exact terms, an explicit yes, the schedule in writing (K4, K8)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from actions import cards, choices
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed, Form, Question
from actions.phrases import Phrases
from actions.proof import ask_for_proof
from actions.sensitive import may_answer
from actions.turn import Events, Turn, enter, first_name, leave, put
from bot.billing import plans
from bot.errors import Conflict, InvalidInput
from bot.models import Plan
from bot.money import Money

FORM = "plan_form"
ANSWERS = frozenset({"inform", "request_plan", "affirm", "deny", "nlu_fallback", "make_payment"})


class RequestPlan(Deed):
    """A wish for instalments. A plan in force is shown; a length that was named leads straight to its terms."""

    title = "action_request_plan"
    intent = "request_plan"

    async def act(self, turn: Turn) -> Events:
        """Begin the form, or say why there is nothing to spread. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if say_if_clear(turn, mine):
            return leave("plan", "quotes")
        if mine.progress is not None:
            return _show_current(turn, mine)
        if not mine.standing.payable_overdue:
            turn.say("utter_only_disputed" if mine.standing.overdue else "utter_plan_nothing")
            return leave("plan", "quotes")
        try:
            offers = await turn.write(lambda session: quote(session, turn, choices.months(turn.text)))
        except InvalidInput:
            turn.say("utter_plan_too_small", total=mine.phrases.money(mine.standing.payable_overdue))
            return leave("plan", "quotes")
        button = turn.entities.get("plan")
        owned = await turn.write(lambda session: _owned(session, turn, [button] if button else []))
        if button and owned:
            return enter(FORM, quotes=_ids(offers), plan=button, plan_agreed=None, topic="plan")
        lengths = [len(plan.instalments) for plan in offers]
        named = choices.months(turn.text)
        chosen = str(offers[lengths.index(named)].id) if named in lengths else None
        if named is not None and chosen is None:
            turn.say("utter_plan_length")
        return enter(FORM, quotes=_ids(offers) if chosen else None, plan=chosen, plan_agreed=None, topic="plan")


class PlanForm(Form):
    """Takes the choice, then a clear yes to the exact terms."""

    form = FORM
    slots = ("plan", "plan_agreed")

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The choice or the yes. Another choice may still be made when the yes was asked for."""
        if not turn.is_answer or not may_answer(turn, ANSWERS):
            return {}
        if turn.entities.get("plan") == "other":
            return {"plan": None, "plan_agreed": None}
        chosen = await self._chosen(turn)
        if chosen:
            return chosen
        if turn.requested == "plan_agreed":
            return _agreed(turn)
        if turn.intent == "inform" or (turn.intent == "affirm" and turn.requested == "plan"):
            turn.say("utter_plan_choice_unclear")
            return {"plan": None}
        return {}

    async def _chosen(self, turn: Turn) -> dict[str, Any]:
        button = turn.entities.get("plan")
        if button is not None:
            owned = await turn.write(lambda session: _owned(session, turn, [button]))
            return {"plan": button, "plan_agreed": None} if owned else {}
        if not turn.text:
            return {}
        offers = await turn.write(lambda session: _owned(session, turn, turn.slot("quotes") or []))
        lengths = [len(plan.instalments) for plan in offers]
        index = choices.option(turn.text, lengths)
        if index is not None:
            return {"plan": str(offers[index].id), "plan_agreed": None}
        named = choices.months(turn.text)
        if named is None or named in lengths:
            return {}
        try:
            wanted = await turn.write(lambda session: quote(session, turn, named))
        except InvalidInput:
            turn.say("utter_plan_length")
            return {"plan": None, "plan_agreed": None}
        made = next((plan for plan in wanted if len(plan.instalments) == named), None)
        if made is None:
            turn.say("utter_plan_length")
            return {"plan": None, "plan_agreed": None}
        return {"plan": str(made.id), "quotes": _ids(wanted), "plan_agreed": None}


class AskPlan(Question):
    """Shows the offers, each with what it comes to a month, and asks which."""

    title = "action_ask_plan"

    async def ask(self, turn: Turn) -> Events:
        """Show and ask. The offers are remembered in their order, so that "the second one" is understood."""
        offers = await turn.write(lambda session: quote(session, turn, None))
        phrases = await turn.write(lambda session: Phrases(turn.conversation(session).locale))
        again = turn.slot("quotes") is not None
        titles = [phrases.say("plan_button", months=len(plan.instalments)) for plan in offers]
        turn.say(
            "utter_plan_options_again" if again else "utter_plan_options",
            card=cards.plan_options(offers, titles),
            buttons=[
                {"title": title, "payload": cards.choose(plan)} for plan, title in zip(offers, titles, strict=True)
            ],
            total=phrases.money(Money(offers[0].total, offers[0].currency)),
            lines="\n".join(phrases.option(place, plan) for place, plan in enumerate(offers, start=1)),
        )
        return put(quotes=_ids(offers))


class AskPlanAgreed(Question):
    """States the exact terms of the choice and asks for a yes (K8)."""

    title = "action_ask_plan_agreed"

    async def ask(self, turn: Turn) -> Events:
        """State and ask."""
        chosen = turn.slot("plan")
        found = await turn.write(lambda session: _owned(session, turn, [chosen] if chosen else []))
        phrases = await turn.write(lambda session: Phrases(turn.conversation(session).locale))
        if not found:
            turn.say("utter_plan_gone")
            return put(plan=None)
        plan = found[0]
        turn.say("utter_plan_terms", card=cards.plan_schedule(plan), **_terms(plan, phrases))
        return []


class AgreePlan(Deed):
    """The customer said yes: the plan comes into force and is repeated in writing (K8)."""

    title = "action_agree_plan"
    wish = "request_plan"

    async def act(self, turn: Turn) -> Events:
        """Agree and confirm. When the offer no longer holds, that is said and new ones are made; when the proof of
        identity has run out, the choice is remembered."""
        chosen = turn.slot("plan")
        if await turn.write(turn.customer_if_known) is None:
            wished = turn.wishing({"intent": self.wish, "entities": {"plan": chosen} if chosen else {}})
            return [*put(plan=None), *ask_for_proof(wished, self.wish)]
        if not chosen or turn.slot("plan_agreed") is not True:
            return enter(FORM, quotes=None, plan=None, plan_agreed=None)

        def agree(session: Session) -> tuple[Plan, str, Phrases]:
            customer = turn.customer(session)
            plan = plans.agree(session, uuid.UUID(chosen), customer, actor="customer")
            return plan, first_name(customer), Phrases(turn.conversation(session).locale)

        try:
            plan, name, phrases = await turn.write(agree)
        except Conflict:
            turn.say("utter_plan_gone")
            return enter(FORM, quotes=None, plan=None, plan_agreed=None)
        turn.say("utter_plan_agreed", card=cards.plan_schedule(plan), name=name, **_terms(plan, phrases))
        return [*leave("quotes", "plan", "plan_agreed"), *put(topic="plan")]


def quote(session: Session, turn: Turn, months: int | None) -> list[Plan]:
    """Offers for what is overdue: the usual lengths, and `months` as well if it is another. Raises `InvalidInput`."""
    customer = turn.customer(session)
    offers = plans.quote(session, customer, conversation_id=turn.conversation_id)
    if months is not None and months not in [len(plan.instalments) for plan in offers]:
        offers += plans.quote(session, customer, conversation_id=turn.conversation_id, months=[months])
    return offers


def _show_current(turn: Turn, mine: Account) -> Events:
    plan = mine.plan
    if plan is None or mine.progress is None:
        return []
    paid = mine.progress.next.number - 1 if mine.progress.next else len(plan.instalments)
    turn.say(
        "utter_plan_exists" if mine.progress.paid else "utter_plan_begins",
        card=cards.plan_schedule(plan, paid),
        name=mine.name,
        paid=mine.phrases.money(mine.progress.paid),
        total=mine.phrases.money(Money(plan.total, plan.currency)),
        lines=mine.phrases.instalments(plan, after=paid),
    )
    return [*leave("plan", "quotes"), *put(topic="plan")]


def _agreed(turn: Turn) -> dict[str, Any]:
    if turn.intent == "deny" and (choices.is_plain_no(turn.text) or not choices.is_hedged(turn.text)):
        return {}
    if (turn.intent == "affirm" and not turn.text) or choices.is_clear_yes(turn.text):
        return {"plan_agreed": True}
    if turn.intent in ("affirm", "inform", "deny") or choices.is_hedged(turn.text):
        turn.say("utter_yes_unclear")
        return {"plan_agreed": None}
    return {}


def _owned(session: Session, turn: Turn, ids: Sequence[str]) -> list[Plan]:
    """The plans of `ids` that are this customer's. An id may come from anywhere, so it is never trusted."""
    customer = turn.customer(session)
    found = [session.get(Plan, id_) for id_ in map(_uuid, ids) if id_ is not None]
    return [plan for plan in found if plan is not None and plan.customer_id == customer.id]


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _ids(offers: Sequence[Plan]) -> list[str]:
    return [str(plan.id) for plan in offers]


def _terms(plan: Plan, phrases: Phrases) -> dict[str, Any]:
    return {
        "total": phrases.money(Money(plan.total, plan.currency)),
        "count": len(plan.instalments),
        "lines": phrases.instalments(plan),
    }
