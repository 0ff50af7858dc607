"""Everybody at the desk, for supervisors: who is signed in where, who has a second factor; and signing somebody out."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Response

from bot.desk import agents, sessions
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.page import PageRoute, page
from bot.models import Role

pages = APIRouter(prefix="/desk/team", route_class=PageRoute, include_in_schema=False)
api = APIRouter(prefix="/api/desk/agents", route_class=DeskRoute, include_in_schema=False)


@pages.get("")
def team(db: Db, seat: Reader) -> Response:
    """The page."""
    with db.reading() as session:
        opened = sessions.of_all(session)
        people = [
            (agent, opened.get(agent.id, []), Role(seat.agent.role).reaches(Role(agent.role)))
            for agent in agents.everybody(session)
        ]
    return page("team.html", seat=seat, people=people)


@api.delete("/{agent_id}/sessions", status_code=204)
def sign_out_everywhere(agent_id: uuid.UUID, db: Db, seat: Writer) -> None:
    """Every session of theirs ends at once. 403 for somebody of a higher role."""
    with db.transaction() as session:
        sessions.end_others(session, seat.agent, agent_id)


router = APIRouter()
router.include_router(pages)
router.include_router(api)
