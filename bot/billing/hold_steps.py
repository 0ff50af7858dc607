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
from bot.errors import Conflict, InvalidInput, NotFound
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


def set_last_day(
    session: Session, hold: Hold, customer: Customer | None, ends_on: dt.date | None, *, in_treatment: bool = False
) -> None:
    """Let it end after `ends_on`, by default after the days of the law where the customer lives, or of the strictest
    where nobody knows that; without either it has no end. `in_treatment`: a breathing space while a mental-health
    crisis is treated has none until `treated`.

    Raises `InvalidInput` for a day that is past or further than two years ahead, or treatment that has no part in it.
    """
    session.flush()
    if in_treatment:
        if hold.kind != HoldKind.BREATHING_SPACE or ends_on is not None:
            raise InvalidInput("While treatment lasts, a breathing space has no last day; no other hold is about it.")
        return
    today = _today(customer)
    if ends_on is not None and not today <= ends_on <= today + LONGEST:
        raise InvalidInput(f"The last day is from today to {(today + LONGEST).isoformat()}.", about=ends_on)
    law = policies.jurisdiction(customer.country if customer else "")
    last = ends_on or law.last_day(HoldKind(hold.kind), today)
    if last is not None:
        session.add(HoldEnd(hold_id=hold.id, ends_on=last))


def treated(session: Session, hold: Hold, customer: Customer | None, on: dt.date) -> None:
    """Treatment in a crisis ended `on` a day, and some days later the hold does, by the law where the customer lives
    (C8). Said again it stays so.

    Raises `InvalidInput` for a day ahead or more than two years ago, `Conflict` for a hold that has another last day.
    """
    today = _today(customer)
    if not today - LONGEST <= on <= today:
        raise InvalidInput("The day on which treatment ended is not ahead, and not more than two years ago.", about=on)
    law = policies.jurisdiction(customer.country if customer else "")
    last, before = on + dt.timedelta(days=law.after_treatment_days), session.get(HoldEnd, hold.id)
    if before is not None and before.ends_on != last:
        raise Conflict(f"Its last day is {before.ends_on.isoformat()} already.", about=hold)
    if before is None:
        session.add(HoldEnd(hold_id=hold.id, ends_on=last))
        session.flush()


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
