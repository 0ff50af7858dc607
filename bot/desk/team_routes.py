"""Everybody at the desk, for supervisors: who is there and what they can take on, who is signed in where; whose first
answer is late; and signing somebody out."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from bot import clock, policies
from bot.conversations.assignment import colleagues, offering, targets
from bot.desk import agents, audit, bells
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.door import sessions
from bot.desk.page import PageRoute, page
from bot.errors import NotAllowed
from bot.models import Role

pages = APIRouter(prefix="/desk/team", route_class=PageRoute, include_in_schema=False)
api = APIRouter(prefix="/api/desk/agents", route_class=DeskRoute, include_in_schema=False)


class Ability(BaseModel):
    """None is every skill, every language, the policy's capacity."""

    skills: list[str] | None = Field(None, max_length=100)
    languages: list[str] | None = Field(None, max_length=100)
    capacity: int | None = None


@pages.get("")
def team(db: Db, seat: Reader) -> Response:
    """The page."""
    with db.reading() as session:
        opened = sessions.of_all(session)
        there = {each.agent.id: each for each in colleagues.colleagues(session)}
        late = [(row.id, handoff, target) for row, handoff, target in targets.late(session)]
        people = [
            (agent, there.get(agent.id), opened.get(agent.id, []), Role(seat.agent.role).reaches(Role(agent.role)))
            for agent in agents.everybody(session)
        ]
    policy = policies.assignment()
    return page(
        "team.html",
        seat=seat,
        people=people,
        late=late,
        now=clock.now(),
        skills=policy.skills,
        usual=policy.capacity,
    )


@api.delete("/{agent_id}/sessions", status_code=204)
def sign_out_everywhere(agent_id: uuid.UUID, db: Db, seat: Writer) -> None:
    """Every session of theirs ends at once. 403 for somebody of a higher role."""
    with db.transaction() as session:
        sessions.end_others(session, seat.agent, agent_id)


@api.post("/{agent_id}/ability", status_code=204)
def enable(agent_id: uuid.UUID, body: Ability, request: Request, db: Db, seat: Writer) -> None:
    """What they can take on from now on. 403 for somebody of a higher role."""
    with db.transaction() as session:
        agent = agents.colleague(session, agent_id)
        if not Role(seat.agent.role).reaches(Role(agent.role)):
            raise NotAllowed(f"Only an {Role.ADMINISTRATOR} may change what an {Role.ADMINISTRATOR} takes on.")
        colleagues.enable(session, agent, body.skills, body.languages, body.capacity)
        audit.record(session, seat.agent, "agent.ability_set", f"agent:{agent.id}", **body.model_dump())
    offering.round_of(db)
    bells.ring(request)


router = APIRouter()
router.include_router(pages)
router.include_router(api)
