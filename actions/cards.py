"""Cards: what a channel may show beside a text that stands alone (design section 7). Amounts in minor units."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from bot.billing.invoices import Standing
from bot.models import Plan
from bot.money import Money


def invoices(standing: Standing, overdue: Money, planned: Collection[uuid.UUID]) -> dict[str, Any]:
    """What is open, oldest due date first. What is disputed or `planned` is not shown as late."""
    return {
        "kind": "invoices",
        "currency": standing.currency,
        "total": standing.total.minor,
        "overdue": overdue.minor,
        "items": [
            {
                "number": item.invoice.number,
                "description": item.invoice.description,
                "due_on": item.invoice.due_on.isoformat(),
                "amount": item.owed.minor,
                "days_late": 0 if item.disputed or item.invoice.id in planned else item.days_late,
                "disputed": item.disputed,
            }
            for item in standing.items
        ],
    }


def pay_link(url: str, amount: Money) -> dict[str, Any]:
    """Where `amount` is paid."""
    return {"kind": "pay_link", "url": url, "amount": amount.minor, "currency": amount.currency}


def plan_options(plans: Sequence[Plan], titles: Sequence[str]) -> dict[str, Any]:
    """The offers, each with the payload that chooses it and the title that the choice has in the transcript."""
    return {
        "kind": "plan_options",
        "currency": plans[0].currency,
        "total": plans[0].total,
        "options": [{"title": title, **_option(plan)} for plan, title in zip(plans, titles, strict=True)],
    }


def plan_schedule(plan: Plan, paid: int = 0) -> dict[str, Any]:
    """One plan with its status, `quote` before it is agreed; the first `paid` instalments are marked so (K9)."""
    option = _option(plan)
    for number, part in enumerate(option["instalments"], start=1):
        part["status"] = "paid" if number <= paid else "due"
    return {
        "kind": "plan_schedule",
        "currency": plan.currency,
        "total": plan.total,
        "status": str(plan.status),
        **option,
    }


def document(url: str, title: str) -> dict[str, Any]:
    """Where a receipt or a statement is read; `title` is what the link to it says."""
    return {"kind": "statement", "url": url, "title": title}


def choose(plan: Plan) -> str:
    """The payload of a button that chooses `plan`."""
    return f'/inform{{"plan": "{plan.id}"}}'


def _option(plan: Plan) -> dict[str, Any]:
    return {
        "id": str(plan.id),
        "payload": choose(plan),
        "instalments": [{"due_on": part.due_on.isoformat(), "amount": part.amount} for part in plan.instalments],
    }
