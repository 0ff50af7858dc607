"""Terms that an agent puts together with a customer: the bot's own within its policy; in hardship longer ones, by the
word of a second person (K4, K7, K13)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.holds import holds_on
from bot.billing.plans import extended_terms
from bot.billing.plans.counter_offers import Limit, Wish, answer_to
from bot.billing.plans.coverage import Coverage, coverage, rest
from bot.billing.plans.instalments import Terms, equal_parts, parts_of
from bot.billing.plans.offers import offer
from bot.billing.plans.plan_states import current
from bot.billing.plans.quotes import after_down, check_frequency, rhythm_of, with_down
from bot.billing.plans.schedules import Rhythm, months_later
from bot.db import lock
from bot.errors import InvalidInput, NotAllowed
from bot.models import Agent, Approval, Customer, Frequency, HoldKind, Plan, PlanKind, Role


@dataclass(frozen=True, slots=True)
class Quoted:
    """The offer, and what of the wish stood outside the policy, so that the nearest was taken."""

    plan: Plan
    limits: frozenset[Limit]


def quote(
    session: Session,
    customer: Customer,
    wish: Wish,
    *,
    conversation_id: uuid.UUID | None,
    invoice_ids: Sequence[uuid.UUID] | None = None,
) -> Quoted:
    """An offer of `wish`, or of what is nearest to it within the policy, over what is overdue, over the invoices that
    the customer chose (C9), or while a plan is in force over its rest. The same again is the same offer.

    A proposal of the customer's own counts against nothing here. Raises `InvalidInput` when there is nothing to spread
    out or the wish makes no sense, `NotFound` for an invoice that is not open.
    """
    over, before = _over(session, customer, invoice_ids)
    answer = answer_to(wish, over, clock.today(customer.time_zone), before)
    return Quoted(offer(session, customer, conversation_id, answer.terms[0]), answer.limits)


def quote_longer(
    session: Session,
    agent: Agent,
    customer: Customer,
    wish: Wish,
    *,
    conversation_id: uuid.UUID | None,
    invoice_ids: Sequence[uuid.UUID] | None = None,
) -> Quoted:
    """The same for a customer in hardship, beyond the policy's longest and up to its extended length.

    A specialist's own offer holds at once; another agent's waits for somebody else (`extended_terms.approve`). Terms
    that are not longer than usual are an ordinary offer. Raises `NotAllowed` without a hardship hold, `InvalidInput`
    for terms longer than the extended length (`about` is the longest, in months), or as `quote` does.
    """
    over, before = _over(session, customer, invoice_ids)
    if HoldKind.HARDSHIP not in holds_on(session, customer.id):
        raise NotAllowed("Longer terms are for times of hardship: place that hold first.", about=customer.id)
    terms = _longer(over, wish, before, clock.today(customer.time_zone))
    if not _is_longer(terms):
        return quote(session, customer, wish, conversation_id=conversation_id, invoice_ids=invoice_ids)
    if not terms.can_be_charged():
        raise InvalidInput("That is too many instalments for this amount; fewer of them would work.", about=over.total)
    plan = offer(session, customer, conversation_id, terms)
    extended_terms.ask(session, plan, customer, actor=f"agent:{agent.id}")
    if plan.approval == Approval.ASKED and Role(agent.role).reaches(Role.SPECIALIST):
        extended_terms.approve(session, plan.id, agent)
    return Quoted(plan, frozenset())


def _over(
    session: Session, customer: Customer, invoice_ids: Sequence[uuid.UUID] | None
) -> tuple[Coverage, Rhythm | None]:
    lock(session, Customer, customer.id)
    plan = current(session, customer)
    if plan is not None:
        return rest(session, customer, plan), rhythm_of(plan)
    return coverage(session, customer, invoice_ids=invoice_ids), None


def _longer(over: Coverage, wish: Wish, before: Rhythm | None, today: dt.date) -> Terms:
    frequency = wish.frequency or (before.frequency if before else Frequency.MONTHLY)
    rhythm = Rhythm(frequency, wish.pay_day, wish.first)
    check_frequency(rhythm)
    rhythm = rhythm.beginning(today, after_down=wish.down is not None)
    left, longest = after_down(over, wish.down), policies.plans().extended_months
    dates = rhythm.within(longest)
    parts = None
    if wish.each is not None:
        parts = parts_of(left, wish.each, dates)
    elif wish.count is not None and wish.count <= len(dates):
        parts = equal_parts(left, dates[: wish.count])
    if parts is None:
        raise InvalidInput(f"Longer terms run for {longest} months at most: {len(dates)} instalments.", about=longest)
    terms = with_down(over, rhythm, parts, wish.down, today)
    return Terms(over, terms.rhythm, terms.parts, terms.has_down, kind=PlanKind.EXTENDED, approval=Approval.ASKED)


def _is_longer(terms: Terms) -> bool:
    """Whether the last day lies beyond what the assistant may agree."""
    first = terms.rhythm.first
    assert first is not None
    return terms.parts[-1][0] >= months_later(first, policies.plans().longest_months)
