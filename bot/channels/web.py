"""The widget's API (design section 8): sessions, messages, a long poll and server-sent events."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

import jwt
import orjson
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import identity
from bot.channels.front_door import FrontDoor
from bot.conversations import handoff, router, transcript
from bot.errors import InvalidInput, NotFound, NotSignedIn
from bot.models import Agent, Author, Channel, Conversation, Customer, Holder, Message
from bot.settings import settings
from bot.words import say

TOKEN_DAYS = 30
LONGEST_WAIT_S = 50
HEARTBEAT_S = 15
STREAM_LIFE_S = 600
PAGE = 200

routes = APIRouter(prefix="/api/chat")

Json = dict[str, Any]


class NewSession(BaseModel):
    """`identity_token` is the host page's JWT for a signed-in customer (design section 6)."""

    model_config = ConfigDict(extra="ignore")

    locale: str = Field("en-US", max_length=35, pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")
    identity_token: str | None = Field(None, max_length=4096)


class Said(BaseModel):
    """A text, or the payload of a choice that was offered. `client_id` makes sending it twice the same as once."""

    model_config = ConfigDict(extra="ignore")

    client_id: uuid.UUID
    text: str | None = None
    payload: str | None = Field(None, max_length=2048)


def _front_door(request: Request) -> FrontDoor:
    door: FrontDoor = request.app.state.front_door
    return door


async def _conversation_id(authorization: Annotated[str | None, Header()] = None) -> uuid.UUID:
    """The conversation that the bearer token opens. Raises `NotSignedIn`."""
    scheme, _, token = (authorization or "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise jwt.InvalidTokenError("no bearer token")
        claims = jwt.decode(
            token,
            _key(),
            algorithms=["HS256"],
            audience="widget",
            options={"require": ["exp", "sub"], "verify_exp": False},
        )
        if clock.now().timestamp() >= float(claims["exp"]):
            raise jwt.ExpiredSignatureError("expired")
        return uuid.UUID(claims["sub"])
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise NotSignedIn("This chat session has ended. A new one can be opened at once.") from error


Door = Annotated[FrontDoor, Depends(_front_door)]
ConversationId = Annotated[uuid.UUID, Depends(_conversation_id)]


@routes.post("/sessions", status_code=201)
async def open_session(body: NewSession, request: Request, door: Door) -> Json:
    """A conversation and the token that opens it. A signed-in customer comes back to the same conversation."""
    door.new_sessions.count(request.client.host if request.client else "unknown")
    conversation_id = await door.in_transaction(lambda session: _open(session, body))
    return {"conversation_id": str(conversation_id), "token": _token(conversation_id)}


@routes.post("/messages", status_code=202)
async def send_message(body: Said, door: Door, conversation_id: ConversationId) -> Json:
    """Take in what the customer said or chose; the answer comes by `GET`. The same `client_id`, the same answer."""
    if (body.text is None) == (body.payload is None):
        raise InvalidInput("A message has either a text or a payload.")
    received = await door.in_transaction(
        lambda session: router.receive(
            session, conversation_id, client_id=str(body.client_id), text=body.text, payload=body.payload
        )
    )
    door.signals.ring(conversation_id, desk=received.desk)
    if received.lease is not None:
        door.begin_turn(conversation_id, received.lease)
    return {"message_id": str(received.message_id)}


@routes.get("/messages")
async def read_messages(
    door: Door,
    conversation_id: ConversationId,
    after: uuid.UUID | None = None,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = 0,
) -> Response:
    """What was said after the message `after`; with `wait` (seconds) it waits for something new, or for a change of holder."""
    with door.signals.listen(conversation_id) as bell:
        seq, news = await door.in_reading(lambda session: _news(session, conversation_id, after))
        if not news["messages"] and wait:
            before = news["state"]
            until = asyncio.get_running_loop().time() + wait
            while not news["messages"] and news["state"] == before:
                left = until - asyncio.get_running_loop().time()
                if left <= 0 or door.closing or not await bell.wait(left):
                    break
                news = await door.in_reading(lambda session: _since(session, conversation_id, seq))
    return Response(orjson.dumps(news), media_type="application/json", headers={"Cache-Control": "no-store"})


@routes.get("/events")
async def stream_events(
    door: Door,
    conversation_id: ConversationId,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """The same as server-sent events: `message` (its id is the event's id) and `state`; resumed by `Last-Event-ID`."""
    after = _uuid(last_event_id) if last_event_id else None
    seq, news = await door.in_reading(lambda session: _news(session, conversation_id, after))
    stream = _events(door, conversation_id, seq, news)
    return StreamingResponse(
        stream, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


async def _events(door: FrontDoor, conversation_id: uuid.UUID, seq: int, news: Json) -> AsyncIterator[bytes]:
    state = None
    ends = asyncio.get_running_loop().time() + STREAM_LIFE_S
    with door.signals.listen(conversation_id) as bell:
        yield b"retry: 1000\n\n"
        while True:
            for message in news["messages"]:
                seq = max(seq, message.pop("_seq", seq))
                yield b"id: %b\nevent: message\ndata: %b\n\n" % (message["id"].encode(), orjson.dumps(message))
            if news["state"] != state:
                state = news["state"]
                yield b"event: state\ndata: %b\n\n" % orjson.dumps(state)
            if door.closing or asyncio.get_running_loop().time() >= ends:
                return
            if not await bell.wait(HEARTBEAT_S):
                yield b": still here\n\n"
            here = seq
            news = await door.in_reading(lambda session: _since(session, conversation_id, here, keep_seq=True))


def _open(session: Session, body: NewSession) -> uuid.UUID:
    conversation = Conversation(channel=Channel.WEB, locale=body.locale.replace("_", "-"))
    session.add(conversation)
    session.flush()
    if body.identity_token is None:
        _greet(session, conversation, None)
        return conversation.id
    customer = identity.sign_in(session, conversation, body.identity_token)
    own = f"account:{customer.id}"
    known = _signed_in_conversation(session, own)
    if known is not None:
        session.delete(conversation)
        identity.sign_in(session, known, body.identity_token)
        return known.id
    conversation.address = own
    conversation.locale = customer.language
    _greet(session, conversation, customer)
    return conversation.id


def _signed_in_conversation(session: Session, address: str) -> Conversation | None:
    return session.scalar(
        sa.select(Conversation)
        .where(Conversation.channel == Channel.WEB, Conversation.address == address)
        .order_by(Conversation.created_at)
        .limit(1)
        .with_for_update()
    )


def _greet(session: Session, conversation: Conversation, customer: Customer | None) -> None:
    """The first words say that this is a program (P6), and nothing that implies a debt (P1)."""
    locale, brand = conversation.locale, policies.brand_name()
    text = (
        say("greeting", locale, brand=brand)
        if customer is None
        else say("greeting_signed_in", locale, brand=brand, name=customer.name.split()[0])
    )
    buttons = [
        {"title": say("button_account", locale), "payload": "/check_balance"},
        {"title": say("button_person", locale), "payload": router.PERSON},
    ]
    transcript.append(session, conversation, author=Author.BOT, text=text, buttons=buttons)


def _news(session: Session, conversation_id: uuid.UUID, after: uuid.UUID | None) -> tuple[int, Json]:
    """The number of the message `after`, and what came since. Raises `NotFound` for a message that is not of this talk."""
    seq = 0
    if after is not None:
        message = session.get(Message, after)
        if message is None or message.conversation_id != conversation_id:
            raise NotFound("There is no such message in this conversation.")
        seq = message.seq
    return seq, _since(session, conversation_id, seq)


def _since(session: Session, conversation_id: uuid.UUID, seq: int, *, keep_seq: bool = False) -> Json:
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotSignedIn("This chat session has ended. A new one can be opened at once.")
    messages = transcript.after(session, conversation_id, seq, limit=PAGE)
    agents = {message.agent_id for message in messages if message.agent_id} | (
        {conversation.agent_id} if conversation.agent_id else set()
    )
    names = {agent_id: _name(session, agent_id) for agent_id in agents}
    holds = conversation.holder == Holder.AGENT
    return {
        "messages": [_shown(message, names, keep_seq) for message in messages],
        "state": {
            "holder": conversation.holder,
            "position": handoff.place(session, conversation),
            "agent": {"name": names[conversation.agent_id]} if holds and conversation.agent_id else None,
        },
    }


def _name(session: Session, agent_id: uuid.UUID) -> str:
    agent = session.get(Agent, agent_id)
    return agent.name if agent else ""


def _shown(message: Message, names: dict[uuid.UUID, str], keep_seq: bool) -> Json:
    shown: Json = {
        "id": str(message.id),
        "author": message.author,
        "text": message.text,
        "buttons": message.buttons or [],
        "card": message.card,
        "created_at": message.created_at.isoformat(),
    }
    if message.agent_id is not None:
        shown["agent"] = {"name": names[message.agent_id]}
    if message.client_id is not None and message.author == Author.CUSTOMER:
        shown["client_id"] = message.client_id
    if keep_seq:
        shown["_seq"] = message.seq
    return shown


def _uuid(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError as error:
        raise InvalidInput("Last-Event-ID is not the id of a message.") from error


def _token(conversation_id: uuid.UUID) -> str:
    expires = clock.now() + dt.timedelta(days=TOKEN_DAYS)
    return jwt.encode({"sub": str(conversation_id), "aud": "widget", "exp": expires}, _key(), algorithm="HS256")


def _key() -> str:
    return settings().secret_key.get_secret_value()
