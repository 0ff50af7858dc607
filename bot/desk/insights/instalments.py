"""Instalments whose day is over, and whether the ledger shows them paid."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot import clock
from bot.billing.plans import plans_behind
from bot.desk.insights import due_days
from bot.desk.insights.facts import Facts, chosen, row
from bot.desk.insights.filters import Filters
from bot.desk.insights.instants import seconds
from bot.models import Conversation, Customer, Instalment, Plan, PlanStatus, Posting

AGREED = (PlanStatus.AGREED, PlanStatus.ACTIVE, PlanStatus.COMPLETED, PlanStatus.BROKEN)


class Kept(StrEnum):
    """Paid by the end of its day, paid since, or not paid in full."""

    KEPT = "kept"
    LATE = "late"
    MISSING = "missing"


def facts(session: Session, filters: Filters) -> Facts:
    """Instalments due on a day of the period that is over in the customer's zone, of plans that were agreed and neither
    cancelled nor replaced. `part` is a `Kept`, `kind` the currency, `value` the minor units. A day that was over before
    the plan came into our books (an import) is not judged.

    Paid is what the ledger says was paid on the plan's invoices, however it was paid; what is paid early or above an
    instalment counts for the ones after it (`plans.progress`).
    """
    period = filters.period
    counted = Instalment.due_on.between(period.first, period.last) & Plan.status.in_(AGREED)
    whose = sa.select(Customer.time_zone).join(Plan, Plan.customer_id == Customer.id)
    zones = whose.join(Instalment, Instalment.plan_id == Plan.id).where(counted).distinct()
    day_over = due_days.over(Instalment.due_on, period, session.scalars(zones))
    earlier = aliased(Instalment)
    asked = sa.select(sa.func.sum(earlier.amount)).where(
        earlier.plan_id == Instalment.plan_id, earlier.number <= Instalment.number
    )
    sqlite = session.get_bind().dialect.name == "sqlite"
    reached = asked.scalar_subquery()
    then, now = plans_behind.paid(sqlite, seconds(Posting.created_at) < day_over), plans_behind.paid(sqlite)
    part = sa.case((then >= reached, Kept.KEPT), (now >= reached, Kept.LATE), else_=Kept.MISSING)
    columns = row(
        id=Instalment.plan_id,
        at=Instalment.due_on,
        part=sa.cast(part, sa.String),
        kind=Plan.currency,
        value=Instalment.amount,
        conversation_id=Plan.conversation_id,
    )
    is_over = day_over.between(seconds(Plan.created_at), int(clock.now().timestamp()))
    query = (
        sa.select(*columns)
        .select_from(Instalment)
        .join(Plan, Plan.id == Instalment.plan_id)
        .join(Customer, Customer.id == Plan.customer_id)
        .outerjoin(Conversation, Conversation.id == Plan.conversation_id)
        .where(counted, is_over, *chosen(filters))
    )
    return Facts(query.subquery(), filters)
