"""What a person pauses: a customer's cadence, or all that we begin; and its end. Nothing is sent meanwhile (C7)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.db import lock
from bot.errors import InvalidInput
from bot.models import Agent, Customer, OutreachPause


def pause(
    session: Session,
    customer: Customer | None,
    *,
    reason: str,
    until: dt.datetime | None = None,
    agent: Agent | None = None,
) -> tuple[OutreachPause, bool]:
    """From now on nothing is begun to `customer`, or to anybody for None; until `until` (aware), or until it is ended.

    The pause, and whether it is new: one that binds already takes the new end and reason. Raises `InvalidInput` for an
    end that is past, or no reason.
    """
    said = reason.strip()
    if not said:
        raise InvalidInput("Say why it is paused, for whoever looks at it later.")
    if until is not None and until <= clock.now():
        raise InvalidInput("A pause ends in the future.", about=until)
    if customer is not None:
        lock(session, Customer, customer.id)
    row = next(iter(_open(session, customer)), None)
    is_new = row is None
    if row is None:
        row = OutreachPause(customer_id=customer.id if customer else None, reason=said)
        session.add(row)
    row.reason, row.until, row.agent_id = said, until, agent.id if agent else None
    session.flush()
    return row, is_new


def resume(session: Session, customer: Customer | None) -> int:
    """End what is paused for `customer`, or for everybody for None; how many pauses were ended. Of the steps whose days
    are over none is made up for."""
    if customer is not None:
        lock(session, Customer, customer.id)
    rows = _open(session, customer)
    for row in rows:
        row.ended_at = clock.now()
    session.flush()
    return len(rows)


def binding(session: Session, customer: Customer | None) -> list[OutreachPause]:
    """The pauses that bind `customer`, those for everybody among them; the latter alone for None."""
    rows = _open(session, None)
    return rows if customer is None else [*_open(session, customer), *rows]


def _open(session: Session, customer: Customer | None) -> list[OutreachPause]:
    whose = OutreachPause.customer_id.is_(None) if customer is None else OutreachPause.customer_id == customer.id
    query = sa.select(OutreachPause).where(
        whose,
        OutreachPause.ended_at.is_(None),
        sa.or_(OutreachPause.until.is_(None), OutreachPause.until > clock.now()),
    )
    return list(session.scalars(query.order_by(OutreachPause.created_at)))
