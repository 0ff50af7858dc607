"""Follow-ups: planned at a conversation, listed on a page of their own, done or put off."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations.assignment import follow_ups
from bot.desk import audit
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.auth import Seat
from bot.desk.identity import Known, known
from bot.desk.page import PageRoute, page
from bot.desk.sight import ended_by, visible
from bot.desk.text import clean
from bot.desk.thread.lines import agent_names, instant
from bot.models import Conversation, Customer, FollowUp

pages = APIRouter(prefix="/desk/follow-ups", route_class=PageRoute, include_in_schema=False)
api = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


class Later(BaseModel):
    """When it is to be looked at again: an instant with its time zone."""

    due_at: AwareDatetime


class Planned(Later):
    """With a note to oneself."""

    note: str = Field("", max_length=follow_ups.NOTE_LIMIT)


@pages.get("")
def listed(db: Db, seat: Reader, everybody: bool = False) -> Response:
    """One's own, due ones first; for a supervisor on demand everybody's. Whose they are about is on record."""
    all_ = everybody and seat.supervises
    with db.reading() as session:
        rows = follow_ups.planned(session, None if all_ else seat.agent)
        names, people = agent_names(session), _names(session, seat, rows)
    if people:
        with db.transaction() as session:
            audit.record(session, seat.agent, "follow_ups.read", "follow_ups", conversations=sorted(map(str, people)))
    shown = [(row, people.get(row.conversation_id), names.get(row.agent_id, "A colleague")) for row in rows]
    now = clock.now()
    return page(
        "follow_ups.html",
        seat=seat,
        due=[each for each in shown if each[0].due_at <= now],
        ahead=[each for each in shown if each[0].due_at > now],
        everybody=all_,
        zone=policies.desk().time_zone,
    )


@api.get("/conversations/{conversation_id}/follow-up")
def planned(conversation_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """What this agent has planned there, if anything, and whether they may."""
    with db.reading() as session:
        found = follow_ups.of(session, seat.agent, conversation_id)
        conversation = session.get(Conversation, conversation_id)
        may = conversation is not None and follow_ups.may_plan(session, seat.agent, conversation)
    return {"follow_up": _shown(found) if found else None, "may": may}


@api.post("/conversations/{conversation_id}/follow-up")
def plan(conversation_id: uuid.UUID, body: Planned, db: Db, seat: Writer) -> Json:
    """Plan it, or change the plan: one at a time for an agent and a conversation."""
    with db.transaction() as session:
        made = follow_ups.plan(session, seat.agent, conversation_id, body.due_at, clean(body.note))
        _on_record(session, seat.agent, "planned", made)
    return {"follow_up": _shown(made)}


@api.post("/follow-ups/{follow_up_id}/postpone")
def postpone(follow_up_id: uuid.UUID, body: Later, db: Db, seat: Writer) -> Json:
    """Another day."""
    with db.transaction() as session:
        moved = follow_ups.postpone(session, seat.agent, follow_up_id, body.due_at)
        _on_record(session, seat.agent, "postponed", moved)
    return {"follow_up": _shown(moved)}


@api.post("/follow-ups/{follow_up_id}/done")
def done(follow_up_id: uuid.UUID, db: Db, seat: Writer) -> Json:
    """Looked at; again is fine."""
    with db.transaction() as session:
        ended = follow_ups.done(session, seat.agent, follow_up_id)
        _on_record(session, seat.agent, "done", ended)
    return {"follow_up": _shown(ended)}


def _shown(follow_up: FollowUp) -> Json:
    return {
        "id": str(follow_up.id),
        "conversation_id": str(follow_up.conversation_id),
        "due_at": instant(follow_up.due_at),
        "note": follow_up.note,
        "done_at": instant(follow_up.done_at),
    }


def _on_record(session: Session, agent: Any, what: str, follow_up: FollowUp) -> None:
    audit.record(session, agent, f"follow_up.{what}", audit.conversation(follow_up.conversation_id))


def _names(session: Session, seat: Seat, rows: list[FollowUp]) -> dict[uuid.UUID, str]:
    """The customers' names, where they are proven (P1) and the follow-up still opens what was said."""
    found = session.execute(
        sa.select(Conversation, Customer)
        .join(Customer, Customer.id == Conversation.customer_id)
        .where(Conversation.id.in_([row.conversation_id for row in rows]), sa.or_(visible(seat), ended_by(seat)))
    )
    return {row.id: customer.name for row, customer in found if known(row, customer) != Known.UNKNOWN}


router = APIRouter()
router.include_router(pages)
router.include_router(api)
