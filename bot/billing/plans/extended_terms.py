"""Terms longer than the policy's longest, for customers in hardship, by a person's approval (K4, K7)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

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
    PlanEvent,
    PlanEventKind,
    PlanKind,
    PlanStatus,
    Role,
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
    ask(session, made, customer, actor="customer")
    return made


def ask(session: Session, plan: Plan, customer: Customer, *, actor: str) -> None:
    """Let a person look at the offer, once: a case is opened for the desk. The caller holds the customer."""
    if count(session, plan, PlanEventKind.APPROVAL_ASKED):
        return
    # An agent needs longer than an offer holds; it is over when its first instalment would have been due.
    plan.expires_at = end_of(plan.instalments[0].due_on, customer)
    record(session, plan, PlanEventKind.APPROVAL_ASKED, actor, terms(plan))
    _open_case(session, plan, actor)


def may_approve(session: Session, plan: Plan, agent: Agent) -> bool:
    """Whether this agent may allow `plan`: what they asked for themselves takes a specialist or somebody else (K13)."""
    own = _asked_by(agent).where(PlanEvent.plan_id == plan.id)
    return Role(agent.role).reaches(Role.SPECIALIST) or session.scalars(own.limit(1)).first() is None


def for_approval(session: Session, agent: Agent, most: int, customers: Collection[uuid.UUID | None]) -> Sequence[Plan]:
    """The offers that this agent may allow or not, at most so many, the oldest first: those of `customers`, and for a
    specialist anybody's."""
    asked = sa.select(Plan).where(
        Plan.approval == Approval.ASKED,
        Plan.status == PlanStatus.QUOTE,
        sa.or_(Plan.expires_at.is_(None), Plan.expires_at > clock.now()),
    )
    if not Role(agent.role).reaches(Role.SPECIALIST):
        asked = asked.where(Plan.id.not_in(_asked_by(agent)), Plan.customer_id.in_(customers))
    return session.scalars(asked.order_by(Plan.created_at, Plan.id).limit(most)).all()


def waits(session: Session, case: Case) -> bool:
    """Whether the longer terms that opened `case` still wait for a yes or a no."""
    asked = sa.select(Plan).where(
        Plan.customer_id == case.customer_id, Plan.approval == Approval.ASKED, Plan.status == PlanStatus.QUOTE
    )
    return any(str(plan.id) in case.summary and not has_ended(plan) for plan in session.scalars(asked))


def approve(session: Session, plan_id: uuid.UUID, agent: Agent) -> Plan:
    """Allow the offer; from now on it holds for as long as any other. Approved again it is the same.

    Raises `NotFound` for an offer that waits for no approval, `NotAllowed` for one's own without the role for it,
    `Conflict` when it was refused or has ended.
    """
    plan, customer = _asked(session, plan_id)
    if plan.approval != Approval.GIVEN:
        if not may_approve(session, plan, agent):
            raise NotAllowed("Somebody else has to decide this: that is what a second pair of eyes is for.", about=plan)
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


def _open_case(session: Session, plan: Plan, actor: str) -> None:
    who = (
        "The customer is in hardship and asks" if actor == "customer" else "An agent asks, for a customer in hardship,"
    )
    summary = f"{who} for longer terms than usual. Plan {plan.id}."
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


def _asked_by(agent: Agent) -> sa.Select[uuid.UUID]:
    """The plans that this agent asked for."""
    return sa.select(PlanEvent.plan_id).where(
        PlanEvent.kind == PlanEventKind.APPROVAL_ASKED, PlanEvent.actor == f"agent:{agent.id}"
    )
