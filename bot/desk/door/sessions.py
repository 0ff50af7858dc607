"""Sessions that are open: listed for their agent and for supervisors, and ended from elsewhere."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.conversations.assignment import presence
from bot.db import lock
from bot.desk import audit
from bot.errors import NotAllowed, NotFound
from bot.models import Agent, AgentSession, Role


def of(session: Session, agent: Agent) -> list[AgentSession]:
    """Where `agent` is signed in, the one seen last first."""
    return list(session.scalars(_open().where(AgentSession.agent_id == agent.id)))


def of_all(session: Session) -> Mapping[uuid.UUID, list[AgentSession]]:
    """The same for everybody, by agent."""
    by_agent: defaultdict[uuid.UUID, list[AgentSession]] = defaultdict(list)
    for opened in session.scalars(_open()):
        by_agent[opened.agent_id].append(opened)
    return by_agent


def end(session: Session, agent: Agent, session_id: uuid.UUID) -> None:
    """Sign `agent` out there. Raises `NotFound` for a session that is not theirs or has ended."""
    mine = _open().where(AgentSession.agent_id == agent.id, AgentSession.id == session_id)
    opened = session.scalars(mine.with_for_update()).one_or_none()
    if opened is None:
        raise NotFound("That session has ended already.")
    opened.revoked_at = clock.now()
    audit.record(session, agent, "session.ended", f"agent:{agent.id}")


def end_others(session: Session, by: Agent, agent_id: uuid.UUID) -> int:
    """A supervisor signs somebody out everywhere; how many sessions that were.

    Raises `NotFound`, and `NotAllowed` for somebody of a higher role.
    """
    agent = lock(session, Agent, agent_id)
    if agent is None:
        raise NotFound("There is no such colleague.", about=agent_id)
    if not Role(by.role).reaches(Role(agent.role)):
        raise NotAllowed(f"Only an {Role.ADMINISTRATOR} may sign out an {Role.ADMINISTRATOR}.", about=agent_id)
    ended = end_all(session, agent)
    presence.leave(session, agent.id)
    audit.record(session, by, "agent.signed_out", f"agent:{agent.id}", sessions=ended)
    return ended


def end_all(session: Session, agent: Agent) -> int:
    """Sign `agent` out everywhere: cookies are worth nothing at once, live streams end within a second. How many."""
    ended = list(session.scalars(_open().where(AgentSession.agent_id == agent.id).with_for_update()))
    for opened in ended:
        opened.revoked_at = clock.now()
    return len(ended)


def _open() -> sa.Select[AgentSession]:
    now = clock.now()
    still = sa.select(AgentSession).where(AgentSession.revoked_at.is_(None), AgentSession.expires_at > now)
    return still.order_by(AgentSession.seen_at.desc())
