"""The round in which waiting conversations are offered: choose on what is read, then offer each under its lock."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections import defaultdict
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations import hours
from bot.conversations.assignment import colleagues, matching, offers, presence
from bot.conversations.assignment.matching import Free, Waits
from bot.db import Database
from bot.models import Ability, Agent, Availability, Conversation, Handoff, Holder, Offer, OfferOutcome, Presence

_under_way = threading.Lock()


def round_of(db: Database) -> int:
    """End offers whose time is over and make those that can be made; how many were made.

    Any number of processes may do this at once. Nothing is offered while the desk is closed or the policy says no; what
    was open is ended all the same. In a process where a round is under way another is not begun beside it.
    """
    if not _under_way.acquire(blocking=False):
        return 0
    try:
        return _round(db)
    finally:
        _under_way.release()


def _round(db: Database) -> int:
    for offer_id in db.in_reading(_over):
        db.in_transaction(partial(offers.expire, offer_id=offer_id))
    if not policies.assignment().offers or not hours.is_open(clock.now()):
        return 0
    made = 0
    for waits, agent in db.in_reading(pairs):
        made += db.in_transaction(partial(offers.make, waits=waits, agent_id=agent.agent_id)) is not None
    return made


def _over(session: Session) -> list[uuid.UUID]:
    """Open offers whose time is over, or whose agent is not available any more."""
    rows = session.execute(
        sa.select(Offer.id, Offer.expires_at, Presence, Agent.disabled_at)
        .join(Agent, Agent.id == Offer.agent_id)
        .outerjoin(Presence, Presence.agent_id == Offer.agent_id)
        .where(Offer.outcome == OfferOutcome.OPEN)
    )
    now = clock.now()
    return [
        id
        for id, expires_at, row, disabled_at in rows
        if expires_at <= now or disabled_at is not None or presence.availability(row) != Availability.AVAILABLE
    ]


def pairs(session: Session) -> list[tuple[Waits, Free]]:
    """What would be offered to whom now."""
    free = [each for each in _free(session) if each.held < each.capacity]
    return matching.pairs(_waiting(session, free), free) if free else []


def _free(session: Session) -> list[Free]:
    rows = session.execute(
        sa.select(Presence, Ability)
        .join(Agent, Agent.id == Presence.agent_id)
        .outerjoin(Ability, Ability.agent_id == Presence.agent_id)
        .where(
            Agent.disabled_at.is_(None),
            Presence.chosen == Availability.AVAILABLE,
            Presence.agent_id.not_in(sa.select(Offer.agent_id).where(Offer.outcome == OfferOutcome.OPEN)),
        )
    ).all()
    if not rows:
        return []
    held = colleagues.held_by(session)
    return [
        Free(row.agent_id, held.get(row.agent_id, 0), capacity, row.idle_since, skills, languages)
        for row, (capacity, skills, languages) in ((row, colleagues.takes(ability)) for row, ability in rows)
        if presence.availability(row) == Availability.AVAILABLE
    ]


def _waiting(session: Session, free: list[Free]) -> list[Waits]:
    """Who may be offered to these agents, by priority and then by how long (K13), and not already is.

    Each gets one at most. So of what agents of the same skills and languages can do, as many as there are agents are
    enough, beside what they let be: nobody further back can have a turn, and nobody is hidden behind those whom no one
    who is free can take.
    """
    lately = _let_be_lately(session, free)
    alike: defaultdict[tuple[frozenset[str] | None, frozenset[str] | None], list[Free]] = defaultdict(list)
    for agent in free:
        alike[agent.skills, agent.languages].append(agent)
    found = {}
    for (skills, languages), agents in alike.items():
        let_be = frozenset().union(*(lately[agent.agent_id] for agent in agents))
        query = _in_line().where(_fits(skills, languages)).limit(len(free) + len(let_be))
        found.update({row.conversation_id: row for row in session.execute(query)})
    rows = sorted(found.values(), key=lambda row: (row.priority, row.waiting_since, row.conversation_id))
    refused, rested = _refused(session, [row.handoff_id for row in rows])
    team = policies.desk().languages.team
    return [
        Waits(
            row.conversation_id,
            row.handoff_id,
            row.skill,
            spoken if (spoken := row.locale.replace("_", "-").split("-")[0].lower()) in team else None,
            frozenset(refused[row.handoff_id]),
            frozenset(rested[row.handoff_id]),
        )
        for row in rows
    ]


def _in_line() -> sa.Select[uuid.UUID, str, dt.datetime | None, uuid.UUID, str, int]:
    return (
        sa.select(
            Conversation.id.label("conversation_id"),
            Conversation.locale,
            Conversation.waiting_since,
            Handoff.id.label("handoff_id"),
            Handoff.skill,
            Handoff.priority,
        )
        .join(Handoff, Conversation.handoff_id == Handoff.id)
        .where(
            Conversation.holder == Holder.QUEUE,
            Conversation.id.not_in(sa.select(Offer.conversation_id).where(Offer.outcome == OfferOutcome.OPEN)),
        )
        .order_by(Handoff.priority, Conversation.waiting_since, Conversation.id)
    )


def _fits(skills: frozenset[str] | None, languages: frozenset[str] | None) -> sa.ColumnElement[bool]:
    """What `Free.can` asks of skill and language. A locale begins with its language: "es-" of "es-MX", and of "es"."""
    spoken = sa.func.lower(sa.func.substr(sa.func.replace(Conversation.locale, "_", "-").concat("-"), 1, 3))
    team = policies.desk().languages.team
    has_skill = sa.true() if skills is None else Handoff.skill.in_(skills)
    if languages is None:
        return has_skill
    speaks = sa.or_(spoken.in_([f"{each}-" for each in languages]), spoken.not_in([f"{each}-" for each in team]))
    return sa.and_(has_skill, speaks)


def _let_be_lately(session: Session, free: list[Free]) -> defaultdict[uuid.UUID, set[uuid.UUID]]:
    """The hand-overs that each let be and has had no rest from."""
    found: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    rows = session.execute(
        sa.select(Offer.agent_id, Offer.handoff_id).where(
            Offer.agent_id.in_([agent.agent_id for agent in free]),
            Offer.outcome.in_((OfferOutcome.DECLINED, OfferOutcome.EXPIRED)),
            Offer.ended_at > _rested_before(),
        )
    )
    for agent_id, handoff_id in rows:
        found[agent_id].add(handoff_id)
    return found


def _refused(
    session: Session, handoff_ids: list[uuid.UUID]
) -> tuple[dict[uuid.UUID, set[uuid.UUID]], dict[uuid.UUID, set[uuid.UUID]]]:
    """Who let which hand-over be, and who of them has had their rest."""
    refused: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    rested: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    since = _rested_before()
    rows = session.execute(
        sa.select(Offer.handoff_id, Offer.agent_id, sa.func.max(Offer.ended_at))
        .where(Offer.handoff_id.in_(handoff_ids), Offer.outcome.in_((OfferOutcome.DECLINED, OfferOutcome.EXPIRED)))
        .group_by(Offer.handoff_id, Offer.agent_id)
    )
    for handoff_id, agent_id, last in rows:
        refused[handoff_id].add(agent_id)
        if last is not None and last <= since:
            rested[handoff_id].add(agent_id)
    return refused, rested


def _rested_before() -> dt.datetime:
    return clock.now() - dt.timedelta(minutes=policies.assignment().rest_minutes)
