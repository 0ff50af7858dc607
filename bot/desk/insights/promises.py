"""Promises whose day is over, and whether they were kept."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.desk.insights import due_days
from bot.desk.insights.facts import Facts, chosen, row
from bot.desk.insights.filters import Filters
from bot.models import Conversation, Customer, Promise, PromiseStatus


def facts(session: Session, filters: Filters) -> Facts:
    """Promises due on a day of the period that is over in the customer's zone. `part` is `kept`, `broken` or `open` (a
    hold binds, a payment is on its way, all is disputed, or nobody has looked yet), `kind` the currency, `value` the
    minor units.

    One that was corrected, by another day or amount or by a plan, is not among them: something else took its place.
    """
    period = filters.period
    counted = Promise.due_on.between(period.first, period.last) & (Promise.status != PromiseStatus.CORRECTED)
    whose = sa.select(Customer.time_zone).join(Promise, Promise.customer_id == Customer.id).where(counted).distinct()
    is_over = due_days.over(Promise.due_on, period, session.scalars(whose)) <= int(clock.now().timestamp())
    columns = row(
        id=Promise.id,
        at=Promise.due_on,
        part=Promise.status,
        kind=Promise.currency,
        value=Promise.amount,
        conversation_id=Promise.conversation_id,
    )
    query = (
        sa.select(*columns)
        .select_from(Promise)
        .join(Customer, Customer.id == Promise.customer_id)
        .outerjoin(Conversation, Conversation.id == Promise.conversation_id)
        .where(counted, is_over, *chosen(filters))
    )
    return Facts(query.subquery(), filters)
