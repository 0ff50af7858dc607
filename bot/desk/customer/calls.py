"""Promised calls and given ratings, as the desk's pages list them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations.callbacks import Call
from bot.desk.auth import Seat
from bot.desk.sight import may_open
from bot.models import CallbackEventKind, Conversation, Customer, Feedback

LOW = 2
A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A call in the agent's eyes. Times are words: by the desk's clocks, and by the customer's where they are known and
    differ. `number` is whom to dial; `late` says that the time has passed."""

    id: uuid.UUID
    conversation_id: uuid.UUID
    opens: bool
    name: str
    number: str
    words: str
    desk_time: str
    their_time: str | None
    late: bool
    told: bool
    taken_by: str | None
    mine: bool
    may_end: bool
    outcome: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Rating:
    """What a customer thought, on which channel."""

    row: Feedback
    channel: str
    name: str


def call(seat: Seat, one: Call, names: dict[uuid.UUID, str]) -> Shown:
    """One call, open or ended."""
    callback, taken, end = one.callback, one.taken_by, one.end
    starts, ends = callback.starts_at or clock.now(), callback.ends_at or clock.now()
    desk, theirs = policies.desk().time_zone, one.customer.time_zone if one.customer else None
    return Shown(
        id=callback.id,
        conversation_id=callback.conversation_id,
        opens=may_open(seat, one.conversation),
        name=one.customer.name if one.customer else "Somebody who has not proven who they are",
        number=callback.phone or (one.customer.phone if one.customer else None) or "no number on file",
        words=one.case.summary,
        desk_time=_span(starts, ends, desk),
        their_time=_span(starts, ends, theirs) if theirs and not _same(starts, desk, theirs) else None,
        late=end is None and ends < clock.now(),
        told=one.was_told,
        taken_by=names.get(taken, "a colleague") if taken else None,
        mine=taken == seat.agent.id,
        may_end=taken is not None and (taken == seat.agent.id or seat.supervises),
        outcome=_outcome(end.kind, names.get(end.agent_id or uuid.UUID(int=0), "a colleague")) if end else None,
        note=end.note if end else None,
    )


def ratings(session: Session, *, low: bool, page: int) -> tuple[list[Rating], int]:
    """One page of ratings, counted from 1: low ones first, then the newest; only low ones if `low`. And how many pages
    there are."""
    given: list[sa.ColumnElement[bool]] = [Feedback.given_at.is_not(None)]
    if low:
        given.append(Feedback.rating <= LOW)
    total = session.scalar(sa.select(sa.func.count()).select_from(Feedback).where(*given)) or 0
    is_low = sa.case((Feedback.rating <= LOW, 0), else_=1)
    rows = session.execute(
        sa.select(Feedback, Conversation.channel, Customer.name)
        .join(Conversation, Conversation.id == Feedback.conversation_id)
        .outerjoin(Customer, Customer.id == Feedback.customer_id)
        .where(*given)
        .order_by(is_low, Feedback.given_at.desc(), Feedback.id.desc())
        .limit(A_PAGE)
        .offset((page - 1) * A_PAGE)
    )
    return [Rating(row, channel, name or "Not known") for row, channel, name in rows], max(1, -(-total // A_PAGE))


def _span(starts: dt.datetime, ends: dt.datetime, zone: str) -> str:
    first, last = (at.astimezone(ZoneInfo(zone)) for at in (starts, ends))
    return f"{first:%A, %-d %B, %H:%M}\N{EN DASH}{last:%H:%M} {first:%Z}"


def _same(at: dt.datetime, one: str, other: str) -> bool:
    return at.astimezone(ZoneInfo(one)).utcoffset() == at.astimezone(ZoneInfo(other)).utcoffset()


def _outcome(kind: str, who: str) -> str:
    return f"{'Spoken to' if kind == CallbackEventKind.DONE else 'No answer'}, {who}"
