"""What this agent is asked in notes: the list, and saying that it is read or done."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request

from bot.desk import bells
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.thread import mentions

router = APIRouter(prefix="/api/desk/mentions", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


@router.get("")
def listed(db: Db, seat: Reader) -> Json:
    """Open ones, the newest first."""
    with db.reading() as session:
        return {"mentions": mentions.listed(session, seat)}


@router.post("/read/{conversation_id}")
def read(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """What one is asked in a conversation is before one's eyes; what is open still."""
    with db.transaction() as session:
        mentions.seen(session, seat, conversation_id)
        session.flush()
        now = {"mentions": mentions.listed(session, seat)}
    return _told(request, now)


@router.post("/{mention_id}/done")
def done(mention_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Nothing to answer, or answered elsewhere; the conversation is not to be read any more."""
    with db.transaction() as session:
        mentions.done(session, seat, mention_id)
        session.flush()
        now = {"mentions": mentions.listed(session, seat)}
    return _told(request, now)


def _told(request: Request, now: Json) -> Json:
    """This agent's other windows hear of it, too."""
    bells.ring(request)
    return now
