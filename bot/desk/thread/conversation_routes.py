"""What is done with a conversation, under `/api/desk/`: read, claim, answer, note, return, close, hand over."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot import policies
from bot.conversations import handoff, takeovers, transcript, transfers
from bot.conversations.assignment.colleagues import Colleague
from bot.conversations.assignment.colleagues import colleagues as everybody
from bot.db import lock
from bot.desk import agents, audit, bells
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.auth import Seat
from bot.desk.text import clean
from bot.desk.thread import kindness, mentions, phone, wrap_up
from bot.desk.thread.dossier import dossier, earlier, find, state
from bot.desk.thread.kindness import Unkind
from bot.desk.thread.lines import agent_names, line
from bot.errors import Conflict, InvalidInput, NotAllowed
from bot.models import Conversation, Message
from bot.policies.wrap_up import WrapUpCode

api = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]
# The number of a message.
Before = Annotated[int, Query(ge=1, le=2**31 - 1)]


class Reply(BaseModel):
    """An answer to the customer. The page makes `client_id`, so that trying again is not saying it twice;
    `meant` is the second word to a text that breaks a rule of kindness."""

    client_id: uuid.UUID
    text: str
    meant: bool = False


class Note(BaseModel):
    """Something for colleagues only. With the page's `client_id`, trying again is not writing it twice."""

    client_id: uuid.UUID | None = None
    text: str


class Word(BaseModel):
    """An optional word for whoever comes next."""

    note: str | None = Field(None, max_length=2_000)


class Leave(Word):
    """Returning or closing; `wrap_up` is what came of it, a code of `policies/wrap_up.yml`."""

    wrap_up: str | None = Field(None, max_length=40)


class Transfer(Word):
    """`to` is a colleague's id; without it the conversation goes back to the queue, there to the team of `skill`.
    `anyway` is the second word about a colleague who has as many as they take on."""

    to: uuid.UUID | None = None
    skill: str | None = Field(None, max_length=64)
    anyway: bool = False


@api.get("/agents")
def colleagues(db: Db, _seat: Reader) -> Json:
    """Colleagues to whom a conversation can be given."""
    with db.reading() as session:
        return {"agents": [_colleague(each) for each in everybody(session)], "skills": policies.assignment().skills}


@api.get("/conversations/{conversation_id}")
def conversation(conversation_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """The transcript and all that stands beside it. Audited before it leaves."""
    with db.reading() as session:
        whole = dossier(session, seat, find(session, seat, conversation_id, to_read=True))
    with db.transaction() as session:
        audit.record(session, seat.agent, "conversation.read", audit.conversation(conversation_id))
    return whole


@api.get("/conversations/{conversation_id}/messages")
def earlier_messages(conversation_id: uuid.UUID, before: Before, db: Db, seat: Reader) -> Json:
    """What was said before the message numbered `before`, a page at a time. Audited before it leaves."""
    with db.reading() as session:
        page = earlier(session, find(session, seat, conversation_id, to_read=True), before)
    with db.transaction() as session:
        audit.record(session, seat.agent, "conversation.read", audit.conversation(conversation_id), before=before)
    return page


@api.get("/conversations/{conversation_id}/deliveries")
def delivered(conversation_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """How a phone is reached, how far each of our messages got and what files came, by message id; no words."""
    with db.reading() as session:
        return phone.now(session, find(session, seat, conversation_id, to_read=True))


@api.post("/conversations/{conversation_id}/claim")
def claim(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Take it. Exactly one agent can; the others get 409 with the name of who has it."""
    with db.transaction() as session:
        handoff.claim(session, conversation_id, seat.agent)
        now = _acted(session, seat, conversation_id, "claim")
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/take-over")
def take_over(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """A supervisor speaks instead of the assistant."""
    with db.transaction() as session:
        takeovers.take_over(session, conversation_id, seat.agent)
        now = _acted(session, seat, conversation_id, "take_over")
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/messages", response_model=None)
def message(conversation_id: uuid.UUID, body: Reply, request: Request, db: Db, seat: Writer) -> Json | Response:
    """Answer the customer. Only who has the conversation may; the same `client_id` again is the same message.

    422 `kindness` with the `findings` for a text that breaks a rule, unless it is `meant`; that is written down.
    """
    try:
        with db.transaction() as session:
            said = handoff.reply(session, conversation_id, seat.agent, clean(body.text), str(body.client_id))
            _same(seat, said, hidden=False)
            meant = _judged(session, conversation_id, body) if said in session.new else {}
            session.flush()
            acted = _acted(session, seat, conversation_id, "reply", **meant)
            now = acted | {"message": line(said, agent_names(session))}
    except Unkind as unkind:
        return JSONResponse(unkind.body(), unkind.status)
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/notes")
def note(conversation_id: uuid.UUID, body: Note, request: Request, db: Db, seat: Writer) -> Json:
    """Write something for colleagues; "@Sol" asks one of them. Only who has the conversation may, and who is asked
    there: their note is the answer. The same `client_id` again is the same note."""
    pressed = str(body.client_id) if body.client_id else None
    with db.transaction() as session:
        if not (_is_asked(session, seat, conversation_id) or _wrote(session, seat, conversation_id, pressed)):
            _own(session, seat, conversation_id)
        said = handoff.note(session, conversation_id, seat.agent, clean(body.text), pressed)
        _same(seat, said, hidden=True)
        if said in session.new:
            session.flush()
            mentions.answered(session, seat, conversation_id)
            mentions.keep(session, seat, said)
        now = _acted(session, seat, conversation_id, "note") | {"message": line(said, agent_names(session))}
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/return")
def give_back(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer, body: Leave | None = None) -> Json:
    """Back to the assistant; the customer is told. What came of it is kept with the hand-over."""
    with db.transaction() as session:
        _wrapped(body)
        handoff.give_back(session, conversation_id, seat.agent, _note(body))
        now = _left(session, seat, conversation_id, "return", body)
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/close")
def close(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer, body: Leave | None = None) -> Json:
    """End it for now; the customer's next message opens it again with the assistant. Where what came of it allows,
    they are asked how it was (K14)."""
    with db.transaction() as session:
        rated = wrap_up.is_rated(_wrapped(body))
        handoff.close(session, conversation_id, seat.agent, _note(body), rated=rated)
        now = _left(session, seat, conversation_id, "close", body)
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/transfer")
def transfer(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer, body: Transfer | None = None) -> Json:
    """To a colleague, a team or the queue: one's own, and for a supervisor anybody's. 409 `over_capacity` for who has
    as many as they take on, unless `anyway`."""
    with db.transaction() as session:
        if not seat.supervises:
            _own(session, seat, conversation_id)
        to_agent = agents.colleague(session, body.to) if body and body.to else None
        skill, anyway = (body.skill, body.anyway) if body else (None, False)
        transfers.transfer(session, conversation_id, seat.agent, to_agent, _note(body), skill=skill, anyway=anyway)
        now = _acted(session, seat, conversation_id, "transfer", to=str(to_agent.id) if to_agent else skill or "queue")
    return _told(request, conversation_id, now)


def _judged(session: Session, conversation_id: uuid.UUID, body: Reply) -> Json:
    """What the audit keeps of a text that breaks a rule and is meant: the rules, no word of it. Raises `Unkind`."""
    with session.no_autoflush:
        conversation = session.get_one(Conversation, conversation_id)
        findings = kindness.before_sending(session, conversation, body.text, meant=body.meant)
    return {"meant": sorted({f"{one.rule} {one.ban}" for one in findings})} if findings else {}


def _same(seat: Seat, said: Message, *, hidden: bool) -> None:
    """What a client_id made before is this agent's, and of the same kind: a note is never called sent."""
    if said.agent_id != seat.agent.id:
        raise InvalidInput("That client_id was used by somebody else.")
    if said.hidden != hidden:
        raise Conflict("That client_id did something else already.", about=said.client_id)


def _is_asked(session: Session, seat: Seat, conversation_id: uuid.UUID) -> bool:
    row = lock(session, Conversation, conversation_id)
    return row is not None and mentions.open_in(session, seat, row) is not None


def _wrote(session: Session, seat: Seat, conversation_id: uuid.UUID, pressed: str | None) -> bool:
    """An answer that got lost on the way is not refused because the first has closed the door."""
    said = transcript.by_client_id(session, conversation_id, pressed) if pressed else None
    return said is not None and said.agent_id == seat.agent.id


def _wrapped(body: Leave | None) -> WrapUpCode | None:
    return wrap_up.chosen(body.wrap_up, _note(body)) if body else None


def _left(session: Session, seat: Seat, conversation_id: uuid.UUID, how: str, body: Leave | None) -> Json:
    code = body.wrap_up if body else None
    wrap_up.keep(session, seat, conversation_id, code)
    return _acted(session, seat, conversation_id, how, **({"wrap_up": code} if code else {}))


def _colleague(one: Colleague) -> Json:
    who = {"id": str(one.agent.id), "name": one.agent.name, "role": one.agent.role}
    return who | {"availability": one.availability, "held": one.held, "capacity": one.capacity}


def _own(session: Session, seat: Seat, conversation_id: uuid.UUID) -> None:
    """The row is locked before it is looked at, so that the answer still holds when the service acts."""
    row = lock(session, Conversation, conversation_id)
    if row is not None and row.agent_id != seat.agent.id:
        raise NotAllowed("Claim the conversation first.", about=conversation_id)


def _acted(session: Session, seat: Seat, conversation_id: uuid.UUID, what: str, **detail: Any) -> Json:
    audit.record(session, seat.agent, f"conversation.{what}", audit.conversation(conversation_id), **detail)
    session.flush()
    return {"conversation": state(session, seat, session.get_one(Conversation, conversation_id))}


def _told(request: Request, conversation_id: uuid.UUID, now: Json) -> Json:
    bells.ring(request, conversation_id)
    return now


def _note(body: Word | None) -> str | None:
    return clean(body.note).strip() or None if body and body.note else None
