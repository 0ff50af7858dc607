"""Agents and their sessions: added from the command line, signed in at the desk, out after 12 hours or an idle one."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.db import Database
from bot.desk import audit, passwords, throttle
from bot.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from bot.keyed_hash import keyed_hash, new_token
from bot.models import Agent, AgentSession, Role

LONGEST = dt.timedelta(hours=12)
IDLE = dt.timedelta(hours=1)
_TOUCH = dt.timedelta(minutes=5)
_SESSION = "desk session"

WRONG = "That e-mail and password don't match."
ENDED = "Please sign in."


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent at the desk: who, in which session (the keyed hash of its cookie), with which CSRF token, until when."""

    agent: Agent
    digest: str
    csrf_token: str
    opened_at: dt.datetime
    expires_at: dt.datetime

    @property
    def supervises(self) -> bool:
        """Whether this agent may see and move everybody's conversations."""
        return self.agent.supervises


def add_agent(session: Session, *, email: str, name: str, role: Role | str, password: str) -> Agent:
    """A new agent. `name` is what customers see. Raises `InvalidInput`, or `Conflict` when the e-mail is taken."""
    email, name = email.strip().lower(), name.strip()
    local, _, domain = email.partition("@")
    if not local or not domain or any(letter.isspace() for letter in email) or len(email) > 254:
        raise InvalidInput("That does not look like an e-mail address.")
    if not 1 <= len(name) <= 100:
        raise InvalidInput("An agent has a name of up to 100 characters.")
    if role not in list(Role):
        raise InvalidInput(f"The role is one of {', '.join(Role)}.")
    if _by_email(session, email) is not None:
        raise Conflict("There is already an agent with that e-mail address.")
    agent = Agent(email=email, name=name, role=Role(role), password_hash=passwords.hashed(password))
    session.add(agent)
    session.flush()
    audit.record(session, None, "agent.added", f"agent:{agent.id}", role=str(agent.role))
    return agent


def set_password(session: Session, *, email: str, password: str) -> Agent:
    """Another password for an agent, who is signed out everywhere. Raises `NotFound`, `InvalidInput`."""
    agent = _by_email(session, email.strip().lower())
    if agent is None:
        raise NotFound("There is no agent with that e-mail address.")
    agent.password_hash = passwords.hashed(password)
    session.execute(
        sa.update(AgentSession)
        .where(AgentSession.agent_id == agent.id, AgentSession.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    audit.record(session, None, "agent.password_set", f"agent:{agent.id}")
    return agent


def sign_in(db: Database, *, email: str, password: str, address: str) -> tuple[str, Seat]:
    """The cookie's token and the seat. Raises `NotSignedIn` or `TooMany`, alike whether or not the agent exists.

    The slow hash is worked out between two transactions, never inside one.
    """
    counted = throttle.subjects(email, address)
    with db.transaction() as session:
        throttle.count(session, counted)
        agent = _by_email(session, email.strip().lower())
    right = passwords.matches(agent.password_hash if agent else None, password)
    renewed = passwords.hashed(password) if agent and right and passwords.outdated(agent.password_hash) else None
    with db.transaction() as session:
        current = session.get(Agent, agent.id) if agent and right else None
        if (
            current is not None
            and current.disabled_at is None
            and agent
            and current.password_hash == agent.password_hash
        ):
            throttle.forgive(session, counted)
            current.password_hash = renewed or current.password_hash
            return open_session(session, current)
        audit.record(session, agent, "sign_in.failed", f"sign_in:{counted[0].digest[:16]}")
    raise NotSignedIn(WRONG)


def open_session(session: Session, agent: Agent) -> tuple[str, Seat]:
    """A new session for an agent whose password was right: the cookie's token, of which only a keyed hash is kept."""
    now, token = clock.now(), new_token()
    opened = AgentSession(
        digest=keyed_hash(_SESSION, token),
        agent_id=agent.id,
        csrf_token=new_token(),
        created_at=now,
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
        session.get_one(AgentSession, present.digest).expires_at = end


def sign_out(session: Session, present: Seat) -> None:
    """End this session; its cookie is worth nothing from now on."""
    opened = session.get_one(AgentSession, present.digest)
    opened.revoked_at = clock.now()
    audit.record(session, present.agent, "sign_out", f"agent:{present.agent.id}")


def colleagues(session: Session) -> list[Agent]:
    """Everybody who may be given a conversation, by name."""
    return list(session.scalars(sa.select(Agent).where(Agent.disabled_at.is_(None)).order_by(Agent.name, Agent.id)))


def colleague(session: Session, agent_id: uuid.UUID) -> Agent:
    """One of them. Raises `NotFound`."""
    agent = session.get(Agent, agent_id)
    if agent is None or agent.disabled_at is not None:
        raise NotFound("There is no such colleague.")
    return agent


def _seat(agent: Agent, opened: AgentSession) -> Seat:
    return Seat(agent, opened.digest, opened.csrf_token, opened.created_at, opened.expires_at)


def _by_email(session: Session, email: str) -> Agent | None:
    return session.scalar(sa.select(Agent).where(Agent.email == email))
