"""Plans at the desk: what the dialogs need to know, quotes instalment by instalment, trials of changes (K4, K8)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import invoices, plans
from bot.billing.holds import holds_on
from bot.billing.plans import agent_quotes, coverage, extended_terms, plan_changes, plan_states
from bot.billing.plans.agent_quotes import Quoted
from bot.billing.plans.counter_offers import Limit, Wish
from bot.billing.plans.progress import unpaid
from bot.billing.plans.schedules import last_first_day
from bot.conversations import sent_offers
from bot.desk.auth import Seat
from bot.desk.customer.money import amount, decides_for
from bot.desk.thread.lines import instant
from bot.errors import Conflict, InvalidInput
from bot.models import Approval, Customer, Frequency, HoldKind, Plan, PlanEventKind, PlanKind, PlanStatus
from bot.money import Money

Json = dict[str, Any]

# What the nearest terms differ in from those asked for.
_NEAREST = {
    Limit.FREQUENCY: "another rhythm",
    Limit.FIRST: "another first day",
    Limit.DOWN: "another part paid now",
    Limit.LENGTH: "fewer instalments, as it would have run for too long",
    Limit.AMOUNT: "another amount for each",
}


class Terms(BaseModel):
    """Terms as the page sends them: so many instalments, or of so much each (minor units). `down` is due today;
    `longer` asks for terms beyond the assistant's, in hardship."""

    frequency: Frequency = Frequency.MONTHLY
    count: int | None = Field(None, ge=1, le=260)
    each: int | None = Field(None, ge=1, le=10**12)
    first: dt.date | None = None
    down: int | None = Field(None, ge=1, le=10**12)
    invoice_ids: list[uuid.UUID] = Field(default_factory=list, max_length=200)
    longer: bool = False


class Change(BaseModel):
    """Another day for one instalment, for those after it too, or a pause of so many days."""

    number: int | None = Field(None, ge=0, le=1000)
    to: dt.date | None = None
    following: bool = False
    pause: int | None = Field(None, ge=1, le=366)


def room(session: Session, customer: Customer) -> Json:
    """What may be agreed and changed: over what, how long, from when; and what is left of the plan in force."""
    policy, today = policies.plans(), clock.today(customer.time_zone)
    plan = plans.current(session, customer)
    standing = invoices.standing(session, customer)
    return {
        "currency": customer.currency,
        "frequencies": policy.frequencies,
        "longest_months": policy.longest_months,
        "extended_months": policy.extended_months,
        "hardship": HoldKind.HARDSHIP in holds_on(session, customer.id),
        "today": today.isoformat(),
        "first_day": (today + dt.timedelta(days=policy.first_due_days)).isoformat(),
        "last_first_day": last_first_day(today).isoformat(),
        "covers": amount(_covered(session, customer, plan)),
        "invoices": [
            {
                "id": str(item.invoice.id),
                "number": item.invoice.number,
                "description": item.invoice.description,
                "owed": amount(item.owed),
                "overdue": item.days_late > 0 and not item.disputed,
                "disputed": item.disputed,
            }
            for item in standing.items
        ],
        "plan": _changeable(session, plan, today) if plan else None,
    }


def quote(session: Session, seat: Seat, customer: Customer, asked: Terms, conversation_id: uuid.UUID) -> Quoted:
    """The offer for `asked`. Raises as `agent_quotes` does; `InvalidInput` without a number or an amount."""
    if (asked.count is None) == (asked.each is None):
        raise InvalidInput("Say how many instalments, or how much each is.")
    wish = Wish(
        each=Money(asked.each, customer.currency) if asked.each else None,
        frequency=asked.frequency,
        count=asked.count,
        first=asked.first,
        down=Money(asked.down, customer.currency) if asked.down else None,
    )
    chosen = asked.invoice_ids or None
    if asked.longer:
        return agent_quotes.quote_longer(
            session, seat.agent, customer, wish, conversation_id=conversation_id, invoice_ids=chosen
        )
    return agent_quotes.quote(session, customer, wish, conversation_id=conversation_id, invoice_ids=chosen)


def change(session: Session, seat: Seat, customer: Customer, plan_id: uuid.UUID, asked: Change) -> Plan:
    """The plan with `asked` done to it. Raises as `plan_changes` does, and `Conflict` with what to do instead when it
    was changed as often as it may be."""
    actor = f"agent:{seat.agent.id}"
    limits = policies.plans().changes
    kind, most = (PlanEventKind.PAUSED, limits.pauses) if asked.pause else (PlanEventKind.MOVED, limits.times)
    plan = plan_states.theirs(session, plan_id, customer)
    if plan_states.count(session, plan, kind) >= most:
        done = "paused" if asked.pause else "moved"
        raise Conflict(f"This plan was {done} as often as it may be. Agree new terms for what is left instead.")
    if asked.pause:
        return plan_changes.pause(session, plan_id, customer, asked.pause, actor=actor)
    if asked.number is None or asked.to is None:
        raise InvalidInput("Choose an instalment and its new day.")
    return plan_changes.move(session, plan_id, customer, asked.number, asked.to, following=asked.following, actor=actor)


def tried(session: Session, seat: Seat, customer: Customer, plan_id: uuid.UUID, asked: Change) -> Json:
    """What `asked` would come to, by doing it and taking it back; nothing of it is kept (K8)."""
    with session.begin_nested() as savepoint:
        plan = change(session, seat, customer, plan_id, asked)
        after = [_part(part.number, part.due_on, minor, plan.currency) for part, minor in unpaid(session, plan)]
        savepoint.rollback()
    return {"instalments": after}


def quoted(session: Session, seat: Seat, found: Quoted) -> Json:
    """The offer as the page shows it, with what differs from what was asked for."""
    differs = [_NEAREST[limit] for limit in Limit if limit in found.limits]
    return offered(session, seat, found.plan) | {"differs": differs}


def offered(session: Session, seat: Seat, plan: Plan) -> Json:
    """An offer: its instalments, until when it holds, and whether somebody has to allow it first."""
    may = extended_terms.may_approve(session, plan, seat.agent) and decides_for(session, seat, plan.customer_id)
    return {
        "id": str(plan.id),
        "kind": plan.kind,
        "frequency": plan.frequency,
        "total": amount(Money(plan.total, plan.currency)),
        "instalments": [_part(part.number, part.due_on, part.amount, plan.currency) for part in plan.instalments],
        "expires_at": instant(plan.expires_at),
        "approval": plan.approval,
        "may_approve": plan.approval == Approval.ASKED and may,
        "replaces": plan.replaces_id is not None,
    }


def waiting(session: Session, seat: Seat, customer: Customer) -> list[Json]:
    """The offers that somebody is to decide or the customer is to answer: longer terms asked for or allowed, and what
    was sent for their yes, oldest first. `yes` is whether they have pressed it."""
    asked = session.scalars(
        sa.select(Plan)
        .where(
            Plan.customer_id == customer.id,
            Plan.kind == PlanKind.EXTENDED,
            Plan.status == PlanStatus.QUOTE,
            Plan.expires_at > clock.now(),
        )
        .order_by(Plan.created_at)
    )
    sent = dict(sent_offers.waiting(session, customer))
    both = sorted({*asked, *sent}, key=lambda plan: (plan.created_at, plan.id))
    return [offered(session, seat, plan) | {"sent": plan in sent, "yes": sent.get(plan, False)} for plan in both]


def _covered(session: Session, customer: Customer, plan: Plan | None) -> Money:
    try:
        return (coverage.rest(session, customer, plan) if plan else coverage.coverage(session, customer)).total
    except InvalidInput:
        return Money.zero(customer.currency)


def _changeable(session: Session, plan: Plan, today: dt.date) -> Json:
    changes, ahead = policies.plans().changes, unpaid(session, plan)
    left = plans.progress(session, plan).remaining
    return {
        "id": str(plan.id),
        "left": amount(left),
        "ahead": [_part(part.number, part.due_on, minor, plan.currency) for part, minor in ahead],
        "moves_left": max(changes.times - plan_states.count(session, plan, PlanEventKind.MOVED), 0),
        "pauses_left": max(changes.pauses - plan_states.count(session, plan, PlanEventKind.PAUSED), 0),
        "pause_days": changes.pause_days,
        "move_days": changes.days,
        "early": plan.kind == PlanKind.EARLY,
    }


def _part(number: int, due_on: dt.date, minor: int, currency: str) -> Json:
    return {"number": number, "due_on": due_on.isoformat(), "amount": amount(Money(minor, currency))}
