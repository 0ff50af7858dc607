"""The widget's API (design section 8): sessions, messages, a long poll and server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from functools import lru_cache, partial
from typing import Any

import jwt
import orjson
import sqlalchemy as sa
from babel import Locale, UnknownLocaleError
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import identity
from bot.channels.front_door import FrontDoor
from bot.conversations import choices, news, read_marks, router, spoken, transcript, turns
from bot.conversations.news import News, State
from bot.db import lock
from bot.errors import InvalidInput, NotFound, NotSignedIn
from bot.models import Author, Channel, Conversation, Customer
from bot.settings import settings
from bot.words import say

TOKEN_DAYS = 30
LONGEST_WAIT_S = 50
HEARTBEAT_S = 15
STREAM_LIFE_S = 600

routes = APIRouter()

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


class Sign(BaseModel):
    """What the widget tells of itself while a person speaks with the customer."""

    model_config = ConfigDict(extra="ignore")

    read: uuid.UUID | None = None
    typing: bool = False


@routes.post("/api/chat/sessions", status_code=201)
async def open_session(body: NewSession, request: Request) -> Json:
    """A conversation and the token that opens it. A signed-in customer comes back to the same conversation."""
    door = _front_door(request)
    door.new_sessions.count(request.client.host if request.client else "unknown")
    conversation_id = await door.in_transaction(lambda session: _open(session, body))
    return {"conversation_id": str(conversation_id), "token": _token(conversation_id)}


async def send_message(request: Request) -> Response:
    """Take in what the customer said or chose; the answer comes by `GET`. The same `client_id`, the same answer."""
    conversation_id, door = _conversation_id(request), _front_door(request)
    try:
        said = Said.model_validate_json(await request.body())
    except ValidationError as error:
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]) from error
    if (said.text is None) == (said.payload is None):
        raise InvalidInput("A message has either a text or a payload.")
    received = await door.in_transaction(lambda session: _received(session, conversation_id, said))
    door.signals.typing.stop(conversation_id, Author.CUSTOMER)
    door.signals.ring(conversation_id, desk=received.desk)
    if received.begun is not None:
        door.begin_turn(received.begun)
    return _json({"message_id": str(received.message_id)}, 202)


async def read_messages(request: Request) -> Response:
    """What was said after the message `after`; with `wait` (seconds) it waits for news, or for a change of holder."""
    conversation_id, door = _conversation_id(request), _front_door(request)
    after = _uuid(request.query_params.get("after"), "after")
    wait = _seconds(request.query_params.get("wait"))
    with door.signals.listen(conversation_id) as bell:
        seq, found = await door.in_reading(lambda session: _news(session, conversation_id, after))
        if not found.messages and wait:
            before, wrote = found.state, door.signals.typing.of(conversation_id, Author.AGENT)
            until = asyncio.get_running_loop().time() + wait
            while not found.messages and found.state == before:
                if door.signals.typing.of(conversation_id, Author.AGENT) not in (0, wrote):
                    break
                left = until - asyncio.get_running_loop().time()
                if left <= 0 or door.closing or not await bell.wait(left):
                    break
                found = await door.in_reading(lambda session: _since(session, conversation_id, seq))
    messages = [_message(message, found.agents) for message in found.messages]
    return _json({"messages": messages, "state": _state(found.state, _writing(door, conversation_id))})


async def stream_events(request: Request) -> Response:
    """The same as server-sent events: `message` (its id is the event's id) and `state`; resumed by `Last-Event-ID`."""
    conversation_id, door = _conversation_id(request), _front_door(request)
    after = _uuid(request.headers.get("Last-Event-ID"), "Last-Event-ID")
    seq, found = await door.in_reading(lambda session: _news(session, conversation_id, after))
    stream = _events(door, conversation_id, seq, found)
    return StreamingResponse(
        stream, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


async def give_sign(request: Request) -> Response:
    """How far the customer has read (`read`, a message's id), or that they are writing (`typing`). Nothing is said by
    it, and what cannot be used is left."""
    conversation_id, door = _conversation_id(request), _front_door(request)
    try:
        sign = Sign.model_validate_json(await request.body())
    except ValidationError as error:
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]) from error
    message_id = sign.read
    fresh = sign.typing and door.signals.typing.sign(conversation_id, Author.CUSTOMER)
    if message_id is not None:
        fresh |= await door.in_transaction(lambda session: read_marks.read(session, conversation_id, message_id))
    if fresh:
        door.signals.ring(conversation_id)
    return Response(status_code=204)


# Every turn is two of these calls, so they do without FastAPI's dependencies, which took half of their time.
routes.add_route("/api/chat/messages", send_message, methods=["POST"])
routes.add_route("/api/chat/messages", read_messages, methods=["GET"])
routes.add_route("/api/chat/events", stream_events, methods=["GET"])
routes.add_route("/api/chat/signs", give_sign, methods=["POST"])


def _front_door(request: Request) -> FrontDoor:
    door: FrontDoor = request.app.state.front_door
    return door


def _conversation_id(request: Request) -> uuid.UUID:
    """The conversation that the bearer token opens. Raises `NotSignedIn`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise jwt.InvalidTokenError("no bearer token")
        conversation_id, expires = _opened_by(token, _key())
        if clock.now().timestamp() >= expires:
            raise jwt.ExpiredSignatureError("expired")
        return conversation_id
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise NotSignedIn("This chat session has ended. A new one can be opened at once.") from error


@lru_cache(maxsize=4096)
def _opened_by(token: str, key: str) -> tuple[uuid.UUID, float]:
    """What a token says once its signature holds: the conversation, and until when (seconds since 1970)."""
    claims = jwt.decode(
        token, key, algorithms=["HS256"], audience="widget", options={"require": ["exp", "sub"], "verify_exp": False}
    )
    return uuid.UUID(claims["sub"]), float(claims["exp"])


async def _events(door: FrontDoor, conversation_id: uuid.UUID, seq: int, found: News) -> AsyncIterator[bytes]:
    state = None
    ends = asyncio.get_running_loop().time() + STREAM_LIFE_S
    with door.signals.listen(conversation_id) as bell:
        yield b"retry: 1000\n\n"
        while True:
            for row in found.messages:
                seq = row.seq
                message = _message(row, found.agents)
                yield b"id: %b\nevent: message\ndata: %b\n\n" % (message["id"].encode(), orjson.dumps(message))
            now = _state(found.state, _writing(door, conversation_id))
            if now != state:
                state = now
                yield b"event: state\ndata: %b\n\n" % orjson.dumps(state)
            if door.closing or asyncio.get_running_loop().time() >= ends:
                return
            if not await bell.wait(HEARTBEAT_S):
                yield b": still here\n\n"
            found = await door.in_reading(partial(_since, conversation_id=conversation_id, seq=seq))


def _received(session: Session, conversation_id: uuid.UUID, said: Said) -> router.Received:
    """A text may be the way back to the assistant in other words; all else goes on as it came."""
    text, payload, client_id = said.text, said.payload, str(said.client_id)
    conversation = lock(session, Conversation, conversation_id) if text is not None else None
    if conversation is not None and choices.goes_back(session, conversation, text or ""):
        with contextlib.suppress(InvalidInput):  # open no more: it is heard as words
            return router.receive(session, conversation_id, client_id=client_id, payload=router.BACK_TO_ASSISTANT)
    return router.receive(session, conversation_id, client_id=client_id, text=text, payload=payload)


def _open(session: Session, body: NewSession) -> uuid.UUID:
    conversation = Conversation(channel=Channel.WEB, locale=_known_locale(body.locale))
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
    conversation.locale = spoken.of_profile(session, conversation, customer)
    _greet(session, conversation, customer)
    return conversation.id


def _known_locale(asked: str) -> str:
    """The nearest locale in which amounts and dates can be written: as asked, its language, or American English."""
    language, *rest = asked.replace("_", "-").split("-")
    for tag in ("-".join([language.lower(), *(part.upper() for part in rest[-1:])]), language.lower()):
        try:
            Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
        return tag
    return "en-US"


def _signed_in_conversation(session: Session, address: str) -> Conversation | None:
    return session.scalar(
        sa.select(Conversation)
        .where(Conversation.channel == Channel.WEB, Conversation.address == address)
        .order_by(Conversation.created_at)
        .limit(1)
        .with_for_update(key_share=True)
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
        {"title": say("button_person", locale), "payload": turns.PERSON},
    ]
    transcript.append(session, conversation, author=Author.BOT, text=text, buttons=buttons)


def _news(session: Session, conversation_id: uuid.UUID, after: uuid.UUID | None) -> tuple[int, News]:
    """The number of the message `after`, and what came since. Raises `NotFound` for another conversation's message."""
    seq = news.seq_of(session, conversation_id, after) if after is not None else 0
    if seq is None:
        raise NotFound("There is no such message in this conversation.")
    return seq, _since(session, conversation_id, seq)


def _since(session: Session, conversation_id: uuid.UUID, seq: int) -> News:
    found = news.since(session, conversation_id, seq)
    if found is None:
        raise NotSignedIn("This chat session has ended. A new one can be opened at once.")
    return found


def _state(state: State, writing: int) -> Json:
    """`typing` is there while the agent writes, and another number for each sign of it."""
    agent = {"name": state.agent} if state.agent is not None else None
    shown = {"holder": state.holder, "position": state.position, "agent": agent}
    return shown | {"typing": writing} if writing and agent else shown


def _writing(door: FrontDoor, conversation_id: uuid.UUID) -> int:
    return door.signals.typing.of(conversation_id, Author.AGENT)


def _message(message: Any, agents: dict[uuid.UUID, str]) -> Json:
    shown: Json = {
        "id": str(message.id),
        "author": message.author,
        "text": message.text,
        "buttons": message.buttons or [],
        "card": message.card,
        "created_at": message.created_at.isoformat(),
    }
    if message.agent_id is not None:
        shown["agent"] = {"name": agents[message.agent_id]}
    if message.client_id is not None and message.author == Author.CUSTOMER:
        shown["client_id"] = message.client_id
    return shown


def _uuid(value: str | None, name: str) -> uuid.UUID | None:
    if value is None:
        return None
    try:
        return uuid.UUID(value)
    except ValueError as error:
        raise InvalidInput(f"{name} is not the id of a message.") from error


def _seconds(value: str | None) -> float:
    try:
        seconds = float(value or 0)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= LONGEST_WAIT_S:
        raise InvalidInput(f"wait is a number of seconds from 0 to {LONGEST_WAIT_S}.")
    return seconds


def _json(body: Json, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(body), status_code=status, media_type="application/json", headers=headers)


def _token(conversation_id: uuid.UUID) -> str:
    expires = clock.now() + dt.timedelta(days=TOKEN_DAYS)
    return jwt.encode({"sub": str(conversation_id), "aud": "widget", "exp": expires}, _key(), algorithm="HS256")


def _key() -> str:
    return settings().secret_key.get_secret_value()
