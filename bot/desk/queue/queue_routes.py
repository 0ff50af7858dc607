"""The desk's lists as JSON. What they show of customers is audited before it leaves."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from bot.db import Database
from bot.desk import audit
from bot.desk.access import Db, DeskRoute, Reader
from bot.desk.auth import Seat
from bot.desk.queue.filters import Asked
from bot.desk.queue.inbox import inbox, listing, of_customers
from bot.desk.queue.lists import Name

FARTHEST = 100_000

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


@router.get("/queue")
def queue(db: Db, seat: Reader, filters: Asked) -> Json:
    """Who waits, whom I have, and for a supervisor whom the others have: first pages, and how many there are."""
    with db.reading() as session:
        lists = inbox(session, seat, filters)
    _seen(db, seat, lists)
    return lists


@router.get("/lists/{name}")
def page(name: Name, db: Db, seat: Reader, filters: Asked, skip: Annotated[int, Query(ge=0, le=FARTHEST)] = 0) -> Json:
    """Fifty of one list after the first `skip`. Raises `NotAllowed` for a supervisor's list."""
    with db.reading() as session:
        found = listing(session, seat, name, filters, skip)
    _seen(db, seat, {name: found["items"]}, list=name)
    return found


def _seen(db: Database, seat: Seat, lists: Json, **detail: str) -> None:
    if shown := of_customers(lists):
        with db.transaction() as session:
            audit.record(session, seat.agent, "queue.read", "queue", conversations=sorted(shown), **detail)
