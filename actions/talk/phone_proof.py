"""Proof of identity on a phone: the sender's number, and a postcode or a birth date (design sections 6 and 10, 11).

The words are the same for a number that nobody knows (P2). What was told is kept in no slot and no wish.
"""

from __future__ import annotations

import re
from typing import Any

from actions.deed import Deed, failed
from actions.proof import STRAYS, volunteered
from actions.reading import known_facts, references
from actions.reading.known_facts import Told
from actions.sensitive import SENSITIVE, TRUST
from actions.talk import languages
from actions.turn import TEXT_KEPT, Turn
from bot import clock, policies
from bot.billing import identity
from bot.billing.identity import Outcome
from bot.models import Channel, FactorKind
from bot.settings import settings

# What the form asks for. `postcode` and `birth_date` are asked for alone where the other one fits several customers.
FACTOR = "factor"
ASKED = (FACTOR, *FactorKind)
OTHER = {FactorKind.POSTCODE: FactorKind.BIRTH_DATE, FactorKind.BIRTH_DATE: FactorKind.POSTCODE}
# What is done for the account once it is known whose it is, so that a proof in the same message is tried first.
BOTH = frozenset({"complain", "dispute_debt", "report_bankruptcy", "report_fraud", "report_hardship"})
# A word or two beside a proof: the message as a whole is understood as a bare fact, or as a greeting.
BRIEF = STRAYS | {"greet"}
WORDS = {
    r"\b(?:balance|owe|owed|owing|due|how much|total)\b": "check_balance",
    r"\b(?:plan|instal?lments?|monthly)\b": "request_plan",
    r"\b(?:pay|payment)\b": "make_payment",
}
# A number that we may not have on file yet: from there no postcode will ever match, which is said to everybody (P2).
_OTHER_PHONE = re.compile(
    r"\b(?:new|another|different|other|changed|old|lost)\b[^.?!]{0,20}\b(?:phone|number|mobile|cell|sim)\b|\bold one\b"
)
DONE: dict[str, Any] = {FACTOR: True, "requested_slot": None}
OVER: dict[str, Any] = {FACTOR: None, "requested_slot": None}


async def is_wanted(turn: Turn) -> bool:
    """Whether the conversation is on a phone, where this is the proof."""
    return await turn.write(lambda session: turn.conversation(session).channel) != Channel.WEB


async def comes_unasked(turn: Turn) -> bool:
    """Whether a message on a phone holds a proof before anybody asked for one."""
    return volunteered(turn) is not None and await is_wanted(turn)


async def take(turn: Turn) -> dict[str, Any]:
    """The slots that the message fills; {} when it is no answer, so that its intent is heard instead."""
    asked = turn.requested if turn.requested and turn.requested in ASKED else FACTOR
    if turn.requested is not None and not turn.is_answer:
        return {"requested_slot": asked}  # back from something else
    try:
        return await _take(turn, asked)
    except Exception as error:
        failed(turn, error, "phone_proof")
        return _ask(asked)


async def _take(turn: Turn, asked: str) -> dict[str, Any]:
    is_first = turn.requested is None
    told = volunteered(turn) if is_first else known_facts.told(turn.text, clock.now().date(), asked=True)
    if turn.intent in SENSITIVE or turn.intent in TRUST or turn.intent == "cancel":
        if told is not None and turn.intent in BOTH:
            taken = await _try(turn, told, asked)
            if taken.get(FACTOR) or is_first:
                return taken
        # Heard for what it is; before the first question that was done already.
        if is_first and told is not None:
            turn.say("utter_verify_first")
        return {"requested_slot": asked} if is_first else {}
    if not is_first and references.asks_why(turn.words):
        turn.say("utter_why_verify_phone")
        return _ask(asked)
    if told is not None:
        return await _try(turn, told, asked)
    if turn.intent == "update_contact" and _OTHER_PHONE.search(turn.words.lower()):
        turn.say("utter_other_phone", website=_website())
        return _ask(asked)
    if is_first:
        return {"requested_slot": asked}
    if turn.text and (turn.intent in STRAYS or references.account_reference(turn.text, asked=False)):
        turn.say("utter_factor_unclear")
        return _ask(asked)
    return {}


async def _try(turn: Turn, told: Told, asked: str) -> dict[str, Any]:
    outcome = await turn.write(lambda session: identity.prove(session, turn.conversation(session), *told.said))
    wish = _wish(turn, told)
    match outcome:
        case Outcome.VERIFIED:
            return {**DONE, **wish, **await languages.known(turn)}
        case Outcome.LOCKED:
            turn.say("utter_locked")
            return {**OVER, **wish}
        case Outcome.SHARED:
            return {**_other(turn, told, asked), **wish}
        case _:
            turn.say("utter_factor_wrong", website=_website())
            return {**_ask(FACTOR), **wish}


def _other(turn: Turn, told: Told, asked: str) -> dict[str, Any]:
    """The other factor tells those apart who share a number; when it doesn't, a person or the website does."""
    kinds = {kind for one in told.said for kind, _ in one}
    if len(told.said) > 1 or asked != FACTOR:
        turn.say("utter_factor_shared", website=_website())
        return dict(OVER)
    other = OTHER[FactorKind.POSTCODE if kinds == {FactorKind.POSTCODE} else FactorKind.BIRTH_DATE]
    turn.say("utter_factor_other")
    return _ask(str(other))


def _wish(turn: Turn, told: Told) -> dict[str, Any]:
    """What is done afterwards, without what was told: what the message asks for beside it, or what was wished for in
    the same words before."""
    wish = turn.slot("wish")
    if wish and wish.get("text") == turn.text[:TEXT_KEPT]:
        return {"wish": {**wish, "text": told.rest[:TEXT_KEPT]}}
    is_another = turn.is_answer and turn.intent in Deed.by_intent and told.words_beside > (1 if wish else 0)
    if not is_another or turn.intent == "greet":
        rest = turn.wishing({"intent": turn.intent, "text": told.rest})
        meant = _meant_by(rest.words) if turn.intent in BRIEF else None
        return {"wish": {"intent": meant, "text": told.rest[:TEXT_KEPT], "entities": {}}} if meant else {}
    return {"wish": {"intent": turn.intent, "text": told.rest[:TEXT_KEPT], "entities": turn.entities}}


def _meant_by(rest: str) -> str | None:
    """The wish that a word or two beside the proof stand for: "78006 balance"."""
    return next((intent for pattern, intent in WORDS.items() if re.search(pattern, rest.lower())), None)


def _ask(what: str) -> dict[str, Any]:
    return {FACTOR: None, "requested_slot": what}


def _website() -> str:
    return policies.brand().website or settings().public_url
