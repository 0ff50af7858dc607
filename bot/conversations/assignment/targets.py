"""By when a person is to answer first: set when a hand-over is asked for, in the desk's opening hours (K13)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations import hours
from bot.db import Database, lock
from bot.models import Conversation, Handoff, HandoffTarget, Holder

AHEAD_DAYS = 60
AT_ONCE = 500


def due(asked_at: dt.datetime, minutes: float) -> dt.datetime | None:
    """The instant at which so many minutes of opening hours have passed since `asked_at`; None when there are not so
    many in sight."""
    left = dt.timedelta(minutes=minutes)
    for span in hours.openings(asked_at, days=AHEAD_DAYS):
        begins = max(span.starts_at, asked_at)
        if begins >= span.ends_at:
            continue
        if left <= span.ends_at - begins:
            return begins + left
        left -= span.ends_at - begins
    return None


def set_for(session: Session, handoff: Handoff) -> None:
    """Write down by when this new hand-over is to be answered."""
    policy = policies.assignment()
    minutes = policy.target_minutes(handoff.priority)
    target_at = due(handoff.created_at, minutes)
    warn_at = due(handoff.created_at, minutes * policy.warn_at_percent / 100)
    if target_at is not None and warn_at is not None:
        session.add(HandoffTarget(handoff_id=handoff.id, warn_at=warn_at, target_at=target_at))


def answered(session: Session, handoff_id: uuid.UUID | None) -> None:
    """A person has answered; only the first time counts. The caller holds the conversation's lock."""
    target = session.get(HandoffTarget, handoff_id) if handoff_id else None
    if target is None or target.answered_at is not None:
        return
    target.answered_at = clock.now()
    if target.answered_at > target.target_at and target.breached_at is None:
        target.breached_at = target.answered_at


def of(session: Session, handoff_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, HandoffTarget]:
    """The targets of these hand-overs, by one query."""
    found = session.scalars(sa.select(HandoffTarget).where(HandoffTarget.handoff_id.in_(handoff_ids)))
    return {target.handoff_id: target for target in found}


def sweep(db: Database) -> None:
    """Write down, once each, which targets are near and which have passed without an answer."""
    while ids := db.in_reading(_due):
        for handoff_id in ids:
            db.in_transaction(partial(_mark, handoff_id=handoff_id))
        if len(ids) < AT_ONCE:
            return


def late(session: Session, limit: int = 100) -> list[tuple[Conversation, Handoff, HandoffTarget]]:
    """What waits for its first answer and is near its target or past it, the most urgent first."""
    rows = session.execute(
        sa.select(Conversation, Handoff, HandoffTarget)
        .join(Handoff, Conversation.handoff_id == Handoff.id)
        .join(HandoffTarget, HandoffTarget.handoff_id == Handoff.id)
        .where(*_is_late())
        .order_by(HandoffTarget.target_at, Handoff.id)
        .limit(limit)
    )
    return [(conversation, handoff, target) for conversation, handoff, target in rows]


def late_count(session: Session) -> int:
    """How many those are."""
    rows = (
        sa.select(sa.func.count())
        .select_from(Conversation)
        .join(HandoffTarget, HandoffTarget.handoff_id == Conversation.handoff_id)
    )
    return session.scalar(rows.where(*_is_late())) or 0


def _is_late() -> tuple[sa.ColumnElement[bool], ...]:
    return Conversation.holder != Holder.BOT, HandoffTarget.answered_at.is_(None), HandoffTarget.warn_at <= clock.now()


def _due(session: Session) -> list[uuid.UUID]:
    now = clock.now()
    ahead = sa.and_(HandoffTarget.answered_at.is_(None), HandoffTarget.breached_at.is_(None))
    unmarked = sa.or_(
        sa.and_(HandoffTarget.warned_at.is_(None), HandoffTarget.warn_at <= now), HandoffTarget.target_at <= now
    )
    rows = sa.select(HandoffTarget.handoff_id).join(Conversation, Conversation.handoff_id == HandoffTarget.handoff_id)
    return list(
        session.scalars(
            rows.where(ahead, unmarked, Conversation.holder != Holder.BOT)
            .order_by(HandoffTarget.warn_at)
            .limit(AT_ONCE)
        )
    )


def _mark(session: Session, handoff_id: uuid.UUID) -> None:
    handoff = session.get_one(Handoff, handoff_id)
    conversation = lock(session, Conversation, handoff.conversation_id)
    target = lock(session, HandoffTarget, handoff_id)
    if conversation is None or target is None or conversation.holder == Holder.BOT or target.answered_at is not None:
        return
    if conversation.handoff_id != handoff_id:
        return
    now = clock.now()
    if target.warned_at is None and target.warn_at <= now:
        target.warned_at = now
    if target.breached_at is None and target.target_at <= now:
        target.breached_at = now
