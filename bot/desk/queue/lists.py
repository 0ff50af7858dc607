"""The desk's lists, a page at a time: who waits, who is with whom, what is closed, what the assistant has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from bot import clock
from bot.desk.auth import Seat
from bot.desk.queue.filters import NONE, Filters
from bot.desk.sight import closed_by, is_closed
from bot.errors import NotAllowed
from bot.models import Conversation, Customer, Handoff, HandoffTarget, Holder

PAGE = 50
MINE_MOST = 200


class Name(StrEnum):
    """The lists. The first three are live; the others are looked up when somebody opens them."""

    WAITING = "waiting"
    MINE = "mine"
    OTHERS = "others"
    CLOSED = "closed"
    ASSISTANT = "assistant"


SUPERVISORS = frozenset({Name.OTHERS, Name.ASSISTANT})


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in a list. `place` counts from 1 in the whole queue; `waiting_s` is in seconds."""

    conversation: Conversation
    handoff: Handoff | None
    customer: Customer | None
    target: HandoffTarget | None
    place: int | None
    waiting_s: float


def rows(
    session: Session, seat: Seat, name: Name, filters: Filters = NONE, *, skip: int = 0, limit: int = PAGE
) -> list[Row]:
    """At most `limit` conversations of a list after the first `skip`. Raises `NotAllowed` for a supervisor's list.

    Who waits is in the order of the criteria (K13), whoever is with an agent by the newest message first, closed ones
    by when they were closed.
    """
    if name in SUPERVISORS and not seat.supervises:
        raise NotAllowed("Only a supervisor may see this list.")
    place = _places() if name == Name.WAITING and filters != NONE else None
    query = (
        sa.select(Conversation, Handoff, Customer, HandoffTarget, place.c.place if place is not None else sa.null())
        .outerjoin(Handoff, Conversation.handoff_id == Handoff.id)
        .outerjoin(Customer, Conversation.customer_id == Customer.id)
        .outerjoin(HandoffTarget, HandoffTarget.handoff_id == Handoff.id)
        .where(_belongs(seat, name), *filters.conditions(session, seat))
        .order_by(*_order(name))
        .offset(skip)
        .limit(limit)
        .options(orm.raiseload(Handoff.events))
    )
    if place is not None:
        query = query.join(place, place.c.id == Conversation.id)
    at = clock.now()
    found: Sequence[Any] = session.execute(query).all()
    listed = [_row(at, *each) for each in found]
    if name == Name.WAITING and place is None:
        return [replace(row, place=number) for number, row in enumerate(listed, start=skip + 1)]
    return listed


def counts(session: Session, seat: Seat, filters: Filters = NONE) -> dict[str, int]:
    """How many each live list has in all, by one query. `waiting` and `others` are those that pass the filters,
    `waiting_all` is everybody who waits."""
    chosen = filters.conditions(session, seat)
    wanted = {
        "waiting": sa.and_(Conversation.holder == Holder.QUEUE, *chosen),
        "waiting_all": Conversation.holder == Holder.QUEUE,
        "mine": _belongs(seat, Name.MINE),
    }
    if seat.supervises:
        wanted["others"] = sa.and_(_belongs(seat, Name.OTHERS), *chosen)
    numbers = session.execute(
        sa.select(*(sa.func.count(sa.case((condition, 1))).label(name) for name, condition in wanted.items()))
        .join(Handoff, Conversation.handoff_id == Handoff.id)
        .where(Conversation.holder.in_((Holder.QUEUE, Holder.AGENT)))
    ).one()
    return dict(numbers._mapping)


def _belongs(seat: Seat, name: Name) -> sa.ColumnElement[bool]:
    with_agent = Conversation.holder == Holder.AGENT
    match name:
        case Name.WAITING:
            return sa.and_(Conversation.holder == Holder.QUEUE, Handoff.id.is_not(None))
        case Name.MINE:
            return sa.and_(with_agent, Conversation.agent_id == seat.agent.id)
        case Name.OTHERS:
            return sa.and_(with_agent, Conversation.agent_id != seat.agent.id)
        case Name.CLOSED:
            return is_closed() if seat.supervises else sa.and_(is_closed(), closed_by(seat))
        case Name.ASSISTANT:
            return sa.and_(Conversation.holder == Holder.BOT, Conversation.closed_at.is_(None))


def _order(name: Name) -> tuple[Any, ...]:
    if name == Name.WAITING:
        return Handoff.priority, Conversation.waiting_since, Conversation.id
    newest = Conversation.closed_at if name == Name.CLOSED else Conversation.last_message_at
    return newest.desc().nulls_last(), Conversation.id.desc()


def _places() -> sa.Subquery:
    """Everybody who waits with their place, whatever is filtered."""
    place = sa.func.row_number().over(order_by=_order(Name.WAITING)).label("place")
    waiting = sa.select(Conversation.id, place).join(Handoff, Conversation.handoff_id == Handoff.id)
    return waiting.where(Conversation.holder == Holder.QUEUE).subquery()


def _row(
    at: dt.datetime,
    conversation: Conversation,
    handoff: Handoff | None,
    customer: Customer | None,
    target: HandoffTarget | None,
    place: int | None,
) -> Row:
    since = conversation.waiting_since or (handoff.created_at if handoff else conversation.created_at)
    return Row(conversation, handoff, customer, target, place, max(0.0, (at - since).total_seconds()))
