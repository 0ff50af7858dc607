"""How a plan stands, by the ledger: whatever was paid on its invoices counts, however it was paid."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import ledger
from bot.models import Instalment, Plan, PlanInvoice, Posting
from bot.money import Money


@dataclass(frozen=True, slots=True)
class Progress:
    """How a plan stands. `next` is the earliest instalment not paid in full; `next_amount` of it is missing."""

    paid: Money
    remaining: Money
    next: Instalment | None
    next_amount: Money


def progress(session: Session, plan: Plan) -> Progress:
    """What of `plan` is paid. What is paid early or above an instalment counts for the ones after it.

    A discount is not part of it: a plan is paid when its `total` is.
    """
    paid = _paid(session, plan)
    first = next(iter(_unpaid(plan, paid)), None)
    missing = first[1] if first else 0

    def money(minor: int) -> Money:
        return Money(minor, plan.currency)

    return Progress(money(paid), money(plan.total - paid), first[0] if first else None, money(missing))


def unpaid(session: Session, plan: Plan) -> list[tuple[Instalment, int]]:
    """The instalments of `plan` not paid in full, in their order, each with the minor units that are missing."""
    return _unpaid(plan, _paid(session, plan))


def left_of(session: Session, plan: Plan) -> list[tuple[PlanInvoice, int]]:
    """The invoices of `plan` in their order, each with the minor units of its share that are still owed.

    While there is a discount they sum to that much more than what remains to be paid.
    """
    owed = ledger.balances(session, [ledger.invoice_account(part.invoice_id) for part in plan.invoices])
    return [
        (part, min(max(owed[ledger.invoice_account(part.invoice_id)] - part.beside, 0), part.amount))
        for part in plan.invoices
    ]


def discount_reference(plan: Plan) -> str:
    """What the references of the postings of its discount begin with."""
    return f"plan:{plan.id}:discount:"


def _paid(session: Session, plan: Plan) -> int:
    gone = sum(part.amount - left for part, left in left_of(session, plan))
    return min(gone - _let_off(session, plan), plan.total)


def _let_off(session: Session, plan: Plan) -> int:
    """What of the discount is posted to the invoices: nobody paid that."""
    if not plan.discount:
        return 0
    accounts = [ledger.invoice_account(part.invoice_id) for part in plan.invoices]
    own = Posting.reference.startswith(discount_reference(plan), autoescape=True)
    posted = sa.select(sa.func.coalesce(sa.func.sum(Posting.amount), 0)).where(own)
    given = posted.where(Posting.source.in_(accounts), Posting.destination == ledger.DISCOUNTS)
    undone = posted.where(Posting.destination.in_(accounts), Posting.source == ledger.DISCOUNTS)
    return int(session.scalar(given) or 0) - int(session.scalar(undone) or 0)


def _unpaid(plan: Plan, paid: int) -> list[tuple[Instalment, int]]:
    reached, found = 0, []
    for instalment in plan.instalments:
        reached += instalment.amount
        if reached > paid:
            found.append((instalment, min(reached - paid, instalment.amount)))
    return found
