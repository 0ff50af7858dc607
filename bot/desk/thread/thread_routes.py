"""What the open thread asks for beside its messages: `router`."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from anyio import from_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from bot.conversations import handoff
from bot.conversations.signals import Signals
from bot.desk import audit, bells
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.text import clean
from bot.desk.thread import earlier, kindness, notice_template
from bot.desk.thread.dossier import find
from bot.desk.thread.speaking import own
from bot.models import Author

router = APIRouter(prefix="/api/desk/conversations/{conversation_id}", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


class Draft(BaseModel):
    """What is being written."""

    text: str = Field(max_length=handoff.MESSAGE_LIMIT * 2)


@router.post("/check")
def check(conversation_id: uuid.UUID, body: Draft, db: Db, seat: Writer) -> Json:
    """What the draft would break if it were sent now. Nothing of it is kept."""
    with db.reading() as session:
        conversation = find(session, seat, conversation_id)
        return {"findings": kindness.listed(kindness.in_conversation(session, conversation, clean(body.text)))}


@router.post("/typing", status_code=204)
def typing(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> None:
    """The customer on the website sees that somebody writes. Said every few seconds; nothing of it is kept."""
    with db.reading() as session:
        conversation = find(session, seat, conversation_id)
        if conversation.agent_id != seat.agent.id:
            return
    from_thread.run_sync(partial(_sign, request.app.state.signals, conversation_id))


@router.get("/template")
def template(conversation_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """What WhatsApp takes now that its window has closed; null where free text arrives, or nothing may be sent."""
    with db.reading() as session:
        return {"template": notice_template.offered(session, find(session, seat, conversation_id))}


@router.post("/template")
def send_template(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Send it. Twice is once."""
    with db.transaction() as session:
        sent = {"template": notice_template.send(session, seat, own(session, seat, conversation_id))}
    bells.ring(request, conversation_id)
    return sent


@router.get("/earlier")
def others(conversation_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """Where else this customer spoke with us; nowhere, until they have proven who they are. For who has this
    conversation or supervises; not for who could claim it, nor for a colleague who is asked one thing."""
    with db.reading() as session:
        return {"conversations": earlier.others(session, seat, find(session, seat, conversation_id))}


@router.get("/earlier/{other_id}")
def other(conversation_id: uuid.UUID, other_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """All that was said there. Audited before it leaves."""
    with db.reading() as session:
        said = earlier.read(session, seat, find(session, seat, conversation_id), other_id)
    with db.transaction() as session:
        beside = str(conversation_id)
        audit.record(session, seat.agent, "conversation.read", audit.conversation(other_id), beside=beside)
    return said


def _sign(signals: Signals, conversation_id: uuid.UUID) -> None:
    if signals.typing.sign(conversation_id, Author.AGENT):
        signals.ring(conversation_id)
