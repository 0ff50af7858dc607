"""The pages of promised calls and of ratings, and the calls of their forms."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from bot.conversations import callbacks
from bot.conversations.callbacks import Call
from bot.db import Database
from bot.desk import audit, bells
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.auth import Seat
from bot.desk.customer import calls
from bot.desk.page import PageRoute, page
from bot.desk.text import reason
from bot.desk.thread.lines import agent_names

routes = APIRouter(prefix="/desk", route_class=PageRoute, include_in_schema=False)
api = APIRouter(prefix="/api/desk/callbacks", route_class=DeskRoute, include_in_schema=False)

ENDED = 30


class Ending(BaseModel):
    """How a call ended, and what came of it."""

    answered: bool
    note: str = Field(max_length=2_000)


@routes.get("/callbacks")
def promised(db: Db, seat: Reader) -> Response:
    """Calls that are to be made, the first due first; and those that were. Audited."""
    with db.reading() as session:
        names = agent_names(session)
        waiting = [calls.call(seat, one, names) for one in callbacks.open_calls(session)]
        ended = [calls.call(seat, one, names) for one in callbacks.ended_calls(session, ENDED)]
    _seen(db, seat, "callbacks.read", [one.conversation_id for one in (*waiting, *ended)])
    return page("callbacks.html", seat=seat, waiting=waiting, ended=ended)


@routes.get("/feedback")
def feedback(request: Request, db: Db, seat: Reader) -> Response:
    """Ratings for a supervisor: low ones first. `low=1` shows those alone. Audited."""
    low, asked = request.query_params.get("low") == "1", request.query_params.get("page", "1")
    number = max(int(asked), 1) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 1
    with db.reading() as session:
        shown, pages = calls.ratings(session, low=low, page=number)
    _seen(db, seat, "feedback.read", [each.row.conversation_id for each in shown])
    return page("feedback.html", seat=seat, ratings=shown, low=low, number=number, pages=pages, lowest=calls.LOW)


@api.post("/{callback_id}/take")
def take(callback_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> dict[str, Any]:
    """Take a call; the others get 409 with the name of who has it."""
    with db.transaction() as session:
        call = callbacks.take(session, callback_id, seat.agent)
        conversation_id = call.callback.conversation_id
        audit.record(session, seat.agent, "callback.taken", audit.conversation(conversation_id))
        done = _done(call)
    bells.ring(request, conversation_id)
    return done


@api.post("/{callback_id}/give-back")
def give_back(callback_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> dict[str, Any]:
    """Let others have it."""
    with db.transaction() as session:
        call = callbacks.give_back(session, callback_id, seat.agent)
        conversation_id = call.callback.conversation_id
        audit.record(session, seat.agent, "callback.given_back", audit.conversation(conversation_id))
        done = _done(call)
    bells.ring(request, conversation_id)
    return done


@api.post("/{callback_id}/end")
def end(callback_id: uuid.UUID, body: Ending, request: Request, db: Db, seat: Writer) -> dict[str, Any]:
    """Write down how it ended; who did not answer is told."""
    with db.transaction() as session:
        call = callbacks.finish(session, callback_id, seat.agent, answered=body.answered, note=reason(body.note))
        conversation_id = call.callback.conversation_id
        audit.record(session, seat.agent, "callback.ended", audit.conversation(conversation_id), answered=body.answered)
        done = _done(call)
    bells.ring(request, conversation_id)
    return done


def _done(call: Call) -> dict[str, Any]:
    return {"id": str(call.callback.id), "taken": call.taken_by is not None, "ended": call.end is not None}


def _seen(db: Database, seat: Seat, action: str, conversations: list[uuid.UUID]) -> None:
    with db.transaction() as session:
        ids = sorted({str(each) for each in conversations})
        audit.record(session, seat.agent, action, action.partition(".")[0], conversations=ids)
