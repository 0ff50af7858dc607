"""Whose day it is: customers of whom something is due on their own day, found by indexed dates without a lock.

What was settled is not found again, nor what waits for a later hour. Whether anything goes is decided elsewhere.
"""

from __future__ import annotations

import datetime as dt
import uuid
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import bulk
from bot.billing.ledger import invoice_account
from bot.models import (
    Customer,
    Instalment,
    Invoice,
    Plan,
    PlanEvent,
    PlanEventKind,
    Posting,
    Promise,
    PromiseStatus,
    Reminder,
    ReminderKind,
    ReminderStatus,
)
from bot.outreach import cadence, subjects
from bot.policies import OutreachPolicy

# Outside these hours nothing may go anywhere (C1), so nobody's zone is looked at.
FIRST_HOUR, LAST_HOUR = 8, 21
_OLDEST_CUSTOMER = 80

Days = dict[dt.date, list[str]]


def days_now() -> Days:
    """The zones in which it is an hour of day, by the date that it is there."""
    now, found = clock.now(), Days()
    for zone in _zones():
        local = now.astimezone(zone)
        if FIRST_HOUR <= local.hour < LAST_HOUR:
            found.setdefault(local.date(), []).append(zone.key)
    return found


def on_day(day: dt.date) -> Days:
    """Every zone, all on `day`: for a dry run."""
    return {day: [zone.key for zone in _zones()]}


@cache
def _zones() -> list[ZoneInfo]:
    return [ZoneInfo(name) for name in sorted(available_timezones())]


def customers(
    session: Session, days: Days, after: uuid.UUID | None = None, limit: int = 5_000, *, is_dry: bool = False
) -> list[uuid.UUID]:
    """The customers of whom something is due, the next `limit` after the id `after`, in the order of their ids.

    With `is_dry` also those of whom something waits for a later hour, or is asked after its day by a course of its own.
    """
    if not days:
        return []
    policy, sqlite = policies.outreach(), session.get_bind().dialect.name == "sqlite"
    found = [
        query.where(bulk.among(session, Customer.time_zone, zones), Customer.id > (after or uuid.UUID(int=0)))
        for day, zones in days.items()
        for query in _queries(day, policy, sqlite, is_dry)
    ]
    everybody = sa.union(*found).subquery()
    return list(session.scalars(sa.select(everybody.c.id).order_by(everybody.c.id).limit(limit)))


def _queries(day: dt.date, policy: OutreachPolicy, sqlite: bool, is_dry: bool) -> list[sa.Select[uuid.UUID]]:
    return [
        query
        for query in (
            _invoices(day, policy, sqlite, is_dry),
            _instalments(day, policy, is_dry),
            _promises(day, policy, is_dry),
            _ended(day, policy, is_dry),
            _anniversaries(day, policy, is_dry),
        )
        if query is not None
    ]


def _invoices(day: dt.date, policy: OutreachPolicy, sqlite: bool, is_dry: bool) -> sa.Select[uuid.UUID] | None:
    dates = cadence.dates(ReminderKind.INVOICE, day, policy)
    if not dates:
        return None
    open_ = ~_settled(ReminderKind.INVOICE, Reminder.subject_id == Invoice.id, _step(Invoice.due_on, dates), is_dry)
    query = sa.select(Customer.id).join(Invoice, Invoice.customer_id == Customer.id)
    return query.where(_within(Invoice.due_on, dates), open_, _owed(sqlite) > 0)


def _instalments(day: dt.date, policy: OutreachPolicy, is_dry: bool) -> sa.Select[uuid.UUID] | None:
    dates = _ours(ReminderKind.INSTALMENT, day, policy, is_dry)
    if not dates:
        return None
    # Its subject is not a column; a customer has one plan in force, so the date names the instalment.
    same = sa.and_(Reminder.customer_id == Customer.id, Reminder.due_on == Instalment.due_on)
    open_ = ~_settled(ReminderKind.INSTALMENT, same, _step(Instalment.due_on, dates), is_dry)
    query = sa.select(Customer.id).join(Plan, Plan.customer_id == Customer.id)
    query = query.join(Instalment, Instalment.plan_id == Plan.id)
    return query.where(sa.text("plans.status = 'active'"), _within(Instalment.due_on, dates), open_)


def _promises(day: dt.date, policy: OutreachPolicy, is_dry: bool) -> sa.Select[uuid.UUID] | None:
    dates = _ours(ReminderKind.PROMISE, day, policy, is_dry)
    if not dates:
        return None
    step = _step(Promise.due_on, dates)
    open_ = ~_settled(ReminderKind.PROMISE, Reminder.subject_id == Promise.id, step, is_dry)
    query = sa.select(Customer.id).join(Promise, Promise.customer_id == Customer.id)
    return query.where(Promise.status == PromiseStatus.OPEN, _within(Promise.due_on, dates), open_)


def _ended(day: dt.date, policy: OutreachPolicy, is_dry: bool) -> sa.Select[uuid.UUID] | None:
    """Plans that were completed or broken of late, by a day more than may be: whose day it was, their zone says."""
    kinds = {PlanEventKind.COMPLETED: ReminderKind.PLAN_COMPLETED, PlanEventKind.BROKEN: ReminderKind.PLAN_BEHIND}
    wanted = [event for event, kind in kinds.items() if policy.steps[kind]]
    if not wanted:
        return None
    since = dt.datetime.combine(day, dt.time(), dt.UTC) - (policy.late_days.after + 1) * cadence.DAY
    settled = sa.or_(
        *(
            sa.and_(
                PlanEvent.kind == event,
                _settled(
                    kinds[event], Reminder.subject_id == Plan.id, sa.literal(policy.steps[kinds[event]][0]), is_dry
                ),
            )
            for event in wanted
        )
    )
    query = sa.select(Customer.id).join(Plan, Plan.customer_id == Customer.id)
    query = query.join(PlanEvent, PlanEvent.plan_id == Plan.id)
    return query.where(PlanEvent.kind.in_(wanted), PlanEvent.at >= since, ~settled)


def _anniversaries(day: dt.date, policy: OutreachPolicy, is_dry: bool) -> sa.Select[uuid.UUID] | None:
    dates = cadence.dates(ReminderKind.ANNIVERSARY, day, policy)
    if not dates:
        return None
    ((step, (first, last)),) = list(dates.items())[:1]
    kept = [first + number * cadence.DAY for number in range((last - first).days + 1)]
    since = {subjects.anniversary(one, one.year - years) for one in kept for years in range(1, _OLDEST_CUSTOMER)}
    leap = {dt.date(one.year, 2, 29) for one in since if (one.month, one.day) == (2, 28) and one.year % 4 == 0}
    this_time = sa.and_(Reminder.customer_id == Customer.id, Reminder.due_on >= first)
    open_ = ~_settled(ReminderKind.ANNIVERSARY, this_time, sa.literal(step), is_dry)
    return sa.select(Customer.id).where(Customer.customer_since.in_(sorted(since | leap)), open_)


def _ours(kind: ReminderKind, day: dt.date, policy: OutreachPolicy, is_dry: bool) -> dict[int, tuple[dt.date, dt.date]]:
    """The steps that are ours: the question after the day has its own course."""
    return {step: dates for step, dates in cadence.dates(kind, day, policy).items() if step <= 0 or is_dry}


def _within(column: Any, dates: dict[int, tuple[dt.date, dt.date]]) -> sa.ColumnElement[bool]:
    return sa.or_(*(column.between(first, last) for first, last in dates.values()))


def _step(column: Any, dates: dict[int, tuple[dt.date, dt.date]]) -> sa.ColumnElement[int]:
    return sa.case(*((column.between(first, last), step) for step, (first, last) in dates.items()))


def _settled(
    kind: ReminderKind, same: sa.ColumnElement[bool], step: sa.ColumnElement[int], is_dry: bool
) -> sa.ColumnElement[bool]:
    """Whether the step was dealt with, or waits for a later hour."""
    is_over = Reminder.status != ReminderStatus.WAITING
    if not is_dry:
        is_over = sa.or_(is_over, Reminder.again_at > clock.now())
    return sa.exists().where(Reminder.kind == kind, same, Reminder.step == step, is_over)


def _owed(sqlite: bool) -> sa.ColumnElement[int]:
    """What is owed on an invoice, by the ledger. SQLite keeps ids without their dashes."""
    id_: Any = sa.cast(Invoice.id, sa.String)
    if sqlite:
        pieces = [sa.func.substr(id_, start, length) for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))]
        id_ = pieces[0]
        for piece in pieces[1:]:
            id_ = id_ + "-" + piece
    account = sa.literal(invoice_account("")) + id_
    return _sum(Posting.destination == account) - _sum(Posting.source == account)


def _sum(where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    sum_ = sa.select(sa.func.coalesce(sa.func.sum(Posting.amount), 0)).where(where)
    return sum_.correlate_except(Posting).scalar_subquery()
