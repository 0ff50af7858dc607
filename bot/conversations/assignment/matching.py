"""To whom waiting conversations are offered: a pure choice, by the predefined criteria (K13)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waits:
    """A waiting conversation. `language` is ISO 639-1, None where anybody will do. `refused` are those who were offered
    it and let it be; of those, `rested` may be asked again when nobody else can."""

    conversation_id: uuid.UUID
    handoff_id: uuid.UUID
    skill: str
    language: str | None
    refused: frozenset[uuid.UUID] = frozenset()
    rested: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Free:
    """An agent who may be asked: available and without an open offer, with `held` of at most `capacity` conversations.
    Without `skills` or `languages` every one."""

    agent_id: uuid.UUID
    held: int
    capacity: int
    idle_since: dt.datetime
    skills: frozenset[str] | None = None
    languages: frozenset[str] | None = None

    def can(self, waits: Waits) -> bool:
        """Whether they have the room, the skill and the language."""
        has_skill = self.skills is None or waits.skill in self.skills
        speaks = self.languages is None or waits.language is None or waits.language in self.languages
        return self.held < self.capacity and has_skill and speaks


def pairs(waiting: Sequence[Waits], free: Sequence[Free]) -> list[tuple[Waits, Free]]:
    """Who is offered what now: each of `waiting` in its order to the best of those who are left, one offer an agent."""
    left = {each.agent_id: each for each in free}
    found = []
    for waits in waiting:
        if not left:
            break
        if (chosen := best(waits, list(left.values()))) is not None:
            found.append((waits, left.pop(chosen.agent_id)))
    return found


def best(waits: Waits, free: Sequence[Free]) -> Free | None:
    """Who is asked: those whose team and language it is, then the least busy, then the longest idle. Who let it be
    is asked again only after a rest, when nobody else can."""
    able = [each for each in free if each.can(waits)]
    fresh = [each for each in able if each.agent_id not in waits.refused]
    asked = fresh or [each for each in able if each.agent_id in waits.rested]
    return min(asked, key=lambda each: _order(waits, each), default=None)


def _order(waits: Waits, agent: Free) -> tuple[bool, bool, float, dt.datetime, uuid.UUID]:
    no_team = agent.skills is None
    no_tongue = waits.language is not None and agent.languages is None
    return no_team, no_tongue, agent.held / agent.capacity, agent.idle_since, agent.agent_id
