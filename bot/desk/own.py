"""What concerns the agent alone and is seen on every page of theirs: presence, an offer, notices, what is due."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations import hours
from bot.conversations.assignment import colleagues, follow_ups, notices, offers, targets
from bot.desk.auth import Seat
from bot.desk.identity import language
from bot.desk.thread import mentions
from bot.desk.thread.lines import agent_names, instant
from bot.models import Availability, Conversation, Handoff, Notice, Offer, Presence

Item = dict[str, Any]


def own(session: Session, seat: Seat) -> Item:
    """The agent's presence and load, the offer that waits for them, what they were not told yet, what colleagues ask
    them in notes, how many follow-ups are due; for a supervisor how many first answers are late or soon will be."""
    agent = seat.agent
    there = colleagues.colleague(session, agent.id)
    chosen = session.scalar(sa.select(Presence.chosen).where(Presence.agent_id == agent.id))
    offer = offers.open_for(session, agent.id)
    return {
        "presence": {
            "chosen": chosen or Availability.AWAY,
            "now": there.availability,
            "held": there.held,
            "capacity": there.capacity,
        },
        "offering": policies.assignment().offers,
        "open": hours.is_open(clock.now()),
        "offer": _offer(session, offer) if offer else None,
        "notices": _notices(session, agent.id),
        "mentions": mentions.listed(session, seat),
        "due": follow_ups.due(session, agent.id),
        "late": targets.late_count(session) if seat.supervises else None,
    }


def _offer(session: Session, offer: Offer) -> Item:
    """Why, in which language and where: nothing of who it is, which is on record once it is looked at."""
    conversation = session.get_one(Conversation, offer.conversation_id)
    handoff = session.get_one(Handoff, offer.handoff_id)
    return {
        "id": str(offer.id),
        "conversation_id": str(conversation.id),
        "reason": handoff.reason,
        "skill": handoff.skill,
        "channel": conversation.channel,
        "language": language(conversation.locale),
        "since": instant(conversation.waiting_since),
        "expires_at": instant(offer.expires_at),
        "left_s": max(0, int((offer.expires_at - clock.now()).total_seconds())),
    }


def _notices(session: Session, agent_id: uuid.UUID) -> list[Item]:
    unseen = notices.unseen(session, agent_id)
    names = agent_names(session) if unseen else {}
    return [_notice(each, names.get(each.by) if each.by else None) for each in unseen]


def _notice(notice: Notice, by: str | None) -> Item:
    return {
        "id": str(notice.id),
        "kind": notice.kind,
        "conversation_id": str(notice.conversation_id),
        "by": by,
        "at": instant(notice.at),
    }
