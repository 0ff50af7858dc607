"""Which plan is in force, and how what happens to one is written down."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.db import lock
from bot.errors import NotFound
from bot.models import Customer, Plan, PlanEvent, PlanEventKind, PlanStatus

IN_FORCE = (PlanStatus.AGREED, PlanStatus.ACTIVE)


def current(session: Session, customer: Customer) -> Plan | None:
    """The plan of `customer` that is in force, if there is one."""
    return session.scalars(sa.select(Plan).where(Plan.customer_id == customer.id, Plan.status.in_(IN_FORCE))).first()


def in_force(session: Session, customer: Customer) -> Plan:
    """The plan of `customer` that is in force. Raises `NotFound`."""
    plan = current(session, customer)
    if plan is None:
        raise NotFound("There is no plan in force on this account.", about=customer.id)
    return plan


def named(session: Session, customer: Customer) -> set[uuid.UUID]:
    """The invoices that `customer` named in the plan that is in force, so that they are paid even in dispute (C9)."""
    plan = current(session, customer)
    return {part.invoice_id for part in plan.invoices if part.named} if plan else set()


def theirs(session: Session, plan_id: uuid.UUID, customer: Customer) -> Plan:
    """The plan of `customer` with this id, locked; the caller holds the customer's lock. Raises `NotFound`."""
    plan = lock(session, Plan, plan_id)
    if plan is None or plan.customer_id != customer.id:
        raise NotFound("There is no such plan on this account.", about=plan_id)
    return plan


def change(session: Session, plan: Plan, status: PlanStatus, actor: str, kept: dict[str, Any] | None = None) -> None:
    """Bring `plan` to `status`, with the event of the same name and what is `kept` with it (K8)."""
    plan.status = status
    record(session, plan, PlanEventKind(status), actor, kept)


def record(session: Session, plan: Plan, kind: PlanEventKind, actor: str, kept: dict[str, Any] | None = None) -> None:
    """Write down what happened to `plan`. `actor` is `customer`, `system` or `agent:<id>`."""
    session.add(PlanEvent(plan_id=plan.id, kind=kind, actor=actor, terms=kept))
    session.flush()


def count(session: Session, plan: Plan, kind: PlanEventKind) -> int:
    """How often that has happened to `plan`."""
    query = sa.select(sa.func.count()).where(PlanEvent.plan_id == plan.id, PlanEvent.kind == kind)
    return session.scalar(query) or 0
