"""Plans of which less is paid than the days gone by asked for: found among all by one query, without a lock."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing.ledger import invoice_account
from bot.billing.plans.missed_instalments import last_past_day
from bot.models import Customer, Instalment, Plan, PlanInvoice, Posting

# Outside these hours nothing may be begun anywhere (C1), so nobody is looked at; within them the gate decides.
FIRST_HOUR, LAST_HOUR = 8, 21


class Behind(NamedTuple):
    """A plan to look into, and whose it is."""

    plan_id: uuid.UUID
    customer_id: uuid.UUID


def behind(session: Session, after: uuid.UUID | None = None, limit: int = 500) -> list[Behind]:
    """Plans in force, the next `limit` after the id `after`, whose past instalments are not paid by the ledger and that
    have not been looked into on this day of the customer's; only where it is an hour of day (C1).
    """
    days = days_to_ask()
    if not days:
        return []
    today, past = (by_zone({day: moved(day) for day in days}, days) for moved in (_same, last_past_day))
    sqlite = session.get_bind().dialect.name == "sqlite"
    due = (
        sa.select(sa.func.sum(Instalment.amount))
        .where(Instalment.plan_id == Plan.id, Instalment.due_on <= past)
        .scalar_subquery()
    )
    query = (
        sa.select(Plan.id, Plan.customer_id)
        .join(Customer, Customer.id == Plan.customer_id)
        .where(
            sa.text("plans.status = 'active'"),  # to the letter, so that the index of these alone is used
            Plan.id > (after or uuid.UUID(int=0)),
            sa.or_(Plan.looked_on.is_(None), Plan.looked_on < today),
            Customer.time_zone.in_([zone for zones in days.values() for zone in zones]),
            due > paid(sqlite),
        )
        .order_by(Plan.id)
        .limit(limit)
    )
    return [Behind(*row) for row in session.execute(query)]


def days_to_ask() -> dict[dt.date, list[str]]:
    """The zones in which it is an hour of day (C1), by the date that it is there."""
    now, found = clock.now(), dict[dt.date, list[str]]()
    for zone in _zones():
        local = now.astimezone(zone)
        if FIRST_HOUR <= local.hour < LAST_HOUR:
            found.setdefault(local.date(), []).append(zone.key)
    return found


@cache
def _zones() -> list[ZoneInfo]:
    return [ZoneInfo(name) for name in sorted(available_timezones())]


def by_zone(dates: dict[dt.date, dt.date], days: dict[dt.date, list[str]]) -> sa.ColumnElement[dt.date]:
    """Which of `dates` holds for a customer, by the date that it is in their zone."""
    chosen = [(Customer.time_zone.in_(days[day]), sa.literal(date, sa.Date)) for day, date in dates.items()]
    return sa.case(*chosen)


def paid(sqlite: bool, posted: sa.ColumnElement[bool] | None = None) -> sa.ColumnElement[int]:
    """What of a plan is paid, as `progress` reckons it, by all postings or by those that are `posted`."""
    least, greatest = (sa.func.min, sa.func.max) if sqlite else (sa.func.least, sa.func.greatest)
    account = _account(sqlite)
    counted = sa.true() if posted is None else posted
    owed = _sum((Posting.destination == account) & counted) - _sum((Posting.source == account) & counted)
    left = least(greatest(owed - PlanInvoice.beside, 0), PlanInvoice.amount)
    return sa.select(sa.func.sum(PlanInvoice.amount - left)).where(PlanInvoice.plan_id == Plan.id).scalar_subquery()


def _same(day: dt.date) -> dt.date:
    return day


def _sum(where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    sum_ = sa.select(sa.func.coalesce(sa.func.sum(Posting.amount), 0)).where(where)
    return sum_.correlate_except(Posting).scalar_subquery()


def _account(sqlite: bool) -> Any:
    """The ledger's account of a plan's invoice. SQLite keeps ids without their dashes."""
    id_: Any = sa.cast(PlanInvoice.invoice_id, sa.String)
    if sqlite:
        pieces = [sa.func.substr(id_, start, length) for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))]
        id_ = pieces[0]
        for piece in pieces[1:]:
            id_ = id_ + "-" + piece
    return sa.literal(invoice_account("")) + id_
