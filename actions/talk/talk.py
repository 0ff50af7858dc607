"""Talk between the flows: greetings, a yes or a no, a bare fact, what was not understood."""

from __future__ import annotations

import json
import re
from typing import Any

from actions.balance import Account, account
from actions.deed import Deed
from actions.paying import amount_questions
from actions.paying.payments import give_link, is_fitting
from actions.paying.wanted import from_message
from actions.plans import plan_talk
from actions.proof import ask_for_proof
from actions.reading import amounts, choices, dates, references
from actions.talk import phone_proof, reminded, welcome
from actions.talk.feedback import answers_question
from actions.talk.parting import ask_how_it_was
from actions.turn import TEXT_KEPT, Button, Events, Turn, first_name, leave_all, put
from bot.errors import NotVerified

PLAIN = frozenset({"/affirm", "/deny"})  # buttons that answer a question of their own; other buttons are ways
# Forms after which the ways to settle are named; after another, or before a proof, they would be out of place (P1).
ABOUT_MONEY = frozenset(
    {
        "payment_form", "plan_form", "change_form", "cancel_form", "autopay_form", "promise_form", "dispute_form",
        "paid_form",
    }
)  # fmt: skip
WISHES_BY_ENTITY = {
    "amount": "make_payment", "plan": "request_plan", "rhythm": "propose_plan", "change": "change_plan",
    "invoice": "dispute_debt",
}  # fmt: skip


# As small as the number of a choice: what it means is asked before it changes a link.
_MENU_NUMBER = re.compile(r"[\s#]*(?:\d|1[0-2])[\s.)!]*")
_INSTEAD = re.compile(r"\b(?:after all|instead|rather|make (?:it|that)|i mean|only)\b")
_END_OF_PLAN = re.compile(r"\b(?:cancel|end|stop|quit|drop)\b[^.?!]{0,25}\bplan\b")


class Greet(Deed):
    """Hello. A proof in the same message begins the verification."""

    title = "action_greet"

    async def act(self, turn: Turn) -> Events:
        """Greet; by name when they are known. In the middle of something, that goes on."""
        customer = await turn.write(turn.customer_if_known)
        if turn.loop is not None:
            if not await turn.write(lambda session: welcome.away(session, turn)):
                turn.say("utter_greet_here")
            return []
        if customer is not None:
            turn.say("utter_greet_again", name=first_name(customer))
        elif references.account_reference(turn.text, asked=False) or await phone_proof.comes_unasked(turn):
            return ask_for_proof(turn)
        else:
            greeted = await turn.write(lambda session: welcome.was_greeted(session, turn))
            turn.say("utter_what_next_unknown" if greeted else "utter_greet")
        return []


class Affirm(Deed):
    """Yes: to what was offered in the message before, if anything was."""

    title = "action_affirm"

    async def act(self, turn: Turn) -> Events:
        """Do what was offered; where several ways were, ask which; for none, ask what they would like. Inside a form
        its question is asked again."""
        if await answers_question(turn):
            return await Deed.by_intent["give_feedback"].act(turn)
        if (asked := await reminded.yes(turn)) is not None:
            return [*put(offer=None), *await _do(turn, asked)]
        offer = turn.slot("offer")
        if offer and offer["intent"] in Deed.by_intent:
            return [*put(offer=None), *await _do(turn, offer)]
        if turn.loop is not None:
            return []
        ways = _ways(turn)
        if len(ways) > 1:
            turn.say("utter_yes_which", buttons=ways)
            return []
        only = _wish_of(ways[0]["payload"]) if ways else None
        if only and only["intent"] in Deed.by_intent:
            return await _do(turn, only)
        await say_what_next(turn)
        return []


class Deny(Deed):
    """No: always fine. With another amount in it, it changes the payment."""

    title = "action_deny"

    async def act(self, turn: Turn) -> Events:
        """Leave what was going on, kindly."""
        if await answers_question(turn):
            return await Deed.by_intent["give_feedback"].act(turn)
        if turn.slot("topic") == "payment" and turn.loop is None:
            changed = await _another_amount(turn)
            if changed is not None:
                return changed
        events = await _leave(turn)
        await ask_how_it_was(turn)  # "no, that's all"
        return events


class Cancel(Deed):
    """Never mind: leave what was going on."""

    title = "action_cancel"

    async def act(self, turn: Turn) -> Events:
        """Leave, cleanly. "Cancel the plan" is about the plan, where one is in force and no form runs."""
        if turn.loop is None and _END_OF_PLAN.search(turn.words.lower()):
            try:
                mine = await turn.write(lambda session: account(session, turn))
            except NotVerified:
                return await _leave(turn)
            if mine.plan is not None:
                return await Deed.by_intent["cancel_plan"].act(turn)
        if turn.loop is None and turn.slot("topic") == "payment" and _INSTEAD.search(turn.words.lower()):
            changed = await _another_amount(turn)  # "sorry, fifty after all"
            if changed is not None:
                return changed
        return await _leave(turn)


class Inform(Deed):
    """A bare fact out of a form: taken for what it can mean here."""

    title = "action_inform"

    async def act(self, turn: Turn) -> Events:
        """Begin the verification by it, go on with what was spoken of, or ask what it is for."""
        if await answers_question(turn):
            return await Deed.by_intent["give_feedback"].act(turn)
        if (promised := await reminded.day(turn)) is not None:
            return await _do(turn, promised)
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
            return await self._unknown(turn)
        if turn.loop is not None:
            return []
        if references.account_reference(turn.text, asked=False):
            turn.say("utter_account_known", name=mine.name)
            return []
        return await self._known(turn, mine)

    async def _unknown(self, turn: Turn) -> Events:
        if references.account_reference(turn.text, asked=False) or references.one_time_code(turn.text):
            return ask_for_proof(turn)
        if await phone_proof.comes_unasked(turn):
            return ask_for_proof(turn)
        if turn.loop is None:
            turn.say("utter_what_next_unknown")
        return []

    async def _known(self, turn: Turn, mine: Account) -> Events:
        topic = turn.slot("topic")
        if choices.months(turn.words):
            return await Deed.by_intent["propose_plan"].act(turn)
        about_plan = await plan_talk.heard(turn, mine)
        if about_plan is not None:
            return about_plan
        if topic == "promise" and dates.read(turn.words, mine.today, mine.phrases.locale):
            return await Deed.by_intent["promise_to_pay"].act(turn)
        wanted = from_message(turn, mine)
        if wanted is None:
            if not amount_questions.ask_which(turn, mine):
                turn.say("utter_what_next")
            return []
        if not is_fitting(turn, mine, wanted):
            return []
        if topic == "payment" and not _MENU_NUMBER.fullmatch(turn.words):
            return await give_link(turn, wanted)
        turn.say("utter_offer_amount", amount=mine.phrases.money(wanted.amount))
        return put(offer=_said(turn, "make_payment"))


class NotUnderstood(Deed):
    """One narrowing question with buttons; a second one in a row offers a person (design section 7)."""

    title = "action_not_understood"

    async def act(self, turn: Turn) -> Events:
        """Ask, or offer a person. What the talk was about may say what is meant."""
        if await answers_question(turn):
            return await Deed.by_intent["give_feedback"].act(turn)
        if await reminded.is_later(turn):
            turn.say("utter_all_right")
            return []
        customer = await turn.write(turn.customer_if_known)
        if customer is None and turn.loop is None and await phone_proof.comes_unasked(turn):
            return ask_for_proof(turn)
        if customer is None and (asked := await reminded.yes(turn)) is not None:
            return await _do(turn, asked)
        if customer is not None and turn.loop is None and turn.text:
            mine = await turn.write(lambda session: account(session, turn))
            about_plan = await plan_talk.heard(turn, mine) if mine.standing.total else None
            if about_plan is not None:
                return about_plan
            changed = await _another_amount(turn) if turn.slot("topic") == "payment" else None
            if changed is not None:
                return changed
        again = turn.recent_intents(2) == ["nlu_fallback", "nlu_fallback"]
        here = "_here" if turn.loop else ""
        turn.say(f"utter_not_understood{here}{'_again' if again else ''}")
        return []


async def _do(turn: Turn, wish: dict[str, Any]) -> Events:
    """Carry out what was offered; a proof comes first where it has to."""
    deed, wished = Deed.by_intent[wish["intent"]], turn.wishing(wish)
    if deed.needs_proof and await turn.write(turn.customer_if_known) is None:
        return ask_for_proof(wished, wish["intent"])
    try:
        return await deed.act(wished)
    except NotVerified:
        return ask_for_proof(wished, wish["intent"])


def _ways(turn: Turn) -> list[Button]:
    """What the last answer offered to choose from."""
    ways = {button["payload"]: button for said in turn.last_said for button in said.buttons}
    return [dict(button) for payload, button in ways.items() if payload not in PLAIN]


def _wish_of(payload: str) -> dict[str, Any] | None:
    """The wish that a button's payload stands for."""
    found = re.fullmatch(r"/([a-z_]+)(\{.*\})?", payload)
    return {"intent": found[1], "entities": json.loads(found[2] or "{}")} if found else None


async def say_what_next(turn: Turn) -> None:
    """Ask what they would like, with the ways that are open to them."""
    customer = await turn.write(turn.customer_if_known)
    turn.say("utter_what_next" if customer else "utter_what_next_unknown")


async def _leave(turn: Turn) -> Events:
    if turn.slot("offer"):
        turn.say("utter_offer_withdrawn")
    elif turn.loop is None:
        turn.say("utter_all_right")
    else:
        is_known = turn.loop in ABOUT_MONEY and await turn.write(turn.customer_if_known) is not None
        turn.say("utter_left" if is_known else "utter_left_unknown")
    return leave_all()


async def _another_amount(turn: Turn) -> Events | None:
    mine = await turn.write(lambda session: account(session, turn))
    said = amounts.read(dates.without_dates(turn.words), mine.standing.currency, mine.phrases.locale)
    wanted = from_message(turn, mine)
    if said is None or said.share is amounts.Share.ALL or wanted is None:  # "no, that's all" asks for nothing
        return None
    return await give_link(turn, wanted) if is_fitting(turn, mine, wanted) else []


def _said(turn: Turn, intent: str) -> dict[str, Any]:
    return {"intent": intent, "text": turn.text[:TEXT_KEPT], "entities": turn.entities}
