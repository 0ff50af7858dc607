"""Plans that a person has sent for a customer's yes, and that nobody has recorded as agreed yet."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import plans
from bot.billing.plans.offers import has_ended
from bot.models import Approval, Author, Customer, Message, Plan, PlanStatus

NEWEST = 50  # of the offers and choices in the talks that they were made in


def payload(plan_id: uuid.UUID) -> str:
    """The choice that means yes. While a person is there, they read it; later the assistant asks once more."""
    return f'/request_plan{{"plan": "{plan_id}"}}'


def waiting(session: Session, customer: Customer) -> list[tuple[Plan, bool]]:
    """Those that can still be agreed, the oldest first, each with whether the customer has pressed yes."""
    now = plans.current(session, customer)
    theirs = sa.select(Plan).where(
        Plan.customer_id == customer.id,
        Plan.status == PlanStatus.QUOTE,
        Plan.expires_at > clock.now(),
        Plan.conversation_id.is_not(None),
        Plan.replaces_id == now.id if now else Plan.replaces_id.is_(None),
        sa.or_(Plan.approval.is_(None), Plan.approval == Approval.GIVEN),
    )
    quotes = [plan for plan in session.scalars(theirs.order_by(Plan.created_at, Plan.id)) if not has_ended(plan)]
    sent, pressed = _said(session, quotes) if quotes else (set(), set())
    return [(plan, payload(plan.id) in pressed) for plan in quotes if str(plan.id) in sent]


def _said(session: Session, quotes: list[Plan]) -> tuple[set[str], set[str]]:
    """The plans that agents have sent, and the choices that the customer made, since the first of `quotes`."""
    rows = session.execute(
        sa.select(Message.card, Message.payload)
        .where(
            Message.conversation_id.in_({plan.conversation_id for plan in quotes}),
            Message.created_at >= quotes[0].created_at,
            sa.or_(
                sa.and_(Message.author == Author.AGENT, Message.card.is_not(None)),
                sa.and_(Message.author == Author.CUSTOMER, Message.payload.is_not(None)),
            ),
        )
        .order_by(Message.seq.desc())
        .limit(NEWEST)
    ).all()
    sent = {str(option.get("id")) for card, _ in rows for option in (card or {}).get("options") or []}
    return sent, {said for _, said in rows if said}
