"""An agent's own page: password, second factor, and where they are signed in."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot.db import lock
from bot.desk import agents, auth
from bot.desk.access import Db, DeskRoute, Reader, Writer, address_of, give_cookie
from bot.desk.auth import Seat
from bot.desk.door import passwords, second_factor, sessions
from bot.desk.page import PageRoute, page
from bot.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from bot.models import Agent

pages = APIRouter(prefix="/desk/me", route_class=PageRoute, include_in_schema=False)
api = APIRouter(prefix="/api/desk/me", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


class Password(BaseModel):
    """That it is still they."""

    password: str = Field(max_length=passwords.LONGEST)


class PasswordAndCode(Password):
    """The same where a second factor is in force."""

    code: str = Field(max_length=64)


class Code(BaseModel):
    """What the authenticator app shows."""

    code: str = Field(max_length=64)


class NewPassword(Password):
    """`password` is the one until now."""

    new: str = Field(max_length=passwords.LONGEST)


@pages.get("")
def me(db: Db, seat: Reader) -> Response:
    """The page. The second factor's secret is on it only while it waits to be confirmed."""
    with db.reading() as session:
        agent = session.get_one(Agent, seat.agent.id)
        opened = sessions.of(session, agent)
        codes_left = second_factor.recovery_codes_left(session, agent)
    return page(
        "me.html",
        seat=seat,
        agent=agent,
        opened=[(each, each.digest == seat.digest) for each in opened],
        key=second_factor.pending_key(agent),
        codes_left=codes_left,
        longest_hours=int(auth.LONGEST.total_seconds() // 3600),
    )


@pages.get("/second-factor.svg")
def qr_code(seat: Reader) -> Response:
    """What the authenticator app reads while the second factor is being set up. Raises `NotFound`."""
    picture = second_factor.qr_code(seat.agent)
    if picture is None:
        raise NotFound("There is no second factor being set up.")
    return Response(picture, media_type="image/svg+xml")


@api.post("/password")
def change_password(body: NewPassword, request: Request, response: Response, db: Db, seat: Writer) -> Json:
    """Another password. Every session ends; this browser gets a new one, with the CSRF token that is answered."""
    if body.new == body.password:
        raise InvalidInput("Please choose another password than the one you have.")
    made = passwords.hashed(body.new)
    auth.prove(db, seat.agent, body.password, address_of(request))
    with db.transaction() as session:
        agent = _still(session, seat)
        device = next((each.device for each in sessions.of(session, agent) if each.digest == seat.digest), None)
        agents.own_password(session, agent, made)
        token, fresh = auth.open_session(session, agent, device=device, single_sign_on=seat.single_sign_on)
    give_cookie(response, token)
    return {"csrf_token": fresh.csrf_token}


@api.post("/second-factor")
def begin_second_factor(body: Password, request: Request, db: Db, seat: Writer) -> Json:
    """A new secret to read with the app; it counts once it is confirmed."""
    auth.prove(db, seat.agent, body.password, address_of(request))
    with db.transaction() as session:
        second_factor.begin(session, _still(session, seat))
    return {}


@api.post("/second-factor/confirm")
def confirm_second_factor(body: Code, db: Db, seat: Writer) -> Json:
    """From now on it is asked for. The recovery codes are in this answer and nowhere else."""
    with db.transaction() as session:
        return {"recovery_codes": second_factor.confirm(session, _still(session, seat), body.code)}


@api.post("/second-factor/remove")
def remove_second_factor(body: PasswordAndCode, request: Request, db: Db, seat: Writer) -> Json:
    """It is asked for no more."""
    auth.prove(db, seat.agent, body.password, address_of(request), body.code)
    with db.transaction() as session:
        agent = _still(session, seat)
        second_factor.remove(session, agent, agent)
    return {}


@api.post("/recovery-codes")
def new_recovery_codes(body: PasswordAndCode, request: Request, db: Db, seat: Writer) -> Json:
    """New ones; the old are worth nothing."""
    auth.prove(db, seat.agent, body.password, address_of(request), body.code)
    with db.transaction() as session:
        agent = _still(session, seat)
        if not agent.has_second_factor:
            raise Conflict("Set up a second factor first.")
        return {"recovery_codes": second_factor.recovery_codes(session, agent)}


@api.delete("/sessions/{session_id}", status_code=204)
def end_session(session_id: uuid.UUID, db: Db, seat: Writer) -> None:
    """Sign out there: its cookie is worth nothing, its live streams end."""
    with db.transaction() as session:
        sessions.end(session, seat.agent, session_id)


def _still(session: Session, seat: Seat) -> Agent:
    """The agent, locked, with a session that still holds: what was proven before this transaction is still so."""
    agent = lock(session, Agent, seat.agent.id)
    present = auth.seat_of(session, seat.digest)
    if agent is None or present.agent.password_hash != seat.agent.password_hash:
        raise NotSignedIn(auth.ENDED)
    return agent


router = APIRouter()
router.include_router(pages)
router.include_router(api)
