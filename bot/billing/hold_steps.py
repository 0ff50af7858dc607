"""The steps of a hold as they are written down, and the day on which it ends by itself (C8)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.db import Database, lock
from bot.errors import InvalidInput, NotFound
from bot.models import (
    Case,
    Customer,
    DisputeOutcome,
    Hold,
    HoldEnd,
    HoldEvent,
    HoldEventKind,
    HoldKind,
    HoldStatus,
)

ENDED_CASE = "hold_ended"
LONGEST = dt.timedelta(days=730)


def locked(session: Session, hold_id: uuid.UUID) -> tuple[Hold, Customer | None]:
    """The hold and its customer, if it has one: locked, the customer first, as everywhere. Raises `NotFound`."""
    row = session.execute(sa.select(Hold.customer_id).where(Hold.id == hold_id)).first()
    customer = lock(session, Customer, row.customer_id) if row and row.customer_id else None
    hold = lock(session, Hold, hold_id) if row else None
    if hold is None:
        raise NotFound("There is no such hold.", about=hold_id)
    return hold, customer


def record(
    session: Session,
    hold: Hold,
    kind: HoldEventKind,
    actor: str,
    reason: str = "",
    outcome: DisputeOutcome | None = None,
) -> None:
    """Write down what happened to `hold`. `actor` is `agent:<id>` or `system`."""
    session.add(HoldEvent(hold_id=hold.id, kind=kind, actor=actor, reason=reason, outcome=outcome))
    session.flush()


def release(session: Session, hold: Hold) -> None:
    """From now on it stops nothing."""
    hold.status, hold.lifted_at = HoldStatus.LIFTED, clock.now()
    session.flush()


def set_last_day(session: Session, hold: Hold, customer: Customer | None, ends_on: dt.date | None) -> None:
    """Let it end after `ends_on`, by default after the policy's days; without either it has no end.

    Raises `InvalidInput` for a day that is past or further than two years ahead.
    """
    today = _today(customer)
    if ends_on is not None and not today <= ends_on <= today + LONGEST:
        raise InvalidInput(f"The last day is from today to {(today + LONGEST).isoformat()}.", about=ends_on)
    session.flush()
    last = ends_on or policies.holds().last_day(HoldKind(hold.kind), today)
    if last is not None:
        session.add(HoldEnd(hold_id=hold.id, ends_on=last))


def last_days(session: Session, held: Sequence[Hold]) -> dict[uuid.UUID, dt.date]:
    """The last day of each of the holds that has one."""
    ids = [hold.id for hold in held]
    rows = session.execute(sa.select(HoldEnd.hold_id, HoldEnd.ends_on).where(HoldEnd.hold_id.in_(ids)))
    return {row.hold_id: row.ends_on for row in rows}


def end_due(db: Database, limit: int = 500) -> int:
    """Release the holds whose last day has passed where the customer lives, each with a case that says so; how many."""
    # It is tomorrow already in some zone; each is looked at by its own.
    tomorrow = clock.now().date() + dt.timedelta(days=1)
    due = (
        sa.select(Hold.id)
        .join(HoldEnd, HoldEnd.hold_id == Hold.id)
        .where(Hold.status != HoldStatus.LIFTED, HoldEnd.ends_on < tomorrow)
        .order_by(HoldEnd.ends_on)
        .limit(limit)
    )
    ids = db.in_reading(lambda session: session.scalars(due).all())
    return sum(db.in_transaction(partial(_end, hold_id=hold_id)) for hold_id in ids)


def _end(session: Session, hold_id: uuid.UUID) -> bool:
    hold, customer = locked(session, hold_id)
    end = session.get(HoldEnd, hold_id)
    if hold.status == HoldStatus.LIFTED or end is None or end.ends_on >= _today(customer):
        return False
    release(session, hold)
    record(session, hold, HoldEventKind.ENDED, "system")
    name = hold.kind.replace("_", " ").capitalize()
    summary = f"{name} has come to its last day. Contact may begin again, gently."
    session.add(
        Case(kind=ENDED_CASE, customer_id=hold.customer_id, conversation_id=hold.conversation_id, summary=summary)
    )
    session.flush()
    return True


def _today(customer: Customer | None) -> dt.date:
    return clock.today(customer.time_zone) if customer else clock.now().date()
