"""Instalment plans: offers, agreements and how they stand (K4, K8, S7; design section 10, 3)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import invoices, ledger
from bot.billing.instalments import Terms, due_dates, terms
from bot.billing.invoices import Standing
from bot.billing.promises import promise, promises
from bot.db import lock
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import Customer, Instalment, Plan, PlanEvent, PlanStatus
from bot.money import Money

__all__ = [
    "Progress",
    "agree",
    "cancel",
    "complete",
    "current",
    "progress",
    "promise",
    "promises",
    "quote",
    "terms",
]

IN_FORCE = (PlanStatus.AGREED, PlanStatus.ACTIVE)


@dataclass(frozen=True, slots=True)
class Progress:
    """How a plan stands. `next` is the earliest instalment not paid in full; `next_amount` of it is missing."""

    paid: Money
    remaining: Money
    next: Instalment | None
    next_amount: Money


def quote(
    session: Session,
    customer: Customer,
    *,
    conversation_id: uuid.UUID | None,
    months: Sequence[int] | None = None,
    total: Money | None = None,
) -> list[Plan]:
    """Offers of equal monthly instalments over what is overdue and undisputed, or over `total` of it, shortest first.

    `months` are the lengths wanted; by default the policy's. The odd minor units are on the last instalment (S7). The
    same offer asked for again is the same plan. An offer with an instalment that Stripe would not charge is left out.
    Raises `InvalidInput` when nothing is overdue, `total` is out of bounds or no length is possible; `Conflict` when a
    plan is in force already (`about` is that plan).
    """
    lock(session, Customer, customer.id)
    if (existing := current(session, customer)) is not None:
        raise Conflict("There is a plan for this balance already.", about=existing)
    standing = invoices.standing(session, customer)
    total = _total(total, standing, customer)
    first = clock.today(customer.time_zone) + dt.timedelta(days=policies.plans().first_due_days)
    offers = _offers(session, customer)
    quotes = []
    for length in _lengths(months):
        wanted = Terms.of(total, due_dates(first, length), standing)
        if wanted.can_be_charged():
            offer = next((offer for offer in offers if wanted.are_those_of(offer) and not _has_ended(offer)), None)
            quotes.append(offer or _put_down(session, customer, conversation_id, wanted))
    if not quotes:
        raise InvalidInput("That is too many instalments for this amount; fewer of them would work.", about=total)
    session.flush()
    return quotes


def agree(session: Session, plan_id: uuid.UUID, customer: Customer, *, actor: str = "customer") -> Plan:
    """Take up the offer `plan_id`: it comes into force, the other offers end, the exact terms are kept (K8).

    Agreed again it is the same plan. Raises `NotFound` for no such offer to this customer; `Conflict` with a sentence
    when the offer has ended, the balance has changed since, or another plan is in force (`about` is the plan).
    """
    lock(session, Customer, customer.id)
    plan = _theirs(session, plan_id, customer)
    if plan.status in IN_FORCE:
        return plan
    if plan.status != PlanStatus.QUOTE:
        raise Conflict("This offer has ended. A new one is quickly made.", about=plan)
    if (existing := current(session, customer)) is not None:
        raise Conflict("There is a plan for this balance already.", about=existing)
    if _has_ended(plan):
        raise Conflict("This offer has ended. A new one is quickly made.", about=plan)
    if not _still_owed(plan, invoices.standing(session, customer)):
        raise Conflict("The balance has changed since this offer was made. A new one is quickly made.", about=plan)
    for offer in _offers(session, customer):
        if offer.id != plan.id:
            _change(session, offer, PlanStatus.CANCELLED, "system")
    session.flush()
    _change(session, plan, PlanStatus.AGREED, actor, terms(plan))
    _change(session, plan, PlanStatus.ACTIVE, "system")
    session.flush()
    return plan


def current(session: Session, customer: Customer) -> Plan | None:
    """The plan of `customer` that is in force, if there is one."""
    return session.scalars(sa.select(Plan).where(Plan.customer_id == customer.id, Plan.status.in_(IN_FORCE))).first()


def progress(session: Session, plan: Plan) -> Progress:
    """What of `plan` is paid, by the ledger: whatever was paid on its invoices counts, however it was paid."""
    accounts = {ledger.invoice_account(part.invoice_id): part.amount for part in plan.invoices}
    owed = ledger.balances(session, accounts)
    paid = sum(max(amount - max(owed[account], 0), 0) for account, amount in accounts.items())
    reached = 0
    for instalment in plan.instalments:
        reached += instalment.amount
        if reached > paid:
            return _progress(plan, paid, instalment, reached - paid)
    return _progress(plan, paid, None, 0)


def complete(session: Session, customer: Customer) -> Plan | None:
    """End the plan of `customer` as completed when all of it is paid, and give it; else None."""
    plan = current(session, customer)
    if plan is None or progress(session, plan).remaining:
        return None
    _change(session, plan, PlanStatus.COMPLETED, "system")
    return plan


def cancel(session: Session, plan_id: uuid.UUID, customer: Customer, *, actor: str = "customer") -> Plan:
    """End a plan or an offer before its time; what was paid stays paid. Cancelled again it is the same plan.

    Raises `NotFound`, and `Conflict` when it is completed or broken.
    """
    lock(session, Customer, customer.id)
    plan = _theirs(session, plan_id, customer)
    if plan.status in (PlanStatus.COMPLETED, PlanStatus.BROKEN):
        raise Conflict("This plan has ended already.", about=plan)
    if plan.status != PlanStatus.CANCELLED:
        _change(session, plan, PlanStatus.CANCELLED, actor)
        session.flush()
    return plan


def _total(total: Money | None, standing: Standing, customer: Customer) -> Money:
    most = standing.payable_overdue
    if not most:
        raise InvalidInput("Nothing is overdue on this account, so there is nothing to spread out.", about=most)
    if total is None:
        return most
    if not Money.zero(most.currency) < total <= most:
        words = most.format(customer.language)
        raise InvalidInput(f"A plan can spread out what is overdue, up to {words}.", about=most)
    return total


def _lengths(months: Sequence[int] | None) -> list[int]:
    longest = policies.plans().longest_months
    wanted = sorted(set(months if months is not None else policies.plans().offered_months))
    if not wanted or wanted[0] < 1 or wanted[-1] > longest:
        raise InvalidInput(f"A plan runs for one to {longest} months.", about=longest)
    return wanted


def _offers(session: Session, customer: Customer) -> list[Plan]:
    return list(
        session.scalars(sa.select(Plan).where(Plan.customer_id == customer.id, Plan.status == PlanStatus.QUOTE))
    )


def _has_ended(offer: Plan) -> bool:
    return offer.expires_at is not None and offer.expires_at <= clock.now()


def _put_down(session: Session, customer: Customer, conversation_id: uuid.UUID | None, wanted: Terms) -> Plan:
    ends = clock.now() + dt.timedelta(hours=policies.plans().quote_hours)
    plan = Plan(
        customer_id=customer.id,
        conversation_id=conversation_id,
        total=wanted.total.minor,
        currency=wanted.total.currency,
        expires_at=ends,
        instalments=wanted.instalments(),
        invoices=wanted.invoices(),
    )
    session.add(plan)
    return plan


def _theirs(session: Session, plan_id: uuid.UUID, customer: Customer) -> Plan:
    plan = lock(session, Plan, plan_id)
    if plan is None or plan.customer_id != customer.id:
        raise NotFound("There is no such plan on this account.", about=plan_id)
    return plan


def _still_owed(plan: Plan, standing: Standing) -> bool:
    owed = {item.invoice.id: item.owed.minor for item in standing.items if not item.disputed}
    return all(owed.get(part.invoice_id, 0) >= part.amount for part in plan.invoices)


def _change(session: Session, plan: Plan, status: PlanStatus, actor: str, kept: dict[str, Any] | None = None) -> None:
    plan.status = status
    session.add(PlanEvent(plan_id=plan.id, kind=status, actor=actor, terms=kept))


def _progress(plan: Plan, paid: int, next_: Instalment | None, missing: int) -> Progress:
    def money(minor: int) -> Money:
        return Money(minor, plan.currency)

    return Progress(money(paid), money(plan.total - paid), next_, money(missing))
