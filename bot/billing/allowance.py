"""What one agent may do alone on an account, and who has to agree to more (a second pair of eyes; K13)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.errors import InvalidInput, NotAllowed
from bot.models import Adjustment, AdjustmentStatus, Agent, Customer, Payment, Refund, RefundStatus
from bot.money import Money

WITHIN = dt.timedelta(hours=24)


def covers(session: Session, agent: Agent, customer: Customer, amount: Money) -> bool:
    """Whether `agent` may do this alone: with all that they did alone for this customer in the last 24 hours it stays
    within the policy, so that many small amounts are no way around it. The caller holds the customer's lock."""
    since = clock.now() - WITHIN
    adjusted = sa.select(sa.func.coalesce(sa.func.sum(Adjustment.amount), 0)).where(
        Adjustment.customer_id == customer.id,
        Adjustment.proposed_by == agent.id,
        Adjustment.proposed_at > since,
        Adjustment.status.in_((AdjustmentStatus.POSTED, AdjustmentStatus.REVERSED)),
        Adjustment.decided_by.is_(None),
    )
    undone = sa.select(sa.func.coalesce(sa.func.sum(Adjustment.amount), 0)).where(
        Adjustment.customer_id == customer.id, Adjustment.reversed_by == agent.id, Adjustment.reversed_at > since
    )
    refunded = (
        sa.select(sa.func.coalesce(sa.func.sum(Refund.amount), 0))
        .join(Payment, Payment.id == Refund.payment_id)
        .where(
            Payment.customer_id == customer.id,
            Refund.asked_by == agent.id,
            Refund.asked_at > since,
            Refund.status.in_((RefundStatus.ASKED, RefundStatus.SENT)),
            Refund.decided_by.is_(None),
        )
    )
    alone = sum(int(session.scalar(each) or 0) for each in (adjusted, undone, refunded))
    return amount.minor + alone <= policies.adjustments().alone_up_to(amount.currency).minor


def check_second(session: Session, proposed_by: uuid.UUID, agent: Agent) -> None:
    """Raise `NotAllowed` unless `agent` may decide what `proposed_by` proposed: somebody else, and a supervisor unless
    the other is one."""
    if agent.id == proposed_by:
        raise NotAllowed("Somebody else has to decide this: that is what a second pair of eyes is for.")
    if not agent.supervises and not session.get_one(Agent, proposed_by).supervises:
        raise NotAllowed("A supervisor has to decide this.")


def check_reason(reason: str) -> str:
    """The reason as it is kept. Raises `InvalidInput` for one that says too little or is endless."""
    reason, least = " ".join(reason.split()), policies.adjustments().reason_least
    if not least <= len(reason) <= 2_000:
        raise InvalidInput(f"Please give a reason of {least} to 2,000 characters, for whoever looks at this later.")
    return reason
