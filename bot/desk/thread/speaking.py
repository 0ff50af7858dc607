"""An agent does something for the customer with whom they speak: only in their own conversation, only while identity is
proven, and once for each press of a button (P1)."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from anyio import from_thread
from fastapi import Request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from bot.conversations import payment_news, transcript
from bot.conversations.signals import Signals
from bot.db import lock
from bot.desk.auth import Seat
from bot.desk.thread.lines import agent_names, line
from bot.errors import Conflict, NotAllowed, NotFound
from bot.models import Conversation, Customer, Holder, Message

UNPROVEN = (
    "Nothing of the account is said or done until they have proven who they are. The assistant can ask them: return "
    "the conversation for a moment."
)

Json = dict[str, Any]


class Once(BaseModel):
    """The page makes `client_id`, so that pressing twice is doing it once."""

    client_id: uuid.UUID


def own(session: Session, seat: Seat, conversation_id: uuid.UUID) -> Conversation:
    """The conversation that this agent has, locked. Raises `NotFound`; `Conflict` when somebody else has it by now, or
    nobody."""
    conversation = lock(session, Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.", about=conversation_id)
    if conversation.holder != Holder.AGENT:
        raise Conflict("Claim the conversation first.", about=conversation_id)
    if conversation.agent_id != seat.agent.id:
        name = agent_names(session).get(conversation.agent_id, "") if conversation.agent_id else ""
        raise Conflict(f"{name or 'A colleague'} has this conversation.", about=conversation_id)
    return conversation


def customer_in(session: Session, conversation: Conversation) -> Customer:
    """Who is at the other end. Raises `NotAllowed`, with what to do, unless they have proven it and that holds."""
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    if customer is None or not payment_news.proven(conversation):
        raise NotAllowed(UNPROVEN, about=conversation.id)
    return customer


def said_before(session: Session, seat: Seat, conversation: Conversation, body: Once) -> Message | None:
    """What the same press of the button has said already. Raises `Conflict` for an id that somebody else used."""
    message = transcript.by_client_id(session, conversation.id, str(body.client_id))
    if message is not None and message.agent_id != seat.agent.id:
        raise Conflict("That client_id was used by somebody else.", about=body.client_id)
    return message


def shown(session: Session, message: Message) -> Json:
    """What the page needs of what was said."""
    session.flush()
    return {"message": line(message, agent_names(session))}


def ring(request: Request, conversation_id: uuid.UUID | None) -> None:
    """Tell everybody who looks at the conversation. Bells are rung on the event loop; these routes run beside it."""
    if conversation_id is not None:
        signals: Signals = request.app.state.signals
        from_thread.run_sync(partial(signals.ring, conversation_id, desk=True))
