"""The desk's JSON for outreach: a customer's pane, their pause, and the switch for everybody; each write audited."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.db import lock
from bot.desk import audit, bells, text
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.auth import Seat
from bot.desk.identity import Known, known
from bot.desk.outreach import pane
from bot.desk.thread.dossier import find
from bot.desk.thread.speaking import UNPROVEN
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import Conversation, Customer
from bot.outreach import pauses

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

REASON_LEAST = 5
DAYS_MOST = 366

Json = dict[str, Any]


class Pausing(BaseModel):
    """Why, and the first day on which it goes on again, where the customer is; without one until somebody resumes."""

    reason: str = Field(max_length=2_000)
    until: dt.date | None = None


@router.get("/conversations/{conversation_id}/outreach")
def beside(conversation_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """What is paused, what is next, what went out. Audited before it leaves."""
    with db.reading() as session:
        found = pane.pane(session, seat, find(session, seat, conversation_id, to_read=True))
    with db.transaction() as session:
        audit.record(session, seat.agent, "outreach.read", audit.conversation(conversation_id))
    return found


@router.post("/conversations/{conversation_id}/outreach/pause")
def pause(conversation_id: uuid.UUID, body: Pausing, request: Request, db: Db, seat: Writer) -> Json:
    """Nothing is begun with this customer. It is on the safe side, so it needs no proof; twice is once."""
    with db.transaction() as session:
        conversation, customer = _speaks(session, seat, conversation_id)
        _pause(session, seat, customer, body, customer.time_zone)
        answer = pane.pane(session, seat, conversation)
    bells.ring(request, conversation_id)
    return answer


@router.post("/conversations/{conversation_id}/outreach/resume")
def resume(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Reminders go on. For who speaks with them while they have proven who they are, and a supervisor."""
    with db.transaction() as session:
        conversation, customer = _speaks(session, seat, conversation_id)
        if not seat.supervises and known(conversation, customer) != Known.VERIFIED:
            raise NotAllowed(UNPROVEN, about=conversation_id)
        _resume(session, seat, customer)
        answer = pane.pane(session, seat, conversation)
    bells.ring(request, conversation_id)
    return answer


@router.post("/outreach/pause")
def pause_all(body: Pausing, request: Request, db: Db, seat: Writer) -> Json:
    """Nothing is begun with anybody; answers still go."""
    with db.transaction() as session:
        _pause(session, seat, None, body, policies.desk().time_zone)
    bells.ring(request)
    return {"paused": True}


@router.post("/outreach/resume")
def resume_all(request: Request, db: Db, seat: Writer) -> Json:
    """It goes on; what was missed meanwhile is not made up for."""
    with db.transaction() as session:
        _resume(session, seat, None)
    bells.ring(request)
    return {"paused": policies.outreach().paused}


def _speaks(session: Session, seat: Seat, conversation_id: uuid.UUID) -> tuple[Conversation, Customer]:
    """The conversation, locked, and whose it is: one's own, and for a supervisor any."""
    conversation = lock(session, Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.", about=conversation_id)
    if conversation.agent_id != seat.agent.id and not seat.supervises:
        raise NotAllowed("Claim the conversation first.", about=conversation_id)
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    if customer is None:
        raise Conflict("We do not know yet who this is, so there is nobody to pause it for.", about=conversation_id)
    return conversation, customer


def _pause(session: Session, seat: Seat, customer: Customer | None, body: Pausing, zone: str) -> None:
    why, until = text.reason(body.reason).strip(), _end(body.until, zone)
    if len(why) < REASON_LEAST:
        raise InvalidInput("Please say in a few words why.")
    before = [
        (row.reason, row.until) for row in pauses.binding(session, customer) if bool(row.customer_id) == bool(customer)
    ]
    pauses.pause(session, customer, reason=why, until=until, agent=seat.agent)
    if (why, until) not in before:
        detail = {"until": body.until.isoformat()} if body.until else {}
        audit.record(session, seat.agent, "outreach.paused", _subject(customer), **detail)


def _end(until: dt.date | None, zone: str) -> dt.datetime | None:
    if until is None:
        return None
    today = clock.today(zone)
    if not today < until <= today + dt.timedelta(days=DAYS_MOST):
        raise InvalidInput("Please choose a day within a year from now.")
    return dt.datetime.combine(until, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


def _resume(session: Session, seat: Seat, customer: Customer | None) -> None:
    if pauses.resume(session, customer):
        audit.record(session, seat.agent, "outreach.resumed", _subject(customer))


def _subject(customer: Customer | None) -> str:
    return f"customer:{customer.id}" if customer else "outreach"
