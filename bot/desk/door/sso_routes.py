"""Single sign-on: to the provider and back. Without its settings these pages do not exist."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.db import Database, lock
from bot.desk import agents, audit, auth
from bot.desk.access import Db, address_of, give_cookie, secure
from bot.desk.door import device, passwords, sessions, throttle
from bot.desk.door.oidc import MINUTES, Journey, Person, Provider, SignInRefused, provider
from bot.desk.page import PageRoute
from bot.desk.pages import inside
from bot.errors import NotFound
from bot.keyed_hash import keyed_hash, new_token
from bot.models import Agent, Role
from bot.settings import settings

router = APIRouter(prefix="/desk/sign-in", route_class=PageRoute, include_in_schema=False)

UNKNOWN = "There is nobody with your e-mail address at this desk. Ask whoever runs it to add you."
NO_ROLE = "Your company has given you no role at this desk."

Text = Annotated[str, Query(max_length=4_000)]


@router.get("/sso")
def begin(request: Request, db: Db, next: str = "/desk") -> Response:
    """To the provider. What belongs to this way and no other goes along in a sealed cookie. Raises `TooMany`."""
    there, journey = _provider(), Journey.begin(inside(next))
    with db.transaction() as session:
        throttle.count(session, throttle.single_sign_on(address_of(request)))
    answer = RedirectResponse(there.address(journey), status_code=303)
    answer.set_cookie(
        _cookie_name(), journey.sealed(), max_age=MINUTES * 60, path="/", secure=secure(), httponly=True, samesite="lax"
    )
    return answer


@router.get("/sso/back")
def back(request: Request, db: Db, code: Text = "", state: Text = "", iss: Text = "", error: Text = "") -> Response:
    """Back from the provider: signed in, or told why not. A cookie serves for one way."""
    there = _provider()
    try:
        if error or not code or (iss and iss != there.issuer):
            raise SignInRefused("provider")
        journey = Journey.unsealed(request.cookies.get(_cookie_name()), state)
        token = _signed_in(db, there.person(journey, code), request)
    except SignInRefused as refused:
        with db.transaction() as session:
            audit.record(session, None, "sign_in.refused", "single_sign_on", why=refused.why)
        raise
    answer = RedirectResponse(quote(journey.next), status_code=303)
    give_cookie(answer, token)
    answer.delete_cookie(_cookie_name(), path="/", secure=secure(), httponly=True, samesite="lax")
    return answer


def _signed_in(db: Database, person: Person, request: Request) -> str:
    """A session's token for an agent who is known by the verified e-mail. Raises `SignInRefused`."""
    role, unknown = _role(person), passwords.hashed(new_token())
    with db.transaction() as session:
        agent = _agent(session, person, role, unknown)
        if role is not None and agent.role != role:
            before, agent.role = agent.role, role
            sessions.end_all(session, agent)
            audit.record(session, None, "agent.role_changed", f"agent:{agent.id}", before=str(before), role=str(role))
        throttle.take_back(session, throttle.single_sign_on(address_of(request)))
        words = device.words(request.headers.get("User-Agent"))
        token, _ = auth.open_session(session, agent, device=words, single_sign_on=True)
    return token


def _agent(session: Session, person: Person, role: Role | None, password_hash: str) -> Agent:
    """Found by e-mail, and bound to the provider's own id at the first time: an address given to somebody else later
    does not open the desk to them."""
    subject = keyed_hash("oidc subject", person.subject)
    known = agents.by_email(session, person.email)
    if known is None and settings().oidc_create_agents:
        known = Agent(email=person.email, name=person.name, role=role or Role.AGENT, password_hash=password_hash)
        session.add(known)
        session.flush()
        audit.record(session, None, "agent.added", f"agent:{known.id}", role=str(known.role), by="single_sign_on")
    agent = lock(session, Agent, known.id) if known else None
    if agent is None or agent.disabled_at is not None:
        raise SignInRefused("unknown", UNKNOWN)
    if agent.oidc_subject not in (None, subject):
        raise SignInRefused("somebody_else", UNKNOWN)
    agent.oidc_subject = subject
    return agent


def _role(person: Person) -> Role | None:
    """The highest that the provider says; None where the desk's own counts. Raises `SignInRefused` for none of ours."""
    if person.roles is None:
        return None
    ours = [role for role in Role if role in person.roles]
    if not ours:
        raise SignInRefused("role", NO_ROLE)
    return ours[-1]


def _provider() -> Provider:
    found = provider()
    if found is None:
        raise NotFound("Single sign-on is not set up.")
    return found


def _cookie_name() -> str:
    return "__Host-goodterms_sso" if secure() else "goodterms_sso"
