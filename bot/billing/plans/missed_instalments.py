"""Instalments whose day has passed: first a kind question, only then, by policy, an end of the plan (K1, K7).

`plans_behind` finds such plans among all by one query; `look_into` decides about one under the customer's lock, once on
each of the customer's days, so that any number of workers may run.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import invoices, mandates
from bot.billing.holds import is_stopped
from bot.billing.plans.coverage import in_steps
from bot.billing.plans.instalments import can_be_charged
from bot.billing.plans.plan_states import change, record, theirs
from bot.billing.plans.progress import left_of, unpaid
from bot.billing.promises import promises
from bot.db import lock
from bot.models import (
    Case,
    Customer,
    Hold,
    Instalment,
    MandateStatus,
    Payment,
    PaymentStatus,
    Plan,
    PlanEvent,
    PlanEventKind,
    PlanStatus,
    Promise,
    Proposal,
)
from bot.money import Money
from bot.policies import Stop

CASE = "plan_broken"


@dataclass(frozen=True, slots=True)
class Missed:
    """What the customer is to be asked about: instalments whose day has passed, and how much of them is missing."""

    plan: Plan
    instalments: list[Instalment]
    missing: Money


def look_into(session: Session, plan_id: uuid.UUID, customer: Customer, *, may_ask: bool) -> Missed | None:
    """What `customer` is to be asked now about `plan_id`, if anything; with `may_ask` it is written down that they were
    (MISSED).

    Nothing while a hold binds, a promise is open, a payment is on its way or autopay goes on trying; nothing about what
    is disputed (C9); nothing when the day has had its look. `may_ask` says whether there is somebody to ask. A plan
    whose question was followed by silence for as long as the policy says is broken, with a case for the desk.
    """
    lock(session, Customer, customer.id)
    plan = theirs(session, plan_id, customer)
    today = clock.today(customer.time_zone)
    if plan.status != PlanStatus.ACTIVE or (plan.looked_on is not None and plan.looked_on >= today):
        return None
    plan.looked_on = today
    late = [part for part, _ in unpaid(session, plan) if is_past(part, today)]
    missing = _missing(session, plan, customer, late)
    # What is too little to be charged cannot be paid alone, and is paid with the next (S4).
    if not can_be_charged(in_steps(missing)) or _may_wait(session, plan, customer, late[0], today):
        session.flush()
        return None
    asked = [part.asked_at for part in late if part.asked_at is not None]
    if asked and _last_sign(session, plan, customer, asked) <= clock.now() - _patience():
        _break(session, plan)
        return None
    new = [part for part in late if part.asked_at is None]
    if new and may_ask:
        for part in new:
            part.asked_at = clock.now()
        record(session, plan, PlanEventKind.MISSED, "system", {"instalments": [part.number for part in new]})
    session.flush()
    return Missed(plan, late, missing) if new else None


def is_past(part: Instalment, today: dt.date) -> bool:
    """Whether the day of `part` has passed for as long as the policy waits."""
    return part.due_on <= last_past_day(today)


def last_past_day(today: dt.date) -> dt.date:
    """The last day whose instalments are asked about on `today`; never today's own."""
    return today - dt.timedelta(days=max(policies.plans().missed.ask_after_days, 1))


def _missing(session: Session, plan: Plan, customer: Customer, late: list[Instalment]) -> Money:
    """What of `late` is missing, without what is disputed and was not named (C9)."""
    numbers = {part.number for part in late}
    missing = sum(minor for part, minor in unpaid(session, plan) if part.number in numbers)
    disputed = {item.invoice.id for item in invoices.standing(session, customer).items if item.disputed}
    payable = sum(left for part, left in left_of(session, plan) if part.named or part.invoice_id not in disputed)
    return Money(min(missing, payable), plan.currency)


def _may_wait(session: Session, plan: Plan, customer: Customer, first: Instalment, today: dt.date) -> bool:
    on_its_way = sa.select(Payment.id).where(
        Payment.customer_id == customer.id, Payment.status == PaymentStatus.PROCESSING
    )
    return (
        is_stopped(session, customer.id, Stop.PLAN_REMINDERS)
        or any(promise.due_on >= today for promise in promises(session, customer))
        or session.scalars(on_its_way).first() is not None
        or _autopay_goes_on(session, plan, customer, first, today)
    )


def _autopay_goes_on(session: Session, plan: Plan, customer: Customer, first: Instalment, today: dt.date) -> bool:
    """Whether the saved card may still be tried for `first`. A mandate that will not do is suspended, and says so."""
    mandate = mandates.current(session, customer)
    if mandate is None or mandate.plan_id != plan.id or mandate.status != MandateStatus.ACTIVE:
        return False
    return today <= first.due_on + dt.timedelta(days=sum(policies.autopay().retry_after_days) + 1)


def _patience() -> dt.timedelta:
    return dt.timedelta(days=policies.plans().missed.broken_after_days)


def _last_sign(session: Session, plan: Plan, customer: Customer, asked: list[dt.datetime]) -> dt.datetime:
    """When the question was last asked, or something was paid, agreed, proposed or promised, or a hold ended, since."""
    signs = (
        sa.select(sa.func.max(Payment.settled_at)).where(Payment.customer_id == customer.id),
        sa.select(sa.func.max(Proposal.created_at)).where(Proposal.customer_id == customer.id),
        sa.select(sa.func.max(Promise.created_at)).where(Promise.customer_id == customer.id),
        sa.select(sa.func.max(Hold.lifted_at)).where(Hold.customer_id == customer.id),
        sa.select(sa.func.max(PlanEvent.at)).where(
            PlanEvent.plan_id == plan.id, PlanEvent.kind != PlanEventKind.MISSED
        ),
    )
    found = [session.scalar(sign) for sign in signs]
    return max(*asked, *(sign for sign in found if sign is not None))


def _break(session: Session, plan: Plan) -> None:
    change(session, plan, PlanStatus.BROKEN, "system")
    mandates.end(session, plan)
    summary = f"Instalments were missed and our question found no answer, so the plan has ended. Plan {plan.id}."
    session.add(Case(kind=CASE, customer_id=plan.customer_id, conversation_id=plan.conversation_id, summary=summary))
    session.flush()
