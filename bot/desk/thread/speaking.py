"""An agent does something for the customer with whom they speak: only in their own conversation, only while identity is
proven, and once for each press of a button (P1)."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from bot.conversations import payment_news
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


def press(body: Once, act: str, about: uuid.UUID | None = None) -> str:
    """The name by which a press of the button is kept with what it says: it did this `act`, on this plan, and no
    other. Room is left for what follows it (":down")."""
    return f"{body.client_id}:{act}" + (f":{about.hex[-12:]}" if about else "")


def said_before(session: Session, seat: Seat, conversation: Conversation, pressed: str) -> Message | None:
    """What the same press of the button has said already. Raises `Conflict` for an id that somebody else used, or that
    did something else: what was only sent is never called agreed (K8)."""
    client_id = pressed.partition(":")[0]
    same = (Message.conversation_id == conversation.id, Message.client_id.startswith(client_id))
    message = session.scalars(sa.select(Message).where(*same).order_by(Message.seq).limit(1)).first()
    if message is not None and message.agent_id != seat.agent.id:
        raise Conflict("That client_id was used by somebody else.", about=client_id)
    if message is not None and message.client_id != pressed:
        raise Conflict("That client_id did something else already. Look at the conversation first.", about=client_id)
    return message


def shown(session: Session, message: Message) -> Json:
    """What the page needs of what was said."""
    session.flush()
    return {"message": line(message, agent_names(session))}
