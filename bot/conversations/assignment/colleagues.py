"""Everybody who works at the desk: who is there, what each has and can take on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations.assignment import presence
from bot.db import lock
from bot.errors import Conflict, InvalidInput
from bot.models import Ability, Agent, Availability, Conversation, Holder, Presence

MOST = 100  # conversations at once


class OverCapacity(Conflict):
    """They have as many conversations as they take on; the same call with `anyway` goes ahead."""

    code = "over_capacity"


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent as the desk sees them now: `held` of at most `capacity` conversations; without `skills` or `languages`
    every one."""

    agent: Agent
    availability: Availability
    held: int
    capacity: int
    skills: frozenset[str] | None
    languages: frozenset[str] | None

    @property
    def is_full(self) -> bool:
        """Whether one more would be more than they take on."""
        return self.held >= self.capacity


def colleagues(session: Session, agent_ids: Sequence[uuid.UUID] | None = None) -> list[Colleague]:
    """Everybody who works here, or those of `agent_ids`, by name."""
    query = (
        sa.select(Agent, Presence, Ability)
        .outerjoin(Presence, Presence.agent_id == Agent.id)
        .outerjoin(Ability, Ability.agent_id == Agent.id)
        .where(Agent.disabled_at.is_(None))
        .order_by(Agent.name, Agent.id)
    )
    if agent_ids is not None:
        query = query.where(Agent.id.in_(agent_ids))
    held = held_by(session)
    return [
        Colleague(agent, presence.availability(row), held.get(agent.id, 0), *takes(set_))
        for agent, row, set_ in session.execute(query)
    ]


def colleague(session: Session, agent_id: uuid.UUID) -> Colleague:
    """One of them."""
    return colleagues(session, [agent_id])[0]


def require_room(session: Session, agent: Agent) -> None:
    """Raises `OverCapacity` when the agent has as many conversations as they take on, or more."""
    there = colleague(session, agent.id)
    if there.is_full:
        raise OverCapacity(f"{agent.name} has {there.held} of {there.capacity} conversations already.", about=agent.id)


def known_skill(skill: str) -> str:
    """A team of the policy's. Raises `InvalidInput`."""
    known = policies.assignment().skills
    if skill not in known:
        raise InvalidInput(f"The teams are {', '.join(known)}.")
    return skill


def held_by(session: Session) -> Mapping[uuid.UUID, int]:
    """How many conversations each agent has."""
    rows = session.execute(
        sa.select(Conversation.agent_id, sa.func.count())
        .where(Conversation.holder == Holder.AGENT)
        .group_by(Conversation.agent_id)
    )
    return {agent_id: number for agent_id, number in rows if agent_id is not None}


def enable(
    session: Session, agent: Agent, skills: list[str] | None, languages: list[str] | None, capacity: int | None
) -> None:
    """What the agent can take on from now on; None for every skill, every language, the policy's capacity.

    Raises `InvalidInput` for a skill that there is none of, a language that is not two letters, a capacity out of
    bounds.
    """
    known = policies.assignment().skills
    if skills is not None and (not skills or not set(skills) <= set(known)):
        raise InvalidInput(f"The skills are {', '.join(known)}; name one or more of them, or every.")
    spoken = [language.strip().lower() for language in languages] if languages is not None else None
    if spoken is not None and (not spoken or not all(_is_language(each) for each in spoken)):
        raise InvalidInput("Languages are two letters each, like en or es.")
    if capacity is not None and not 0 <= capacity <= MOST:
        raise InvalidInput(f"The capacity is from 0 to {MOST} conversations at once.")
    row = ability(session, agent)
    row.skills = sorted(set(skills), key=known.index) if skills is not None else None
    row.languages = sorted(set(spoken)) if spoken is not None else None
    row.capacity = capacity
    presence.own(session, agent.id).changed_at = clock.now()


def ability(session: Session, agent: Agent) -> Ability:
    """What has been set for the agent, to be read or changed; nothing at first."""
    lock(session, Agent, agent.id)
    row = session.get(Ability, agent.id)
    if row is None:
        row = Ability(agent_id=agent.id)
        session.add(row)
        session.flush()
    return row


def takes(row: Ability | None) -> tuple[int, frozenset[str] | None, frozenset[str] | None]:
    """Capacity, skills and languages by what is set, or the policy's."""
    most = policies.assignment().capacity
    if row is None:
        return most, None, None
    return (
        most if row.capacity is None else row.capacity,
        None if row.skills is None else frozenset(row.skills),
        None if row.languages is None else frozenset(row.languages),
    )


def _is_language(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isalpha()
