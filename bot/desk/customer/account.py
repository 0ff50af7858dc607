"""A verified customer's account as the desk shows it: what is owed, the plan, payments under way, promises."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import invoices, plans
from bot.desk.auth import Seat
from bot.desk.customer import plan_desk
from bot.desk.customer.money import amount
from bot.desk.thread.lines import instant
from bot.models import Customer, Payment, Plan, Promise, PromiseStatus
from bot.money import Money, total

RECENT = 8


def account(session: Session, seat: Seat, customer: Customer) -> dict[str, Any]:
    """Amounts come formatted, and beside them in minor units. Call it only while identity is proven (P1)."""
    standing, today = invoices.standing(session, customer), clock.today(customer.time_zone)
    plan = plans.current(session, customer)
    planned = {part.invoice_id for part in plan.invoices} if plan else set()
    # What a plan covers is not late any more, nor is what is disputed (C9); the assistant says the same.
    late = [item for item in standing.items if item.days_late and not item.disputed and item.invoice.id not in planned]
    return {
        "customer_id": str(customer.id),
        "currency": standing.currency,
        "total": amount(standing.total),
        "overdue": amount(total((item.owed for item in late), standing.currency)),
        "credit": amount(standing.credit),
        "invoices": [
            {
                "id": str(item.invoice.id),
                "number": item.invoice.number,
                "description": item.invoice.description,
                "due_on": item.invoice.due_on.isoformat(),
                "days_late": item.days_late if item in late else 0,
                "planned": item.invoice.id in planned,
                "owed": amount(item.owed),
                "disputed": item.disputed,
            }
            for item in standing.items
        ],
        "plan": _plan(session, customer, plan) if plan else None,
        "offers": plan_desk.waiting(session, seat, customer),
        "payments": _payments(session, customer),
        "promises": _promises(session, customer),
        "today": today.isoformat(),
        "promise_until": (today + dt.timedelta(days=policies.plans().promise_days)).isoformat(),
    }


def _plan(session: Session, customer: Customer, plan: Plan) -> dict[str, Any]:
    paid, today = plans.progress(session, plan).paid, clock.today(customer.time_zone)
    rest, instalments = paid.minor, []
    for instalment in plan.instalments:
        covered = min(rest, instalment.amount)
        rest -= covered
        open_ = "late" if instalment.due_on < today else "due"
        instalments.append(
            {
                "number": instalment.number,
                "due_on": instalment.due_on.isoformat(),
                "amount": amount(Money(instalment.amount, plan.currency)),
                "state": "paid" if covered == instalment.amount else open_,
            }
        )
    return {
        "id": str(plan.id),
        "status": plan.status,
        "frequency": plan.frequency,
        "total": amount(Money(plan.total, plan.currency)),
        "paid": amount(paid),
        "instalments": instalments,
    }


def _payments(session: Session, customer: Customer) -> list[dict[str, Any]]:
    """The newest ones that are alive or came to something; links that a newer one replaced are noise here."""
    rows = session.scalars(
        sa.select(Payment)
        .where(Payment.customer_id == customer.id, Payment.superseded_at.is_(None))
        .order_by(Payment.created_at.desc())
        .limit(RECENT)
    )
    return [
        {
            "id": str(payment.id),
            "amount": amount(Money(payment.amount, payment.currency)),
            "status": payment.status,
            "at": instant(payment.settled_at or payment.created_at),
        }
        for payment in rows
    ]


def _promises(session: Session, customer: Customer) -> list[dict[str, Any]]:
    rows = session.scalars(
        sa.select(Promise)
        .where(Promise.customer_id == customer.id, Promise.status != PromiseStatus.CORRECTED)
        .order_by(Promise.due_on.desc())
        .limit(RECENT)
    )
    return [
        {
            "amount": amount(Money(promise.amount, promise.currency)),
            "due_on": promise.due_on.isoformat(),
            "status": promise.status,
        }
        for promise in rows
    ]
