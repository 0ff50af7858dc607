"""Terms longer than the policy's longest, for customers in hardship, by a person's approval (K4, K7)."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.holds import holds_on
from bot.billing.plans.coverage import coverage, rest
from bot.billing.plans.instalments import Terms, equal_parts, terms
from bot.billing.plans.offers import end_of, ends_at, has_ended, offer
from bot.billing.plans.plan_states import change, count, current, record, theirs
from bot.billing.plans.quotes import MONTHLY, check_frequency
from bot.billing.plans.schedules import Rhythm
from bot.db import lock
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import (
    Agent,
    Approval,
    Case,
    CaseStatus,
    Customer,
    HoldKind,
    Plan,
    PlanEventKind,
    PlanKind,
    PlanStatus,
)

CASE = "plan_approval"


def quote_extended(
    session: Session,
    customer: Customer,
    *,
    conversation_id: uuid.UUID | None,
    months: int,
    rhythm: Rhythm = MONTHLY,
) -> Plan:
    """An offer over more months than the policy's longest, over what `quote` would cover or the rest of the plan in
    force. It waits for an agent: a case is opened for the desk, and until `approve` it cannot be agreed.

    Asked for again it is the same offer. Raises `NotAllowed` without a hardship hold; `InvalidInput` as `quote` does,
    and for a length out of bounds (`about` is the longest).
    """
    lock(session, Customer, customer.id)
    if HoldKind.HARDSHIP not in holds_on(session, customer.id):
        raise NotAllowed("Longer terms are for times of hardship.", about=customer.id)
    shortest, longest = policies.plans().longest_months + 1, policies.plans().extended_months
    if not shortest <= months <= longest:
        raise InvalidInput(f"Longer terms run for {shortest} to {longest} months.", about=longest)
    check_frequency(rhythm)
    plan = current(session, customer)
    over = rest(session, customer, plan) if plan else coverage(session, customer)
    rhythm = rhythm.beginning(clock.today(customer.time_zone))
    parts = equal_parts(over.total, rhythm.within(months))
    wanted = Terms(over, rhythm, tuple(parts), kind=PlanKind.EXTENDED, approval=Approval.ASKED)
    if not wanted.can_be_charged():
        raise InvalidInput("That is too many instalments for this amount; fewer of them would work.", about=over.total)
    made = offer(session, customer, conversation_id, wanted)
    if not count(session, made, PlanEventKind.APPROVAL_ASKED):
        # An agent needs longer than an offer holds; it is over when its first instalment would have been due.
        made.expires_at = end_of(made.instalments[0].due_on, customer)
        record(session, made, PlanEventKind.APPROVAL_ASKED, "customer", terms(made))
        _open_case(session, made)
    return made


def approve(session: Session, plan_id: uuid.UUID, agent: Agent) -> Plan:
    """Allow the offer; from now on it holds for as long as any other. Approved again it is the same.

    Raises `NotFound` for an offer that waits for no approval, `Conflict` when it was refused or has ended.
    """
    plan, customer = _asked(session, plan_id)
    if plan.approval != Approval.GIVEN:
        if plan.status != PlanStatus.QUOTE or has_ended(plan):
            raise Conflict("This offer has ended. A new one is quickly made.", about=plan)
        plan.approval = Approval.GIVEN
        plan.expires_at = ends_at(plan.instalments[0].due_on, customer)
        record(session, plan, PlanEventKind.APPROVAL_GIVEN, f"agent:{agent.id}", terms(plan))
        _close_case(session, plan)
    return plan


def refuse_approval(session: Session, plan_id: uuid.UUID, agent: Agent) -> Plan:
    """Do not allow the offer, which ends. Refused again it is the same.

    Raises `NotFound` for an offer that waits for no approval, `Conflict` when it was approved.
    """
    plan, _ = _asked(session, plan_id)
    if plan.approval == Approval.GIVEN:
        raise Conflict("This offer has been approved.", about=plan)
    if plan.approval != Approval.REFUSED:
        plan.approval = Approval.REFUSED
        record(session, plan, PlanEventKind.APPROVAL_REFUSED, f"agent:{agent.id}", terms(plan))
        if plan.status == PlanStatus.QUOTE:
            change(session, plan, PlanStatus.CANCELLED, f"agent:{agent.id}")
        _close_case(session, plan)
    return plan


def _open_case(session: Session, plan: Plan) -> None:
    summary = f"The customer is in hardship and asks for longer terms than usual. Plan {plan.id}."
    session.add(Case(kind=CASE, customer_id=plan.customer_id, conversation_id=plan.conversation_id, summary=summary))
    session.flush()


def _asked(session: Session, plan_id: uuid.UUID) -> tuple[Plan, Customer]:
    customer_id = session.scalar(sa.select(Plan.customer_id).where(Plan.id == plan_id))
    customer = lock(session, Customer, customer_id) if customer_id else None
    if customer is None:
        raise NotFound("There is no such plan.", about=plan_id)
    plan = theirs(session, plan_id, customer)
    if plan.approval is None:
        raise NotFound("This plan waits for no approval.", about=plan)
    return plan, customer


def _close_case(session: Session, plan: Plan) -> None:
    session.execute(
        sa.update(Case)
        .where(Case.customer_id == plan.customer_id, Case.kind == CASE, Case.summary.contains(str(plan.id)))
        .values(status=CaseStatus.DONE)
    )
