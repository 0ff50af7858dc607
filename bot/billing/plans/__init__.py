"""Instalment plans: agreements, how they stand and how they end (K4, K8, S6, S7; design section 10, 3).

What is offered stands in `quotes`, `proposals`, `early_settlement` and `extended_terms`; what a customer may change in
`plan_changes`; what is asked when a day has passed in `missed_instalments`.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import invoices, mandates
from bot.billing.plans import early_settlement
from bot.billing.plans.coverage import is_still_owed
from bot.billing.plans.instalments import terms
from bot.billing.plans.offers import has_ended, offers
from bot.billing.plans.plan_states import IN_FORCE, change, current, record, theirs
from bot.billing.plans.progress import Progress, progress, unpaid
from bot.billing.plans.quotes import quote
from bot.billing.promises import promise, promises
from bot.db import lock
from bot.errors import Conflict
from bot.models import Approval, Customer, Plan, PlanEventKind, PlanStatus

__all__ = [
    "IN_FORCE",
    "Progress",
    "agree",
    "cancel",
    "complete",
    "current",
    "progress",
    "promise",
    "promises",
    "quote",
    "reopen",
    "terms",
    "unpaid",
]


def agree(session: Session, plan_id: uuid.UUID, customer: Customer, *, actor: str = "customer") -> Plan:
    """Take up the offer `plan_id`: it comes into force, the other offers end, the exact terms are kept (K8).

    An offer over the rest of the plan in force takes its place: that one ends at the same moment, and its mandate goes
    on with the new one. Agreed again it is the same plan. Raises `NotFound` for no such offer to this customer;
    `Conflict` with a sentence when the offer has ended or still needs an agent's approval, the balance has changed
    since, or another plan is in force (`about` is the plan).
    """
    lock(session, Customer, customer.id)
    plan = theirs(session, plan_id, customer)
    if plan.status in IN_FORCE:
        return plan
    if plan.status != PlanStatus.QUOTE:
        raise Conflict("This offer has ended. A new one is quickly made.", about=plan)
    former = current(session, customer)
    if former is not None and former.id != plan.replaces_id:
        raise Conflict("There is a plan for this balance already.", about=former)
    if has_ended(plan) or (former is None and plan.replaces_id is not None):
        raise Conflict("This offer has ended. A new one is quickly made.", about=plan)
    if plan.approval not in (None, Approval.GIVEN):
        raise Conflict("A person has to look at these terms first.", about=plan)
    if not is_still_owed(plan, invoices.standing(session, customer)):
        raise Conflict("The balance has changed since this offer was made. A new one is quickly made.", about=plan)
    for other in offers(session, customer):
        if other.id != plan.id:
            change(session, other, PlanStatus.CANCELLED, "system")
    if former is not None:
        _replace(session, former, plan, actor)
    change(session, plan, PlanStatus.AGREED, actor, terms(plan))
    change(session, plan, PlanStatus.ACTIVE, "system")
    return plan


def complete(session: Session, customer: Customer) -> Plan | None:
    """End the plan of `customer` as completed when all of it is paid, and give it; else None.

    Its discount is posted, so that every invoice that it covered ends at zero (K16). Paid after its day it has none:
    the plan is cancelled, and what is left is owed as before. The caller holds the customer.
    """
    plan = current(session, customer)
    if plan is None or progress(session, plan).remaining:
        return None
    if plan.discount and not early_settlement.is_in_time(session, customer, plan):
        change(session, plan, PlanStatus.CANCELLED, "system")
        mandates.end(session, plan)
        return None
    if plan.discount:
        early_settlement.let_off(session, plan)
    change(session, plan, PlanStatus.COMPLETED, "system")
    mandates.end(session, plan)
    return plan


def reopen(session: Session, customer: Customer) -> Plan | None:
    """Money went back: a plan that it had completed is in force again, if no other is; its discount is undone (S6).

    The plan that was reopened, else None; called again it changes nothing. The caller holds the customer. When the
    money comes again after all, `complete` ends the plan again.
    """
    completed = session.scalars(
        sa.select(Plan)
        .where(Plan.customer_id == customer.id, Plan.status == PlanStatus.COMPLETED)
        .order_by(Plan.created_at.desc(), Plan.id.desc())
    ).all()
    reopened = None
    for plan in completed:
        if not progress(session, plan).remaining:
            continue
        if plan.discount:
            early_settlement.take_back(session, customer, plan)
        if current(session, customer) is None:
            plan.status = PlanStatus.ACTIVE
            record(session, plan, PlanEventKind.REOPENED, "system", terms(plan))
            reopened = plan
    return reopened


def cancel(session: Session, plan_id: uuid.UUID, customer: Customer, *, actor: str = "customer") -> Plan:
    """End a plan or an offer before its time; what was paid stays paid. Cancelled again it is the same plan.

    Raises `NotFound`, and `Conflict` when it is completed or broken.
    """
    lock(session, Customer, customer.id)
    plan = theirs(session, plan_id, customer)
    if plan.status in (PlanStatus.COMPLETED, PlanStatus.BROKEN):
        raise Conflict("This plan has ended already.", about=plan)
    if plan.status != PlanStatus.CANCELLED:
        change(session, plan, PlanStatus.CANCELLED, actor)
        mandates.end(session, plan)
    return plan


def _replace(session: Session, former: Plan, plan: Plan, actor: str) -> None:
    mandates.carry(session, former, plan)
    former.status = PlanStatus.CANCELLED
    record(session, former, PlanEventKind.REPLACED, actor, {"by": str(plan.id)})
