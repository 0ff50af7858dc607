"""Search as JSON. The words come in the body: an address would end in histories and logs (P7)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from bot.desk import audit
from bot.desk.access import Db, DeskRoute, Writer
from bot.desk.queue.search import conversations_in, search
from bot.desk.text import clean
from bot.keyed_hash import keyed_hash

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)


class Sought(BaseModel):
    """What an agent looks for, as they wrote it."""

    words: str


@router.post("/search")
def look(body: Sought, db: Db, seat: Writer) -> dict[str, Any]:
    """Customers, invoices and words. Audited before it leaves: that, and what was found, not the words."""
    words = clean(body.words)
    with db.reading() as session:
        found = search(session, seat, words)
    with db.transaction() as session:
        mark = keyed_hash("search", words.casefold().strip())[:16]
        people = len(found["customers"]) + len(found["invoices"])
        audit.record(
            session, seat.agent, "search", "search", words=mark, people=people, conversations=conversations_in(found)
        )
    return found
