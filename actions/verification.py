"""Proof of identity in chat: a reference, a one-time code, then whatever was wished for (design sections 6 and 10, 11).

The words are the same whether or not there is such an account (P2). Neither reference nor code is kept in a slot.
"""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions import references
from actions.balance import account
from actions.deed import Deed, Form, failed
from actions.proof import FORM
from actions.turn import TEXT_KEPT, Events, Turn, put
from bot import policies
from bot.billing import identity
from bot.billing.identity import Outcome
from bot.channels import outbox
from bot.db import database
from bot.errors import NotVerified
from bot.models import Customer, VerificationChallenge

# Intents that are heard even when the message also has a number in it.
HEARD_FIRST = frozenset(
    {"express_crisis", "report_vulnerability", "wrong_person", "cease_contact", "request_human", "cancel"}
)
IN_NEED = frozenset({"express_crisis", "report_vulnerability", "request_human"})
STRAYS = frozenset({"inform", "nlu_fallback"})  # what an answer that cannot be read is taken for

SENT_WITHIN_S = 0.4
SENDING: set[asyncio.Task[int]] = set()  # kept until they are done, or they could be collected half-way


class VerificationForm(Form):
    """Takes a reference, then the code. A new reference starts afresh; a wish in the same message is remembered."""

    form = FORM
    slots = ("reference", "code")

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The slots that the message fills, or {}."""
        if turn.requested is not None and turn.intent not in IN_NEED and references.asks_why(turn.text):
            turn.say("utter_why_verify")
            return {turn.requested: None}
        if turn.intent in HEARD_FIRST or (turn.requested is not None and not turn.is_answer):
            return {}
        if turn.requested == "code":
            return await self._code(turn)
        return await self._reference(turn)

    async def _reference(self, turn: Turn) -> dict[str, Any]:
        asked = turn.requested == "reference"
        named = references.account_reference(turn.text, asked=asked)
        if named is not None:
            await send_code(turn, named)
            return {"reference": True, **_wish_in(turn)}
        if asked and turn.intent in STRAYS and turn.text:
            turn.say("utter_reference_unclear")
            return {"reference": None}
        return {}

    async def _code(self, turn: Turn) -> dict[str, Any]:
        code = references.one_time_code(turn.text)
        if code is not None:
            return await self._try(turn, code)
        if turn.entities.get("code") == "resend" or references.wants_code_again(turn.text):
            await send_code(turn, None)
            return {"code": None}
        named = references.account_reference(turn.text, asked=False)
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
                return {"code": True}
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
        forget = put(reference=None, code=None)
        try:
            mine = await turn.write(lambda session: account(session, turn))
        except NotVerified:
            return forget
        wish = turn.slot("wish") or {}
        deed = Deed.by_intent.get(wish.get("intent") or "")
        # Somebody who says that a bill is wrong is not told that life gets in the way.
        is_late = bool(mine.standing.overdue) and wish.get("intent") != "dispute_debt"
        turn.say("utter_verified" if is_late else "utter_verified_clear", name=mine.name)
        if deed is None:
            turn.say("utter_what_next")
            return [*forget, *put(wish=None)]
        try:
            return [*forget, *put(wish=None), *await deed.act(turn.wishing(wish))]
        except Exception as error:
            return [*forget, *put(wish=None), *failed(turn, error, deed.title)]


async def send_code(turn: Turn, reference: str | None) -> None:
    """Ask for a code for the account that `reference` names; None: the one named before. Raises `TooMany`."""

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
    turn.say("utter_code_sent", minutes=policies.identity().code_minutes)


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


def _wish_in(turn: Turn) -> dict[str, Any]:
    """What else the message asks for, beside naming an account."""
    if turn.is_answer and turn.intent in Deed.by_intent:
        return {"wish": {"intent": turn.intent, "text": turn.text[:TEXT_KEPT], "entities": turn.entities}}
    return {}
