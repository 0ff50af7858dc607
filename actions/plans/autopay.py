"""Automatic payments by chat: consent to exact words, how it stands, and off at once (K8, K11)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from actions.balance import Account, account
from actions.deed import Deed, Form, Question
from actions.paying.payments import give_link
from actions.paying.wanted import Wanted
from actions.proof import ask_for_proof
from actions.reading import choices
from actions.sensitive import may_answer
from actions.turn import Events, Turn, enter, leave, put
from bot import policies
from bot.billing import mandates, payments
from bot.errors import Conflict
from bot.models import Mandate, MandateStatus
from bot.money import Money

FORM = "autopay_form"
ANSWERS = frozenset({"inform", "manage_autopay", "affirm", "deny", "nlu_fallback"})
_OFF = re.compile(
    r"\b(?:stop|off|cancel|end|remove|delete|forget|withdraw|revoke|disable|discontinue|unlink|no more|opt out|quit|"
    r"without|(?:don'?t|do not) (?:want|take|charge|save|keep)|never (?:charge|take))\b"
)
_OTHER_CARD = re.compile(
    r"\b(?:change|update|replace|switch|swap|new|another|different|other|expired?|expiring|lost|instead)\b[^.?!]{0,40}\bcards?\b|"
    r"\bcards?\b[^.?!]{0,40}\b(?:expired?|expires|expiring|lost|stolen|changed|replaced|new)\b"
)
_STATE = re.compile(
    r"^\W*(?:is|are|do|did|have|has|am|which|what|when|what'?s|will|was)\b|\b(?:still on|set up\?|on file\?|status)\b"
)


@dataclass(frozen=True, slots=True)
class Automatic:
    """A customer's account with the mandate that is in force and what is being taken at this moment."""

    mine: Account
    mandate: Mandate | None
    coming: Money


class ManageAutopay(Deed):
    """Automatic payments on, off, with another card, or how they stand."""

    title = "action_manage_autopay"
    intent = "manage_autopay"

    async def act(self, turn: Turn) -> Events:
        """Do what was asked; off binds at once, on asks for a clear yes to the exact words. Raises `NotVerified`."""
        wish = turn.entities.get("autopay") or _wish(turn.words)
        if wish == "off":
            return await _stop(turn)
        auto = await turn.write(lambda session: automatic(session, turn))
        if auto.mandate is not None:
            return await _another_card(turn, auto) if wish == "card" else _say_state(turn, auto.mandate)
        if auto.mine.plan is None or auto.mine.progress is None or auto.mine.progress.next is None:
            turn.say("utter_autopay_needs_plan")
            return []
        if wish == "state":
            turn.say("utter_autopay_is_off")
            return []
        return enter(FORM, autopay_agreed=None, topic="autopay")


class AutopayForm(Form):
    """Takes a clear yes."""

    form = FORM
    slots = ("autopay_agreed",)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The yes. A no, or a wish to stop, leaves the form by its own intent."""
        if not turn.is_answer or not may_answer(turn, ANSWERS) or turn.intent == "deny":
            return {}
        if turn.entities.get("autopay") == "on":
            return {"autopay_agreed": True}
        if (turn.intent == "affirm" and not turn.text) or choices.is_clear_yes(turn.words):
            return {"autopay_agreed": True}
        if turn.intent in ("affirm", "inform") or choices.is_hedged(turn.words):
            turn.say("utter_yes_unclear")
            return {"autopay_agreed": None}
        return {}


class AskAutopayAgreed(Question):
    """Says what would be taken and when, and the words that the customer would agree to (K8)."""

    title = "action_ask_autopay_agreed"

    async def ask(self, turn: Turn) -> Events:
        """State and ask."""
        auto = await turn.write(lambda session: automatic(session, turn))
        phrases, plan, progress = auto.mine.phrases, auto.mine.plan, auto.mine.progress
        if plan is None or progress is None or progress.next is None:
            turn.say("utter_autopay_needs_plan")
            return leave("autopay_agreed")
        turn.say(
            "utter_autopay_terms",
            wording=wording(phrases.locale),
            amount=phrases.money(progress.next_amount),
            day=phrases.day(progress.next.due_on),
        )
        return []


class AgreeAutopay(Deed):
    """The customer said yes: the consent is kept, and the next payment saves the card."""

    title = "action_agree_autopay"
    wish = "manage_autopay"

    async def act(self, turn: Turn) -> Events:
        """Keep the consent to the letter, and give the link that saves the card. Raises `NotVerified`."""
        if await turn.write(turn.customer_if_known) is None:
            return ask_for_proof(turn.wishing({"intent": self.wish, "entities": {}}), self.wish)
        if turn.slot("autopay_agreed") is not True:
            return leave("autopay_agreed")

        def agree(session: Session) -> Automatic:
            auto = automatic(session, turn)
            if auto.mine.plan is None:
                raise Conflict("There is no plan in force.")
            mandate = mandates.consent(
                session,
                auto.mine.customer,
                auto.mine.plan,
                conversation_id=turn.conversation_id,
                locale=auto.mine.phrases.locale,
            )
            return Automatic(auto.mine, mandate, auto.coming)

        try:
            auto = await turn.write(agree)
        except Conflict:
            turn.say("utter_autopay_needs_plan")
            return leave("autopay_agreed")
        turn.say("utter_autopay_agreed")
        return [*leave("autopay_agreed"), *await _link(turn, auto), *put(topic="autopay")]


def automatic(session: Session, turn: Turn) -> Automatic:
    """How it stands at this moment. Raises `NotVerified`."""
    mine = account(session, turn)
    return Automatic(mine, mandates.current(session, mine.customer), payments.on_its_way(session, mine.customer))


def wording(locale: str) -> str:
    """The words of consent in the language of `locale`."""
    words = policies.in_language(policies.autopay().wording, locale)
    return words.format(brand=policies.brand_name()).strip()


def _wish(text: str) -> str | None:
    said = text.lower().replace("’", "'")
    if _OTHER_CARD.search(said):
        return "card"
    if _STATE.search(said):
        return "state"
    return "off" if _OFF.search(said) else None


async def _stop(turn: Turn) -> Events:
    def stop(session: Session) -> tuple[Automatic, Mandate | None]:
        customer = turn.customer(session)
        return automatic(session, turn), mandates.withdraw(session, customer, by="customer")

    auto, ended = await turn.write(stop)
    if ended is None:
        turn.say("utter_autopay_is_off")
    elif auto.coming:
        turn.say("utter_autopay_stopped_coming", amount=auto.mine.phrases.money(auto.coming))
    else:
        turn.say("utter_autopay_stopped")
    return leave("autopay_agreed") if turn.loop == FORM else []


async def _another_card(turn: Turn, auto: Automatic) -> Events:
    """The next payment by a link saves its card in place of the one that is kept."""
    assert auto.mandate is not None
    if auto.mandate.status == MandateStatus.ACTIVE:
        await turn.write(lambda session: mandates.expect_another_card(session, auto.mine.customer))
    turn.say("utter_autopay_another_card")
    return await _link(turn, auto)


async def _link(turn: Turn, auto: Automatic) -> Events:
    progress = auto.mine.progress
    if progress is None or progress.next is None or auto.coming:
        return []
    return await give_link(turn, Wanted(progress.next_amount))


def _say_state(turn: Turn, mandate: Mandate) -> Events:
    card: dict[str, Any] = {"brand": (mandate.card_brand or "").capitalize(), "last4": mandate.card_last4 or ""}
    match mandate.status:
        case MandateStatus.ACTIVE:
            turn.say("utter_autopay_is_on", **card)
        case MandateStatus.SUSPENDED:
            turn.say("utter_autopay_suspended", **card)
        case _:
            turn.say("utter_autopay_waits")
    return []
