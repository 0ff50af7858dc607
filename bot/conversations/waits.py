"""What may truthfully be said about the wait for a person: the place, how long it usually takes, when they are back.

Nothing is promised that the desk's hours or its recent claims do not bear out (C13; design section 10, 2).
"""

from __future__ import annotations

import datetime as dt
import math
import statistics

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations import hours, payment_news, places
from bot.models import Conversation, Customer, Handoff, HandoffEvent, HandoffEventKind
from bot.words import say

STEP = 5  # minutes: an estimate is no finer


def told(session: Session, conversation: Conversation) -> str:
    """The sentence about the wait of a conversation in the queue, in its language. Somebody in crisis is told no
    minutes, and when people are back only where nobody is there: help lines are at any time, and were named (C12)."""
    locale = conversation.locale
    place = places.place(session, conversation) or 1
    where = say("waiting_first", locale) if place == 1 else say("waiting_place", locale, place=place)
    if (back := closed_until(clock.now())) is not None:
        when = hours.spoken(back, locale, zone_of(session, conversation))
        return f"{where} {say('waiting_closed', locale, when=when)}"
    minutes = None if _reason(session, conversation) == "crisis" else estimate(session)
    return where if minutes is None else f"{where} {say('waiting_usual', locale, minutes=minutes)}"


def closed_until(at: dt.datetime) -> dt.datetime | None:
    """When people are back; None while they are there, and when the policy sees no opening at all."""
    return None if hours.is_open(at) else hours.next_open(at)


def estimate(session: Session) -> int | None:
    """Minutes that a person usually takes, the median of recent claims rounded up; None where too little is known, or
    where it is longer than is worth naming. Requests made out of hours do not count."""
    policy = policies.desk().wait
    since = clock.now() - dt.timedelta(days=policy.recent_days)
    claimed = (
        sa.select(HandoffEvent.handoff_id, sa.func.min(HandoffEvent.at).label("at"))
        .where(HandoffEvent.kind == HandoffEventKind.CLAIMED, HandoffEvent.at >= since)
        .group_by(HandoffEvent.handoff_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(Handoff.created_at, claimed.c.at).join(claimed, claimed.c.handoff_id == Handoff.id)
    )
    waits = [(at - asked).total_seconds() / 60 for asked, at in rows if hours.is_open(asked)]
    if len(waits) < policy.claims_least:
        return None
    minutes = max(STEP, math.ceil(statistics.median(waits) / STEP) * STEP)
    return minutes if minutes <= policy.minutes_most else None


def zone_of(session: Session, conversation: Conversation) -> str | None:
    """The time zone of whoever is verified there; None where nobody is, so that it tells nothing (P1)."""
    if conversation.customer_id is None or not payment_news.proven(conversation):
        return None
    return session.get_one(Customer, conversation.customer_id).time_zone


def _reason(session: Session, conversation: Conversation) -> str | None:
    return session.scalar(sa.select(Handoff.reason).where(Handoff.id == conversation.handoff_id))
