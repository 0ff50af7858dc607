"""The people at the desk: added, disabled, given another role or password; who is changed is signed out everywhere."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.db import lock
from bot.desk import audit
from bot.desk.door import passwords, second_factor, sessions
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import Agent, Role

# How long a password made by the operator waits for its first and only use.
TEMPORARY = dt.timedelta(days=3)

_WORDS = (
    "amber", "apple", "april", "autumn", "bamboo", "barley", "beacon", "birch", "bramble", "breeze", "bridge",
    "brook", "candle", "canyon", "cedar", "cherry", "clover", "cobalt", "copper", "coral", "cotton", "cricket",
    "dahlia", "daisy", "delta", "ember", "fennel", "fern", "field", "finch", "forest", "garden", "ginger",
    "glacier", "harbor", "hazel", "heron", "hollow", "honey", "indigo", "island", "ivory", "jasmine", "juniper",
    "kettle", "lagoon", "lantern", "lavender", "lemon", "linen", "maple", "marble", "meadow", "mellow", "mint",
    "morning", "moss", "nutmeg", "oasis", "olive", "orchard", "otter", "pebble", "pepper", "pine", "plum", "pond",
    "poppy", "prairie", "quartz", "quiet", "rain", "raven", "reed", "ribbon", "river", "robin", "rosemary",
    "saffron", "sage", "sandal", "shore", "silver", "sparrow", "spruce", "summer", "sunny", "swallow", "teal",
    "thistle", "thunder", "timber", "tulip", "valley", "velvet", "violet", "walnut", "water", "willow", "winter",
)  # fmt: skip


def add_agent(
    session: Session, *, email: str, name: str, role: Role | str, password: str, temporary: bool = False
) -> Agent:
    """A new agent. `name` is what customers see. Raises `InvalidInput`, or `Conflict` when the e-mail is taken."""
    email, name = email.strip().lower(), name.strip()
    local, _, domain = email.partition("@")
    if not local or not domain or any(letter.isspace() for letter in email) or len(email) > 254:
        raise InvalidInput("That does not look like an e-mail address.")
    if not 1 <= len(name) <= 100:
        raise InvalidInput("An agent has a name of up to 100 characters.")
    if role not in list(Role):
        raise InvalidInput(f"The role is one of {', '.join(Role)}.")
    if by_email(session, email) is not None:
        raise Conflict("There is already an agent with that e-mail address.")
    agent = Agent(email=email, name=name, role=Role(role), password_hash=passwords.hashed(password))
    agent.temporary_until = clock.now() + TEMPORARY if temporary else None
    session.add(agent)
    session.flush()
    audit.record(session, None, "agent.added", f"agent:{agent.id}", role=str(agent.role))
    return agent


def set_password(session: Session, *, email: str, password: str, temporary: bool = False) -> Agent:
    """Another password by the operator; a `temporary` one is changed at the first sign-in. Raises `NotFound`,
    `InvalidInput`."""
    agent = find(session, email)
    agent.password_hash = passwords.hashed(password)
    agent.temporary_until = clock.now() + TEMPORARY if temporary else None
    sessions.end_all(session, agent)
    audit.record(session, None, "agent.password_set", f"agent:{agent.id}", temporary=temporary)
    return agent


def temporary_password() -> str:
    """Six words to be read out or written down: 39 bits, for a few days and behind the throttle."""
    return "-".join(secrets.choice(_WORDS) for _ in range(6))


def own_password(session: Session, agent: Agent, password_hash: str) -> None:
    """The agent's own choice, hashed already. They are signed out everywhere, here too."""
    agent.password_hash, agent.temporary_until = password_hash, None
    sessions.end_all(session, agent)
    audit.record(session, agent, "agent.password_changed", f"agent:{agent.id}")


def remove_second_factor(session: Session, email: str) -> Agent:
    """For who has lost the phone and the recovery codes. Raises `NotFound`, or `Conflict` when there is none."""
    agent = find(session, email)
    if not agent.has_second_factor:
        raise Conflict(f"{agent.email} has no second factor.")
    second_factor.remove(session, agent, None)
    sessions.end_all(session, agent)
    return agent


def disable(session: Session, email: str) -> Agent:
    """They can't sign in, and are out at once; what they did stays. Raises `NotFound`, `Conflict`."""
    agent = find(session, email)
    if agent.disabled_at is not None:
        raise Conflict(f"{agent.email} is disabled already.")
    agent.disabled_at = clock.now()
    sessions.end_all(session, agent)
    audit.record(session, None, "agent.disabled", f"agent:{agent.id}")
    return agent


def enable(session: Session, email: str) -> Agent:
    """They may sign in again, with the password that they had. Raises `NotFound`, `Conflict`."""
    agent = find(session, email)
    if agent.disabled_at is None:
        raise Conflict(f"{agent.email} is not disabled.")
    agent.disabled_at = None
    audit.record(session, None, "agent.enabled", f"agent:{agent.id}")
    return agent


def change_role(session: Session, email: str, role: Role) -> Agent:
    """What they may do from now on. Raises `NotFound`, or `Conflict` when it is so already."""
    agent = find(session, email)
    if agent.role == role:
        raise Conflict(f"{agent.email} has that role already.")
    before, agent.role = agent.role, role
    sessions.end_all(session, agent)
    audit.record(session, None, "agent.role_changed", f"agent:{agent.id}", before=str(before), role=str(role))
    return agent


def find(session: Session, email: str) -> Agent:
    """The agent with that e-mail, locked. Raises `NotFound`."""
    known = by_email(session, email.strip().lower())
    agent = lock(session, Agent, known.id) if known else None
    if agent is None:
        raise NotFound("There is no agent with that e-mail address.")
    return agent


def by_email(session: Session, email: str) -> Agent | None:
    """The agent with that e-mail (lower case), or None."""
    return session.scalar(sa.select(Agent).where(Agent.email == email))


def everybody(session: Session) -> list[Agent]:
    """All who are or were at the desk, by name."""
    return list(session.scalars(sa.select(Agent).order_by(Agent.name, Agent.id)))


def colleagues(session: Session) -> list[Agent]:
    """Everybody who may be given a conversation, by name."""
    return [agent for agent in everybody(session) if agent.disabled_at is None]


def colleague(session: Session, agent_id: uuid.UUID) -> Agent:
    """One of them. Raises `NotFound`."""
    agent = session.get(Agent, agent_id)
    if agent is None or agent.disabled_at is not None:
        raise NotFound("There is no such colleague.")
    return agent
