"""Proof of identity in chat: a reference, a one-time code, then whatever was wished for (design sections 6 and 10, 11).
On a phone the number is the reference, and a postcode or a birth date the proof (`phone_proof`).

The words are the same whether or not there is such an account (P2). Neither reference nor code is kept in a slot.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions.balance import account
from actions.deed import Deed, Form, failed
from actions.proof import FORM, volunteered
from actions.reading import references
from actions.sensitive import SENSITIVE, TRUST
from actions.talk import languages, phone_proof
from actions.turn import TEXT_KEPT, Events, Turn, put
from bot import policies
from bot.billing import identity
from bot.billing.identity import Outcome
from bot.channels import outbox
from bot.db import database
from bot.errors import NotVerified
from bot.models import Customer, VerificationChallenge

# Intents that are heard even when the message also has a number in it: it may be an adviser's, or a relative's.
HEARD_FIRST = SENSITIVE | {"cancel"}
# What is done for the account once it is known whose it is, so that a code in the same message is tried first.
BOTH = frozenset({"complain", "dispute_debt", "report_bankruptcy", "report_fraud", "report_hardship"})
# Heard before anything else, a code that did not come included.
GRAVE = frozenset({"express_crisis", "report_vulnerability"})
_CHANGES = re.compile(r"\b(?:chang\w*|updat\w*|new|moved|switch\w*|replace|no longer|instead|different)\b")
OTHER_CONTACTS = frozenset({"update_contact", "request_callback"})
# Wishes of somebody who needs no word about what may have got in the way.
WITHOUT_EXCUSE = (SENSITIVE | TRUST | {"already_paid", "payment_problem"}) - {"report_hardship"}
STRAYS = frozenset({"inform", "nlu_fallback"})  # what an answer that cannot be read is taken for

SENT_WITHIN_S = 0.4
SENDING: set[asyncio.Task[int]] = set()  # kept until they are done, or they could be collected half-way


class VerificationForm(Form):
    """Takes a reference, then the code, or on a phone what only the customer knows. A new reference starts afresh; a
    wish in the same message is remembered."""

    form = FORM
    slots = ("reference", "code", phone_proof.FACTOR)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The slots that the message fills, or {}."""
        if await phone_proof.is_wanted(turn):
            return await phone_proof.take(turn)
        if turn.requested is None and volunteered(turn) is not None:
            turn.say("utter_verify_first")  # here it is no proof
        return await self._take(turn)

    async def _take(self, turn: Turn) -> dict[str, Any]:
        if turn.requested == "code" and turn.is_answer and turn.intent not in GRAVE and _lacks_code(turn.words):
            await send_code(turn, None, again=True)
            return {"code": None}
        is_heard = turn.intent in HEARD_FIRST or turn.intent in TRUST
        if turn.requested is not None and not is_heard and references.asks_why(turn.words):
            turn.say("utter_why_verify")
            return {turn.requested: None}
        if turn.requested == "code" and turn.is_answer and turn.intent in BOTH and references.one_time_code(turn.words):
            return await self._code_too(turn)
        if turn.intent in HEARD_FIRST or (turn.requested is not None and not turn.is_answer):
            return {}
        if turn.requested == "code":
            return await self._code(turn)
        return await self._reference(turn)

    async def _code_too(self, turn: Turn) -> dict[str, Any]:
        """A code beside something grave: the right one leads to it; with a wrong one that is heard all the same."""
        taken = await self._try(turn, references.one_time_code(turn.words) or "")
        return taken if taken.get("code") else {}

    async def _reference(self, turn: Turn) -> dict[str, Any]:
        asked = turn.requested == "reference"
        named = _named(turn, asked=asked)
        if named is not None:
            await send_code(turn, named)
            return {"reference": True, **_wish_in(turn)}
        if asked and turn.intent in STRAYS and turn.text:
            turn.say("utter_reference_unclear")
            return {"reference": None}
        return {}

    async def _code(self, turn: Turn) -> dict[str, Any]:
        code = references.one_time_code(turn.words)
        if code is not None:
            return await self._try(turn, code)
        if turn.entities.get("code") == "resend" or references.wants_code_again(turn.words):
            await send_code(turn, None, again=True)
            return {"code": None}
        named = _named(turn, asked=False)
        if named is not None:
            await send_code(turn, named)
            return {"code": None, **_wish_in(turn)}
        if turn.intent in STRAYS and turn.text:
            turn.say("utter_code_unclear")
            return {"code": None}
        return {}

    async def _try(self, turn: Turn, code: str) -> dict[str, Any]:
        match await turn.write(lambda session: identity.check(session, turn.conversation(session), code)):
            case Outcome.VERIFIED:
                return {"code": True, **_wish_in(turn), **await languages.known(turn)}
            case Outcome.LOCKED:
                turn.say("utter_locked")
                return {"code": None, "reference": None, "requested_slot": None}
            case Outcome.EXPIRED:
                turn.say("utter_code_expired")
            case Outcome.WRONG:
                turn.say("utter_code_wrong")
        return {"code": None}


class Resume(Deed):
    """After the proof: acknowledge the person (K1), then do what they wished for."""

    title = "action_resume"

    async def act(self, turn: Turn) -> Events:
        """Thank them by name and go on; say nothing more when the form ended without a proof."""
        forget = put(reference=None, code=None, factor=None)
        try:
            mine = await turn.write(lambda session: account(session, turn))
        except NotVerified:
            return [*forget, *put(also=None)]
        wish = turn.slot("wish") or {}
        deed = Deed.by_intent.get(wish.get("intent") or "")
        # Somebody who says that a bill is wrong, or asks for a right, is not told that life gets in the way.
        is_late = bool(mine.standing.overdue) and wish.get("intent") not in WITHOUT_EXCUSE
        turn.say("utter_verified" if is_late else "utter_verified_clear", name=mine.name)
        if deed is None:
            turn.say("utter_what_next")
            return [*forget, *put(wish=None)]
        try:
            return [*forget, *put(wish=None), *await deed.act(turn.wishing(wish))]
        except Exception as error:
            return [*forget, *put(wish=None), *failed(turn, error, deed.title)]


async def send_code(turn: Turn, reference: str | None, *, again: bool = False) -> None:
    """Ask for a code for the account that `reference` names; None: the one named before. `again`: none came, and what
    may be in the way is said, whatever is the case (P2, C5). Raises `TooMany`."""

    def begin(session: Session) -> None:
        conversation = turn.conversation(session)
        identity.begin(session, conversation, reference if reference is not None else _named_before(session, turn))

    await turn.write(begin)
    # The reply waits for the same time whether or not there is something to send, so that an account shows neither by
    # the words nor by the time they take (P2); nearly always the code is out by then. What cannot be sent now stays
    # queued, and the worker tries again.
    sending = asyncio.create_task(asyncio.to_thread(outbox.send_due, database()))
    SENDING.add(sending)
    sending.add_done_callback(SENDING.discard)
    await asyncio.sleep(SENT_WITHIN_S)
    turn.say("utter_code_sent_again" if again else "utter_code_sent", minutes=policies.identity().code_minutes)


def _named_before(session: Session, turn: Turn) -> str:
    """The account number that was asked about last; for none, a reference that matches nothing but costs the same."""
    number = session.scalar(
        sa.select(Customer.account_number)
        .join(VerificationChallenge, VerificationChallenge.customer_id == Customer.id)
        .where(VerificationChallenge.conversation_id == turn.conversation_id)
        .order_by(VerificationChallenge.created_at.desc())
        .limit(1)
    )
    return number or "-"


def _named(turn: Turn, *, asked: bool) -> str | None:
    """What the message names an account by. A new contact, or a number to be called on, names none; an e-mail address
    or a phone number without a word of change does, while we ask for one."""
    named = references.account_reference(turn.text, asked=asked)
    if named and _is_plain_contact(turn):
        return named
    if named and turn.intent in OTHER_CONTACTS and not re.match(r"[A-Za-z]+-?\d+$", named):
        return None
    return named


def _wish_in(turn: Turn) -> dict[str, Any]:
    """What else the message asks for, beside naming an account."""
    if turn.is_answer and turn.intent in Deed.by_intent and not _is_plain_contact(turn):
        return {"wish": {"intent": turn.intent, "text": turn.text[:TEXT_KEPT], "entities": turn.entities}}
    return {}


def _is_plain_contact(turn: Turn) -> bool:
    """Whether a message that was understood as a change of contact is the answer to our question."""
    is_asked = turn.requested in ("reference", "code") and turn.intent == "update_contact"
    return is_asked and _CHANGES.search(turn.words.lower()) is None


def _lacks_code(text: str) -> bool:
    """Whether `text` says that no code came, and names neither one nor an account."""
    is_named = references.one_time_code(text) or references.account_reference(text, asked=False)
    return not is_named and references.says_no_code_came(text)
