"""Proposals: terms in the customer's own words ("60 every second Friday"), taken as they are within policy, met with
the nearest that the policy allows, or passed to a person (K4, K7; design section 10, 1)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.holds import holds_on
from bot.billing.plans.counter_offers import Limit, Wish, answer_to
from bot.billing.plans.coverage import coverage, rest
from bot.billing.plans.offers import offer
from bot.billing.plans.plan_states import current
from bot.billing.plans.quotes import rhythm_of
from bot.db import lock
from bot.models import (
    Customer,
    HoldKind,
    Plan,
    PlanEvent,
    PlanEventKind,
    Proposal,
    ProposalOutcome,
)
from bot.money import Money

# Counter-offers of longer ago are forgotten: the customer starts afresh.
REMEMBERED = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a proposal.

    `plans` are offers that the customer may agree: with `ACCEPTED` exactly what was asked for, with `COUNTERED` the
    nearest that the policy allows, none with `TO_PERSON`. `limits` say what stood in the way. `fits` is what each
    instalment of the nearest terms comes to; `lasts` is how many months it would take as asked, when that is too long.
    `longer` says that more time may be asked for, with a person's approval: see `extended_terms`.
    """

    outcome: ProposalOutcome
    plans: list[Plan]
    limits: frozenset[Limit]
    fits: Money
    lasts: int | None
    longer: bool


def propose(
    session: Session,
    customer: Customer,
    wish: Wish,
    *,
    conversation_id: uuid.UUID | None,
    total: Money | None = None,
    invoice_ids: Sequence[uuid.UUID] | None = None,
) -> Reply:
    """Answer `wish` for what `quote` would cover, or, while a plan is in force, for what is left of it.

    Each proposal is written down with its outcome. When as many as the policy says were met with other terms since the
    last agreement, the next that cannot be taken as it is goes to a person. Raises as `quote` does when nothing can be
    spread out, and `InvalidInput` for a wish that makes no sense (an amount of nothing).
    """
    lock(session, Customer, customer.id)
    plan = current(session, customer)
    over = rest(session, customer, plan) if plan else coverage(session, customer, total=total, invoice_ids=invoice_ids)
    answer = answer_to(wish, over, clock.today(customer.time_zone), rhythm_of(plan) if plan else None)
    outcome = ProposalOutcome.ACCEPTED
    if answer.limits:
        rounds = _rounds(session, customer)
        over_now = rounds >= policies.plans().counter_offer_rounds
        outcome = ProposalOutcome.TO_PERSON if over_now else ProposalOutcome.COUNTERED
    session.add(Proposal(customer_id=customer.id, conversation_id=conversation_id, asked=wish.asked(), outcome=outcome))
    plans = (
        [offer(session, customer, conversation_id, terms) for terms in answer.terms]
        if outcome != ProposalOutcome.TO_PERSON
        else []
    )
    session.flush()
    longer = Limit.LENGTH in answer.limits and HoldKind.HARDSHIP in holds_on(session, customer.id)
    return Reply(outcome, plans, answer.limits, answer.fits, answer.lasts, longer)


def _rounds(session: Session, customer: Customer) -> int:
    """How many proposals were met with other terms since the last agreement."""
    agreed = session.scalar(
        sa.select(sa.func.max(PlanEvent.at))
        .join(Plan, PlanEvent.plan_id == Plan.id)
        .where(Plan.customer_id == customer.id, PlanEvent.kind == PlanEventKind.AGREED)
    )
    since = max(agreed or dt.datetime.min.replace(tzinfo=dt.UTC), clock.now() - REMEMBERED)
    query = sa.select(sa.func.count()).where(
        Proposal.customer_id == customer.id,
        Proposal.outcome == ProposalOutcome.COUNTERED,
        Proposal.created_at > since,
    )
    return session.scalar(query) or 0
