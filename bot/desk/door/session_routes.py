"""Signing in and out (design section 8)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from bot.conversations.assignment import presence, returning
from bot.desk import auth, bells
from bot.desk.access import Db, DeskRoute, OwnPage, Writer, address_of, give_cookie, take_cookie
from bot.desk.door import device, passwords, sessions
from bot.desk.text import clean

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)


class SignIn(BaseModel):
    """What the sign-in page sends; `code` once it has been asked for."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=passwords.LONGEST)
    code: str = Field("", max_length=64)


@router.post("/session")
def sign_in(body: SignIn, request: Request, response: Response, db: Db, _own: OwnPage) -> dict[str, Any]:
    """A session cookie, and the CSRF token for the header of every write. 401, 429 alike for all.

    401 with the code `second_factor` when the password was right and a code is needed beside it.
    """
    token, seat = auth.sign_in(
        db,
        email=clean(body.email),
        password=body.password,
        code=body.code.strip(),
        address=address_of(request),
        device=device.words(request.headers.get("User-Agent")),
    )
    give_cookie(response, token)
    who = {"id": str(seat.agent.id), "name": seat.agent.name, "role": seat.agent.role}
    return {"csrf_token": seat.csrf_token, "agent": who, "due": seat.due}


@router.delete("/session", status_code=204)
def sign_out(request: Request, response: Response, db: Db, seat: Writer) -> None:
    """Sign out: the session is revoked, its open streams end, the cookie goes.

    After the last session what the agent still had goes back to the queue at once.
    """
    with db.transaction() as session:
        auth.sign_out(session, seat)
        session.flush()
        is_out = not sessions.of(session, seat.agent)
        if is_out:
            presence.leave(session, seat.agent.id)
    if is_out:
        returning.all_of(db, seat.agent.id)
    bells.ring(request)
    take_cookie(response)
