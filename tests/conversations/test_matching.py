"""To whom waiting conversations are offered: never above capacity or beyond a skill, the first in line first (K13)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.conversations.assignment import matching
from bot.conversations.assignment.matching import Free, Waits

SINCE = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)
SKILLS = ("general", "plans", "care")
TONGUES = ("en", "es")
AGENTS = [uuid.UUID(int=number) for number in range(1, 7)]


def free(number: int = 0, **given: object) -> Free:
    """An agent with nothing to do."""
    values: dict[str, object] = {"held": 0, "capacity": 3, "idle_since": SINCE}
    return Free(AGENTS[number], **(values | given))  # type: ignore[arg-type]


def waits(**given: object) -> Waits:
    """Somebody who waits."""
    values: dict[str, object] = {"skill": "general", "language": "en"}
    return Waits(uuid.uuid4(), uuid.uuid4(), **(values | given))  # type: ignore[arg-type]


some = st.none() | st.frozensets(st.sampled_from(SKILLS))
agents = st.lists(
    st.builds(
        Free,
        agent_id=st.sampled_from(AGENTS),
        held=st.integers(0, 4),
        capacity=st.integers(0, 4),
        idle_since=st.integers(0, 60).map(lambda minutes: SINCE + dt.timedelta(minutes=minutes)),
        skills=some,
        languages=st.none() | st.frozensets(st.sampled_from(TONGUES)),
    ),
    unique_by=lambda agent: agent.agent_id,
)
queues = st.lists(
    st.builds(
        Waits,
        conversation_id=st.uuids(),
        handoff_id=st.uuids(),
        skill=st.sampled_from(SKILLS),
        language=st.none() | st.sampled_from(TONGUES),
        refused=st.frozensets(st.sampled_from(AGENTS)),
    ).flatmap(
        lambda each: st.frozensets(st.sampled_from(sorted(each.refused)) if each.refused else st.nothing()).map(
            lambda rested: replace(each, rested=rested)
        )
    ),
    unique_by=lambda each: each.conversation_id,
)


@given(queues, agents)
def test_k13_nobody_is_asked_beyond_what_they_can_and_the_first_in_line_comes_first(
    waiting: list[Waits], present: list[Free]
) -> None:
    found = matching.pairs(waiting, present)
    assert len({agent.agent_id for _, agent in found}) == len(found) == len({each.conversation_id for each, _ in found})
    asked = {each.conversation_id: agent for each, agent in found}
    for each, agent in found:
        assert agent.held < agent.capacity
        assert agent.skills is None or each.skill in agent.skills
        assert agent.languages is None or each.language is None or each.language in agent.languages
        assert agent.agent_id not in each.refused - each.rested
    for place, each in enumerate(waiting):
        later = {other.conversation_id for other in waiting[place + 1 :]}
        left = [agent for agent in present if agent not in asked.values()]
        left += [agent for other, agent in asked.items() if other in later]
        if each.conversation_id not in asked:
            # Whoever could and would take this one was asked for somebody before it.
            assert not [agent for agent in left if agent.can(each) and agent.agent_id not in each.refused]


def test_the_team_and_the_language_come_before_who_is_less_busy_and_that_before_who_is_idle_for_longer() -> None:
    later = SINCE + dt.timedelta(minutes=5)
    team, generalist = free(0, skills=frozenset({"care"}), held=2), free(1)
    assert matching.best(waits(skill="care"), [generalist, team]) == team
    spanish = free(0, languages=frozenset({"es"}), held=1)
    assert matching.best(waits(language="es"), [generalist, spanish]) == spanish
    assert matching.best(waits(language=None), [generalist, spanish]) == generalist
    half, third = free(0, held=1, capacity=2), free(1, held=1, capacity=3, idle_since=later)
    assert matching.best(waits(), [half, third]) == third
    assert matching.best(waits(), [replace(half, capacity=3), third]) == replace(half, capacity=3)


def test_who_said_not_now_is_asked_again_only_after_a_rest_and_when_nobody_else_can() -> None:
    mine, theirs = free(0), free(1, held=2)
    refused = waits(refused=frozenset({mine.agent_id}))
    assert matching.best(refused, [mine, theirs]) == theirs
    assert matching.best(refused, [mine]) is None
    assert matching.best(replace(refused, rested=refused.refused), [mine]) == mine
    assert matching.best(replace(refused, rested=refused.refused), [mine, theirs]) == theirs
