"""How the desk stands, for supervisors: who waits for what, who has how many, what is late. Numbers only, no names of
customers."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations.assignment.colleagues import colleagues
from bot.desk.identity import language
from bot.desk.queue.last_words import last_words
from bot.models import Author, Availability, Conversation, Handoff, HandoffTarget, Holder

Json = dict[str, Any]


def overview(session: Session) -> Json:
    """`waiting` in all and by tier, skill and language; `late` now and today; `agents` who are there or have somebody.
    Waits are in seconds."""
    at = clock.now()
    groups = _groups(session)
    people = _people(session, at)
    return {
        "waiting": {
            "count": sum(group.count for group in groups),
            "longest_s": max((_seconds(at, group.since) for group in groups), default=0),
        },
        "by": {
            "tier": _by_tier(groups, at),
            "skill": _ranked(groups, at, lambda group: (group.skill, group.skill.replace("_", " ").capitalize())),
            "language": _ranked(groups, at, _language),
        },
        "late": {"now": _late_now(session, at), "today": _late_today(session)},
        "held": sum(person["held"] for person in people),
        "unanswered": sum(person["unanswered"] for person in people),
        "agents": people,
    }


def _groups(session: Session) -> list[Any]:
    """Who waits, by all that they are counted by: few rows, however many wait."""
    parts = (Handoff.reason, Handoff.skill, Conversation.locale)
    return list(
        session.execute(
            sa.select(*parts, sa.func.count().label("count"), sa.func.min(Conversation.waiting_since).label("since"))
            .join(Handoff, Conversation.handoff_id == Handoff.id)
            .where(Conversation.holder == Holder.QUEUE)
            .group_by(*parts)
        )
    )


def _by_tier(groups: Iterable[Any], at: dt.datetime) -> list[Json]:
    tiers = policies.escalation().tiers
    named = {str(number): f"{number} · {tier.name}" for number, tier in tiers.items()}
    tier_of = policies.escalation().tier_of
    ranked = _ranked(groups, at, lambda group: (str(tier_of(group.reason)), named[str(tier_of(group.reason))]))
    return sorted(ranked, key=lambda each: each["code"], reverse=True)


def _ranked(groups: Iterable[Any], at: dt.datetime, named: Any) -> list[Json]:
    """Counted by what `named` says of a group, code and words: most first."""
    counts: Counter[tuple[str, str]] = Counter()
    longest: dict[tuple[str, str], int] = defaultdict(int)
    for group in groups:
        counts[named(group)] += group.count
        longest[named(group)] = max(longest[named(group)], _seconds(at, group.since))
    return [
        {"code": code, "name": words, "count": count, "longest_s": longest[code, words]}
        for (code, words), count in counts.most_common()
    ]


def _language(group: Any) -> tuple[str, str]:
    code = group.locale.split("-")[0]
    return code, language(code)


def _late_now(session: Session, at: dt.datetime) -> int:
    """Customers whose first answer is late and still to come."""
    late = (
        sa.select(sa.func.count())
        .select_from(Conversation)
        .join(HandoffTarget, HandoffTarget.handoff_id == Conversation.handoff_id)
        .where(
            Conversation.holder.in_((Holder.QUEUE, Holder.AGENT)),
            HandoffTarget.answered_at.is_(None),
            HandoffTarget.target_at < at,
        )
    )
    return session.scalar(late) or 0


def _late_today(session: Session) -> int:
    """First answers that were late since the desk's midnight."""
    midnight = dt.datetime.combine(clock.today(policies.desk().time_zone), dt.time(), policies.desk().zone)
    late = sa.select(sa.func.count()).select_from(HandoffTarget).where(HandoffTarget.breached_at >= midnight)
    return session.scalar(late) or 0


def _people(session: Session, at: dt.datetime) -> list[Json]:
    """Who is there or has somebody; whoever has let a customer wait for longest comes first."""
    turns = _turns(session)
    people = [
        {
            "id": str(each.agent.id),
            "name": each.agent.name,
            "availability": each.availability,
            "held": each.held,
            "capacity": each.capacity,
            "unanswered": len(turns[each.agent.id]),
            "longest_s": max((_seconds(at, since) for since in turns[each.agent.id]), default=0),
        }
        for each in colleagues(session)
        if each.held or each.availability != Availability.OFFLINE
    ]
    return sorted(people, key=lambda person: (-person["longest_s"], -person["held"], person["name"]))


def _turns(session: Session) -> dict[uuid.UUID, list[dt.datetime]]:
    """For each agent, since when customers wait for an answer in their conversations."""
    rows = session.execute(sa.select(Conversation.id, Conversation.agent_id).where(Conversation.holder == Holder.AGENT))
    held: dict[uuid.UUID, uuid.UUID | None] = {row.id: row.agent_id for row in rows}
    turns: dict[uuid.UUID, list[dt.datetime]] = defaultdict(list)
    for conversation_id, message in last_words(session, list(held)).items():
        agent_id = held[conversation_id]
        if agent_id is not None and message.author != Author.AGENT:
            turns[agent_id].append(message.created_at)
    return turns


def _seconds(at: dt.datetime, since: dt.datetime | None) -> int:
    return max(0, int((at - since).total_seconds())) if since else 0
