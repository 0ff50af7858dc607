"""Talk between the flows: greetings, a yes or a no, a bare fact, what was not understood."""

from __future__ import annotations

import re
from typing import Any

from actions import amounts, choices, dates, plan_talk, references
from actions.balance import Account, account
from actions.deed import Deed
from actions.payments import from_message, give_link, is_fitting
from actions.proof import FORM as PROOF
from actions.proof import ask_for_proof
from actions.turn import TEXT_KEPT, Events, Turn, first_name, leave_all, put
from bot.errors import NotVerified

WISHES_BY_ENTITY = {
    "amount": "make_payment", "plan": "request_plan", "rhythm": "propose_plan", "change": "change_plan",
    "invoice": "dispute_debt",
}  # fmt: skip


_END_OF_PLAN = re.compile(r"\b(?:cancel|end|stop|quit|drop)\b[^.?!]{0,25}\bplan\b")


class Greet(Deed):
    """Hello. A proof in the same message begins the verification."""

    title = "action_greet"

    async def act(self, turn: Turn) -> Events:
        """Greet; by name when they are known."""
        customer = await turn.write(turn.customer_if_known)
        if customer is not None:
            turn.say("utter_greet_again", name=first_name(customer))
        elif references.account_reference(turn.text, asked=False):
            return ask_for_proof(turn)
        else:
            turn.say("utter_greet")
        return []


class Affirm(Deed):
    """Yes: to what was offered in the message before, if anything was."""

    title = "action_affirm"

    async def act(self, turn: Turn) -> Events:
        """Do what was offered, or ask what they would like. Inside a form its question is asked again."""
        offer = turn.slot("offer")
        if offer and offer["intent"] in Deed.by_intent:
            wished = turn.wishing(offer)
            customer = await turn.write(turn.customer_if_known)
            if customer is None:
                return [*put(offer=None), *ask_for_proof(wished, offer["intent"])]
            return [*put(offer=None), *await Deed.by_intent[offer["intent"]].act(wished)]
        if turn.loop is None:
            await say_what_next(turn)
        return []


class Deny(Deed):
    """No: always fine. With another amount in it, it changes the payment."""

    title = "action_deny"

    async def act(self, turn: Turn) -> Events:
        """Leave what was going on, kindly."""
        if turn.slot("topic") == "payment" and turn.loop is None:
            changed = await _another_amount(turn)
            if changed is not None:
                return changed
        return _leave(turn)


class Cancel(Deed):
    """Never mind: leave what was going on."""

    title = "action_cancel"

    async def act(self, turn: Turn) -> Events:
        """Leave, cleanly. "Cancel the plan" is about the plan, where one is in force and no form runs."""
        if turn.loop is None and _END_OF_PLAN.search(turn.text.lower()):
            try:
                mine = await turn.write(lambda session: account(session, turn))
            except NotVerified:
                return _leave(turn)
            if mine.plan is not None:
                return await Deed.by_intent["cancel_plan"].act(turn)
        return _leave(turn)


class Inform(Deed):
    """A bare fact out of a form: taken for what it can mean here."""

    title = "action_inform"

    async def act(self, turn: Turn) -> Events:
        """Begin the verification by it, go on with what was spoken of, or ask what it is for."""
        for entity, intent in WISHES_BY_ENTITY.items():
            if entity in turn.entities:
                # A button of an earlier message, after its form was left.
                wished = turn.wishing(_said(turn, intent))
                if await turn.write(turn.customer_if_known) is None:
                    return ask_for_proof(wished, intent)
                return await Deed.by_intent[intent].act(wished)
        try:
            mine = await turn.write(lambda session: account(session, turn))
        except NotVerified:
            return self._unknown(turn)
        if turn.loop is not None:
            return []
        if references.account_reference(turn.text, asked=False):
            turn.say("utter_account_known", name=mine.name)
            return []
        return await self._known(turn, mine)

    def _unknown(self, turn: Turn) -> Events:
        if references.account_reference(turn.text, asked=False) or references.one_time_code(turn.text):
            return ask_for_proof(turn)
        if turn.loop is None:
            turn.say("utter_what_next_unknown")
        return []

    async def _known(self, turn: Turn, mine: Account) -> Events:
        topic = turn.slot("topic")
        if choices.months(turn.text):
            return await Deed.by_intent["propose_plan"].act(turn)
        about_plan = await plan_talk.heard(turn, mine)
        if about_plan is not None:
            return about_plan
        if topic == "promise" and dates.read(turn.text, mine.today, mine.phrases.locale):
            return await Deed.by_intent["promise_to_pay"].act(turn)
        wanted = from_message(turn, mine)
        if wanted is None:
            turn.say("utter_what_next")
            return []
        if not is_fitting(turn, mine, wanted):
            return []
        if topic == "payment":
            return await give_link(turn, wanted)
        turn.say("utter_offer_amount", amount=mine.phrases.money(wanted.amount))
        return put(offer=_said(turn, "make_payment"))


class NotUnderstood(Deed):
    """One narrowing question with buttons; a second one in a row offers a person (design section 7)."""

    title = "action_not_understood"

    async def act(self, turn: Turn) -> Events:
        """Ask, or offer a person. What the talk was about may say what is meant."""
        customer = await turn.write(turn.customer_if_known)
        if customer is not None and turn.loop is None and turn.text:
            mine = await turn.write(lambda session: account(session, turn))
            about_plan = await plan_talk.heard(turn, mine) if mine.standing.total else None
            if about_plan is not None:
                return about_plan
        again = turn.recent_intents(2) == ["nlu_fallback", "nlu_fallback"]
        here = "_here" if turn.loop else ""
        turn.say(f"utter_not_understood{here}{'_again' if again else ''}")
        return []


async def say_what_next(turn: Turn) -> None:
    """Ask what they would like, with the ways that are open to them."""
    customer = await turn.write(turn.customer_if_known)
    turn.say("utter_what_next" if customer else "utter_what_next_unknown")


def _leave(turn: Turn) -> Events:
    if turn.slot("offer"):
        turn.say("utter_offer_withdrawn")
    elif turn.loop is None:
        turn.say("utter_all_right")
    else:
        turn.say("utter_left_unknown" if turn.loop == PROOF else "utter_left")
    return leave_all()


async def _another_amount(turn: Turn) -> Events | None:
    mine = await turn.write(lambda session: account(session, turn))
    said = amounts.read(dates.without_dates(turn.text), mine.standing.currency, mine.phrases.locale)
    if said is None or said.amount is None:
        return None
    wanted = from_message(turn, mine)
    return await give_link(turn, wanted) if wanted and is_fitting(turn, mine, wanted) else []


def _said(turn: Turn, intent: str) -> dict[str, Any]:
    return {"intent": intent, "text": turn.text[:TEXT_KEPT], "entities": turn.entities}
