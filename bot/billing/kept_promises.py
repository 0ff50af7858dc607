"""Promises kept and broken: what was paid since, and what to ask after the day (design section 10, 4; K1, K9).

`to_look_at` finds promises by one query without a lock; `look_into` decides about one under the customer's lock, from
what has arrived by then. Money is never touched here (S5).
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import invoices, payments, plans
from bot.billing.holds import is_stopped
from bot.billing.plans import plans_behind
from bot.billing.plans.missed_instalments import is_past
from bot.billing.plans.progress import unpaid
from bot.billing.stripe.stripe_amounts import is_too_small
from bot.db import lock
from bot.models import (
    Customer,
    Payment,
    PaymentStatus,
    Plan,
    PlanEvent,
    PlanEventKind,
    Promise,
    PromiseStatus,
)
from bot.money import Money
from bot.policies import Stop

# What we gave back ourselves had been paid as promised; what the bank took back had not.
_ARRIVED = (PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED)


class Open(NamedTuple):
    """A promise to look into, and whose it is."""

    promise_id: uuid.UUID
    customer_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Passed:
    """What became of a promise, which is kept or broken from now on.

    `arrived` was paid since it was made. `missing` is what the customer may be asked about, nothing where there is no
    question.
    """

    promise: Promise
    arrived: Money
    missing: Money

    @property
    def is_kept(self) -> bool:
        """Whether the customer did what they had said (K9)."""
        return self.promise.status == PromiseStatus.KEPT


def to_look_at(session: Session, after: uuid.UUID | None = None, limit: int = 500) -> list[Open]:
    """Open promises, the next `limit` after the id `after`: those towards which something was paid since they were
    made, and those whose day has passed in the customer's zone, where it is an hour of day (C1)."""
    days = plans_behind.days_to_ask()
    paid = sa.exists().where(
        Payment.customer_id == Promise.customer_id,
        Payment.settled_at >= Promise.created_at,
        Payment.status.in_(_ARRIVED),
    )
    wanted: sa.ColumnElement[bool] = paid
    if days:
        today = plans_behind.by_zone({day: day for day in days}, days)
        zones = [zone for zones in days.values() for zone in zones]
        wanted = sa.or_(paid, sa.and_(Customer.time_zone.in_(zones), Promise.due_on < today))
    query = (
        sa.select(Promise.id, Promise.customer_id)
        .join(Customer, Customer.id == Promise.customer_id)
        .where(Promise.status == PromiseStatus.OPEN, Promise.id > (after or uuid.UUID(int=0)), wanted)
        .order_by(Promise.id)
        .limit(limit)
    )
    return [Open(*row) for row in session.execute(query)]


def look_into(session: Session, promise_id: uuid.UUID, customer: Customer, *, may_end: bool = True) -> Passed | None:
    """What has become of the promise, written down; None while it is open, or when something else took its place.

    It is kept when what was paid since reaches its amount, before its day too, or nothing is owed any more; what would
    be missing is held against nobody when it is too little to be paid alone (S4). A plan agreed since, or a balance let
    off, takes its place. After its day in the customer's zone it is broken, but not while a hold binds, a payment is on
    its way or all that is open is disputed (C8, C9). Who is asked about a plan's instalment is not asked about this
    too. Without `may_end` its day is not looked at, as they cannot be asked yet.
    """
    lock(session, Customer, customer.id)
    promise = lock(session, Promise, promise_id)
    if promise is None or promise.status != PromiseStatus.OPEN:
        return None
    amount, nothing = Money(promise.amount, promise.currency), Money.zero(promise.currency)
    arrived = _arrived(session, promise)
    standing = invoices.standing(session, customer)
    missing = amount - arrived
    if missing.minor <= 0 or (arrived and (not standing.total or is_too_small(missing))):
        return _end(session, Passed(promise, arrived, nothing), PromiseStatus.KEPT)
    if not standing.total or _agreed_since(session, promise):
        promise.status = PromiseStatus.CORRECTED
        session.flush()
        return None
    if not may_end or not _has_passed(promise, customer) or _may_wait(session, customer, standing.payable):
        return None
    asked = nothing if _is_behind(session, customer) else min(missing, standing.payable)
    return _end(session, Passed(promise, arrived, asked), PromiseStatus.BROKEN)


def _arrived(session: Session, promise: Promise) -> Money:
    since = sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0)).where(
        Payment.customer_id == promise.customer_id,
        Payment.settled_at >= promise.created_at,
        Payment.status.in_(_ARRIVED),
    )
    return Money(int(session.scalar(since) or 0), promise.currency)


def _agreed_since(session: Session, promise: Promise) -> bool:
    agreed = (
        sa.select(PlanEvent.id)
        .join(Plan, Plan.id == PlanEvent.plan_id)
        .where(
            Plan.customer_id == promise.customer_id,
            PlanEvent.kind == PlanEventKind.AGREED,
            PlanEvent.at > promise.created_at,
        )
    )
    return session.scalars(agreed.limit(1)).first() is not None


def _has_passed(promise: Promise, customer: Customer) -> bool:
    """Whether its day has passed in the customer's zone."""
    today: dt.date = clock.today(customer.time_zone)
    return promise.due_on < today


def _may_wait(session: Session, customer: Customer, payable: Money) -> bool:
    return (
        is_stopped(session, customer.id, Stop.PLAN_REMINDERS)
        or bool(payments.on_its_way(session, customer))
        or not payable
    )


def _is_behind(session: Session, customer: Customer) -> bool:
    """Whether an instalment's day has passed: then that is what the customer is asked about."""
    plan = plans.current(session, customer)
    today: dt.date = clock.today(customer.time_zone)
    return plan is not None and any(is_past(part, today) for part, _ in unpaid(session, plan))


def _end(session: Session, passed: Passed, status: PromiseStatus) -> Passed:
    passed.promise.status = status
    session.flush()
    return passed
