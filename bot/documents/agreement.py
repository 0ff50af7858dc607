"""The plan that was in force at an instant, with its schedule and what of it was paid (K8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing.plans import terms
from bot.documents.account import Account
from bot.models import Customer, Plan, PlanEvent, PlanEventKind, PlanStatus
from bot.money import Money

BEGINS = {PlanEventKind.AGREED, PlanEventKind.ACTIVE, PlanEventKind.REOPENED}
ENDS = {PlanEventKind.COMPLETED, PlanEventKind.BROKEN, PlanEventKind.CANCELLED, PlanEventKind.REPLACED}


@dataclass(frozen=True, slots=True)
class Part:
    """An instalment: `paid` of `amount` is in."""

    due_on: dt.date
    amount: Money
    paid: Money


@dataclass(frozen=True, slots=True)
class Agreement:
    """A plan as it was agreed. The amounts of `parts` sum to `total`, their paid parts to `paid` (S7)."""

    total: Money
    paid: Money
    discount: Money
    parts: tuple[Part, ...]


def in_force(session: Session, customer: Customer, account: Account, as_of: dt.datetime) -> Agreement | None:
    """The plan of `customer` that was in force at `as_of` on the terms of then, or None.

    Whatever was paid on its invoices counts for it, the earliest instalment first.
    """
    for plan in session.scalars(
        sa.select(Plan).where(Plan.customer_id == customer.id, Plan.status != PlanStatus.QUOTE).order_by(Plan.id.desc())
    ):
        events = session.scalars(
            sa.select(PlanEvent).where(PlanEvent.plan_id == plan.id, PlanEvent.at <= as_of).order_by(PlanEvent.id)
        ).all()
        turns = [event.kind for event in events if event.kind in BEGINS | ENDS]
        if turns and turns[-1] in BEGINS:
            kept = [event.terms for event in events if event.terms and "instalments" in event.terms]
            return _agreement(plan, kept[-1] if kept else terms(plan), account)
    return None


def _agreement(plan: Plan, agreed: dict[str, Any], account: Account) -> Agreement:
    # As `billing.progress` has it for the present.
    left = (min(max(account.owed(part.invoice_id).minor - part.beside, 0), part.amount) for part in plan.invoices)
    paid = min(sum(part.amount for part in plan.invoices) - sum(left), plan.total)
    return Agreement(
        account.money(plan.total),
        account.money(paid),
        account.money(plan.discount),
        tuple(_parts(agreed["instalments"], paid, account)),
    )


def _parts(instalments: Sequence[dict[str, Any]], paid: int, account: Account) -> list[Part]:
    parts = []
    for instalment in instalments:
        part = min(paid, instalment["amount"])
        paid -= part
        due_on = dt.date.fromisoformat(instalment["due_on"])
        parts.append(Part(due_on, account.money(instalment["amount"]), account.money(part)))
    return parts
