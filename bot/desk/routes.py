"""The desk's JSON under `/api/desk/`, and the router that the app mounts: `router`."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from anyio import from_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot.conversations import handoff
from bot.conversations.signals import Signals
from bot.db import lock
from bot.desk import agents, audit, phone
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.attachments import routes as attachments
from bot.desk.audit_routes import router as audit_log
from bot.desk.auth import Seat
from bot.desk.dossier import dossier, find, state
from bot.desk.events import router as events
from bot.desk.inbox import inbox, of_customers
from bot.desk.insights.routes import router as insights
from bot.desk.learning.routes import router as learning
from bot.desk.lines import agent_names, line
from bot.desk.me_routes import router as me
from bot.desk.money_routes import router as money
from bot.desk.pages import files
from bot.desk.pages import router as pages
from bot.desk.session_routes import router as sessions
from bot.desk.sso_routes import router as single_sign_on
from bot.desk.team_routes import router as team
from bot.desk.text import clean
from bot.errors import InvalidInput, NotAllowed
from bot.models import Conversation

api = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


class Reply(BaseModel):
    """An answer to the customer. The page makes `client_id`, so that trying again is not saying it twice."""

    client_id: uuid.UUID
    text: str


class Note(BaseModel):
    """Something for colleagues only."""

    text: str


class Leave(BaseModel):
    """Returning or closing, with an optional word for whoever comes next."""

    note: str | None = Field(None, max_length=2_000)


class Transfer(Leave):
    """`to` is a colleague's id; without it the conversation goes back to the queue."""

    to: uuid.UUID | None = None


@api.get("/agents")
def colleagues(db: Db, _seat: Reader) -> Json:
    """Colleagues to whom a conversation can be given."""
    with db.reading() as session:
        return {"agents": [{"id": str(a.id), "name": a.name, "role": a.role} for a in agents.colleagues(session)]}


@api.get("/queue")
def queue(db: Db, seat: Reader) -> Json:
    """Who waits, whom I have, and for a supervisor whom the others have. Audited."""
    with db.reading() as session:
        lists = inbox(session, seat)
    if shown := of_customers(lists):
        with db.transaction() as session:
            audit.record(session, seat.agent, "queue.read", "queue", conversations=sorted(shown))
    return lists


@api.get("/conversations/{conversation_id}")
def conversation(conversation_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """The transcript and all that stands beside it. Audited before it leaves."""
    with db.reading() as session:
        whole = dossier(session, seat, find(session, seat, conversation_id))
    with db.transaction() as session:
        audit.record(session, seat.agent, "conversation.read", audit.conversation(conversation_id))
    return whole


@api.get("/conversations/{conversation_id}/deliveries")
def delivered(conversation_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """How a phone is reached, how far each of our messages got and what files came, by message id; no words."""
    with db.reading() as session:
        return phone.now(session, find(session, seat, conversation_id))


@api.post("/conversations/{conversation_id}/claim")
def claim(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Take it. Exactly one agent can; the others get 409 with the name of who has it."""
    with db.transaction() as session:
        handoff.claim(session, conversation_id, seat.agent)
        now = _acted(session, seat, conversation_id, "claim")
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/messages")
def message(conversation_id: uuid.UUID, body: Reply, request: Request, db: Db, seat: Writer) -> Json:
    """Answer the customer. Only who has the conversation may; the same `client_id` again is the same message."""
    with db.transaction() as session:
        said = handoff.reply(session, conversation_id, seat.agent, clean(body.text), str(body.client_id))
        if said.agent_id != seat.agent.id:
            raise InvalidInput("That client_id was used by somebody else.")
        session.flush()
        now = _acted(session, seat, conversation_id, "reply") | {"message": line(said, agent_names(session))}
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/notes")
def note(conversation_id: uuid.UUID, body: Note, request: Request, db: Db, seat: Writer) -> Json:
    """Write something for colleagues. Only who has the conversation may."""
    with db.transaction() as session:
        _own(session, seat, conversation_id)
        said = handoff.note(session, conversation_id, seat.agent, clean(body.text))
        session.flush()
        now = _acted(session, seat, conversation_id, "note") | {"message": line(said, agent_names(session))}
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/return")
def give_back(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer, body: Leave | None = None) -> Json:
    """Back to the assistant; the customer is told."""
    with db.transaction() as session:
        handoff.give_back(session, conversation_id, seat.agent, _note(body))
        now = _acted(session, seat, conversation_id, "return")
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/close")
def close(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer, body: Leave | None = None) -> Json:
    """End it for now; the customer's next message opens it again with the assistant."""
    with db.transaction() as session:
        handoff.close(session, conversation_id, seat.agent, _note(body))
        now = _acted(session, seat, conversation_id, "close")
    return _told(request, conversation_id, now)


@api.post("/conversations/{conversation_id}/transfer")
def transfer(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer, body: Transfer | None = None) -> Json:
    """To a colleague or to the queue: one's own, and for a supervisor anybody's."""
    with db.transaction() as session:
        if not seat.supervises:
            _own(session, seat, conversation_id)
        to_agent = agents.colleague(session, body.to) if body and body.to else None
        handoff.transfer(session, conversation_id, seat.agent, to_agent, _note(body))
        now = _acted(session, seat, conversation_id, "transfer", to=str(to_agent.id) if to_agent else "queue")
    return _told(request, conversation_id, now)


def _own(session: Session, seat: Seat, conversation_id: uuid.UUID) -> None:
    """The row is locked before it is looked at, so that the answer still holds when the service acts."""
    row = lock(session, Conversation, conversation_id)
    if row is not None and row.agent_id != seat.agent.id:
        raise NotAllowed("Claim the conversation first.", about=conversation_id)


def _acted(session: Session, seat: Seat, conversation_id: uuid.UUID, what: str, **detail: str) -> Json:
    audit.record(session, seat.agent, f"conversation.{what}", audit.conversation(conversation_id), **detail)
    session.flush()
    return {"conversation": state(session, seat, session.get_one(Conversation, conversation_id))}


def _told(request: Request, conversation_id: uuid.UUID, now: Json) -> Json:
    _ring(request, conversation_id)
    return now


def _ring(request: Request, topic: uuid.UUID | str) -> None:
    """Bells are rung on the event loop; these routes run beside it."""
    signals: Signals = request.app.state.signals
    from_thread.run_sync(partial(signals.ring, topic, desk=True))


def _note(body: Leave | None) -> str | None:
    return clean(body.note).strip() or None if body and body.note else None


router = APIRouter()
router.include_router(pages)
router.include_router(files)
router.include_router(sessions)
router.include_router(single_sign_on)
router.include_router(me)
router.include_router(team)
router.include_router(audit_log)
router.include_router(insights)
router.include_router(learning)
router.include_router(events)
router.include_router(api)
router.include_router(money)
router.include_router(attachments)
