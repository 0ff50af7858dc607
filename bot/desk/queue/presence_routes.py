"""Being there: what an agent chooses in the bar, and the notices that they have seen."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from bot.conversations.assignment import notices, offering, presence
from bot.desk import audit, bells
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.own import Item, own
from bot.models import Availability

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)


class Choice(BaseModel):
    """What the agent wants to be."""

    availability: Availability


@router.get("/presence")
def read(db: Db, seat: Reader) -> Item:
    """What concerns this agent alone."""
    with db.reading() as session:
        return own(session, seat)


@router.post("/presence")
def choose(body: Choice, request: Request, db: Db, seat: Writer) -> Item:
    """Available, away or offline from now on; who is available may be offered something at once."""
    with db.transaction() as session:
        presence.choose(session, seat.agent, body.availability)
        audit.record(session, seat.agent, "presence.chosen", f"agent:{seat.agent.id}", availability=body.availability)
    offering.round_of(db)
    bells.ring(request)
    return read(db, seat)


@router.post("/notices/seen")
def seen(db: Db, seat: Writer) -> Item:
    """All that was shown has been seen."""
    with db.transaction() as session:
        notices.seen(session, seat.agent.id)
        audit.record(session, seat.agent, "notices.seen", f"agent:{seat.agent.id}")
    return read(db, seat)
