"""Agents sign in at the desk and are out after 12 hours or an idle one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.db import Database, lock
from bot.desk import agents, audit
from bot.desk.door import passwords, second_factor, throttle
from bot.errors import NotAllowed, NotSignedIn
from bot.keyed_hash import keyed_hash, new_token
from bot.models import Agent, AgentSession

LONGEST = dt.timedelta(hours=12)
IDLE = dt.timedelta(hours=1)
_TOUCH = dt.timedelta(minutes=5)
_SESSION = "desk session"

WRONG = "That e-mail and password don't match."
WRONG_CODE = "That didn't match. If the password is right, wait for a fresh code and try again."
ENDED = "Please sign in."


class SecondFactorNeeded(NotSignedIn):
    """The password was right; the same call with a code is expected."""

    code = "second_factor"


class Due(StrEnum):
    """What an agent has to do on their own page before anything else."""

    PASSWORD = "password"  # noqa: S105 - a kind of duty
    SECOND_FACTOR = "second_factor"


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent at the desk: who, in which session (the keyed hash of its cookie), with which CSRF token, until when.

    `single_sign_on` is whether another provider vouched for them.
    """

    agent: Agent
    digest: str
    csrf_token: str
    opened_at: dt.datetime
    expires_at: dt.datetime
    single_sign_on: bool = False

    @property
    def supervises(self) -> bool:
        """Whether this agent may see and move everybody's conversations."""
        return self.agent.supervises

    @property
    def due(self) -> Due | None:
        """What comes first. Who signed in elsewhere has done there what is asked for there."""
        if self.single_sign_on:
            return None
        if self.agent.temporary_until is not None:
            return Due.PASSWORD
        required = self.agent.role in policies.desk().second_factor.required_for
        return Due.SECOND_FACTOR if required and not self.agent.has_second_factor else None


def sign_in(
    db: Database, *, email: str, password: str, address: str, code: str = "", device: str | None = None
) -> tuple[str, Seat]:
    """The cookie's token and the seat. Raises `NotSignedIn` or `TooMany`, alike whether or not the agent exists, and
    `SecondFactorNeeded` when the password was right and a `code` is missing.

    The slow hash is worked out between two transactions, never inside one.
    """
    counted = throttle.subjects(email, address)
    with db.transaction() as session:
        throttle.count(session, counted)
        agent = agents.by_email(session, email.strip().lower())
    right = passwords.matches(agent.password_hash if agent else None, password)
    renewed = passwords.hashed(password) if agent and right and passwords.outdated(agent.password_hash) else None
    with db.transaction() as session:
        current = lock(session, Agent, agent.id) if agent and right else None
        if current is not None and agent and not _may_sign_in(current, agent.password_hash):
            current = None
        missing = current is not None and current.has_second_factor and not code
        if current is not None and not missing and _second_factor_holds(session, current, code):
            throttle.forgive(session, counted)
            current.password_hash = renewed or current.password_hash
            return open_session(session, current, device=device)
        if missing:
            throttle.take_back(session, counted)
        else:
            audit.record(session, agent, "sign_in.failed", f"sign_in:{counted[0].digest[:16]}")
    if missing:
        raise SecondFactorNeeded("Please enter the code of your authenticator app.")
    raise NotSignedIn(WRONG_CODE if code else WRONG)


def prove(db: Database, agent: Agent, password: str, address: str, code: str | None = None) -> None:
    """That it is still they who sit there, by the password and, where one is asked for, a code of the second factor.

    Raises `NotAllowed`, `TooMany`; tries count like those to sign in.
    """
    counted = throttle.subjects(agent.email, address)
    with db.transaction() as session:
        throttle.count(session, counted)
    right = passwords.matches(agent.password_hash, password)
    with db.transaction() as session:
        current = lock(session, Agent, agent.id)
        if not right or current is None or not (code is None or _second_factor_holds(session, current, code)):
            raise NotAllowed("That is not your password." if code is None else "That password or code didn't match.")
        throttle.forgive(session, counted)


def open_session(
    session: Session, agent: Agent, *, device: str | None = None, single_sign_on: bool = False
) -> tuple[str, Seat]:
    """A new session for an agent who has proven who they are: the cookie's token; only its keyed hash is kept."""
    now, token = clock.now(), new_token()
    opened = AgentSession(
        digest=keyed_hash(_SESSION, token),
        agent_id=agent.id,
        csrf_token=new_token(),
        device=device,
        single_sign_on=single_sign_on,
        created_at=now,
        seen_at=now,
        expires_at=now + IDLE,
    )
    session.add(opened)
    audit.record(session, agent, "sign_in", f"agent:{agent.id}")
    return token, _seat(agent, opened)


def seat(session: Session, token: str | None) -> Seat:
    """Who sits behind the cookie's `token`. Raises `NotSignedIn` for none, a forged, revoked, idle or old one."""
    return seat_of(session, keyed_hash(_SESSION, token or ""))


def seat_of(session: Session, digest: str) -> Seat:
    """The seat of a session known by the keyed hash of its cookie. Raises `NotSignedIn`."""
    row = session.execute(
        sa.select(AgentSession, Agent)
        .join(Agent, AgentSession.agent_id == Agent.id)
        .where(AgentSession.digest == digest)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotSignedIn(ENDED)
    opened, agent = row
    if opened.revoked_at is not None or opened.expires_at <= clock.now() or agent.disabled_at is not None:
        raise NotSignedIn(ENDED)
    return _seat(agent, opened)


def stay(db: Database, present: Seat) -> None:
    """The agent did something: move the idle end ahead, within the 12 hours. Written at most every five minutes."""
    end = min(clock.now() + IDLE, present.opened_at + LONGEST)
    if end - present.expires_at < _TOUCH:
        return
    with db.transaction() as session:
        opened = session.get_one(AgentSession, present.digest)
        opened.expires_at, opened.seen_at = end, clock.now()


def sign_out(session: Session, present: Seat) -> None:
    """End this session; its cookie is worth nothing from now on."""
    opened = session.get_one(AgentSession, present.digest)
    opened.revoked_at = clock.now()
    audit.record(session, present.agent, "sign_out", f"agent:{present.agent.id}")


def _may_sign_in(current: Agent, password_hash: str) -> bool:
    """Nothing has changed since the password was looked at, and they are still welcome."""
    waits = current.temporary_until is None or current.temporary_until > clock.now()
    return current.disabled_at is None and current.password_hash == password_hash and waits


def _second_factor_holds(session: Session, current: Agent, code: str) -> bool:
    return not current.has_second_factor or second_factor.take(session, current, code)


def _seat(agent: Agent, opened: AgentSession) -> Seat:
    return Seat(agent, opened.digest, opened.csrf_token, opened.created_at, opened.expires_at, opened.single_sign_on)
