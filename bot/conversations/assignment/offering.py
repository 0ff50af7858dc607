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

LOOKED_AT = 500  # of those who wait, first in line: so many are looked at in one round
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
    free = _free(session)
    return matching.pairs(_waiting(session, _skills(free)), free) if free else []


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


def _skills(free: list[Free]) -> set[str] | None:
    """What some of them can do; None for everything."""
    named = [agent.skills for agent in free]
    return None if None in named else {skill for skills in named if skills is not None for skill in skills}


def _waiting(session: Session, skills: set[str] | None) -> list[Waits]:
    """Who waits without an open offer for one of `skills`, by priority and then by how long (K13)."""
    fits = sa.true() if skills is None else Handoff.skill.in_(skills)
    rows = session.execute(
        sa.select(Conversation.id, Conversation.locale, Handoff.id, Handoff.skill)
        .join(Handoff, Conversation.handoff_id == Handoff.id)
        .where(
            Conversation.holder == Holder.QUEUE,
            fits,
            Conversation.id.not_in(sa.select(Offer.conversation_id).where(Offer.outcome == OfferOutcome.OPEN)),
        )
        .order_by(Handoff.priority, Conversation.waiting_since, Conversation.id)
        .limit(LOOKED_AT)
    ).all()
    refused, rested = _refused(session, [handoff_id for _, _, handoff_id, _ in rows])
    team = policies.desk().languages.team
    return [
        Waits(
            id,
            handoff_id,
            skill,
            spoken if (spoken := locale.replace("_", "-").split("-")[0].lower()) in team else None,
            frozenset(refused[handoff_id]),
            frozenset(rested[handoff_id]),
        )
        for id, locale, handoff_id, skill in rows
    ]


def _refused(
    session: Session, handoff_ids: list[uuid.UUID]
) -> tuple[dict[uuid.UUID, set[uuid.UUID]], dict[uuid.UUID, set[uuid.UUID]]]:
    """Who let which hand-over be, and who of them has had their rest."""
    refused: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    rested: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    since = clock.now() - dt.timedelta(minutes=policies.assignment().rest_minutes)
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
