"""Whose time to be kept is over (P5): nothing is open, and nothing has happened for as long as the law asks."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations.rights import erasure
from bot.db import Database, lock
from bot.errors import Conflict
from bot.models import Conversation, Customer, Erasure, ErasureScope, ErasureStatus, Invoice, Payment

REASON = "Kept for as long as the law asks."


def due(session: Session) -> list[uuid.UUID]:
    """Customers of whom nothing was heard for the years that the law of their country asks for (`kept_years` in
    `policies/jurisdictions/`) and with whom nothing is open, the oldest first. Those who are erased or about to be are
    none."""
    erased = sa.select(Erasure.customer_id).where(
        Erasure.scope == ErasureScope.EVERYTHING, Erasure.status != ErasureStatus.REFUSED
    )
    shortest = min(policies.jurisdiction(country).kept_years for country in policies.outreach().jurisdictions)
    old = sa.select(Customer).where(Customer.created_at < _years_ago(shortest), Customer.id.not_in(erased))
    rows = session.scalars(old.order_by(Customer.created_at, Customer.id)).all()
    return [row.id for row in rows if _is_over(session, row) and not erasure.barriers(session, row, talks=True)]


def erase(db: Database, customer_id: uuid.UUID) -> bool:
    """Erase one of them; false when something came in between."""
    with db.transaction() as session:
        customer = lock(session, Customer, customer_id)
        if customer is None or not _is_over(session, customer):
            return False
        try:
            made = erasure.ask(session, None, customer_id, ErasureScope.EVERYTHING, REASON, client_id=uuid.uuid4())
        except Conflict:
            return False
    return made.status == ErasureStatus.APPROVED and erasure.carry_on(db, made.id)


def _is_over(session: Session, customer: Customer) -> bool:
    """Whether the last thing that happened is long enough ago."""
    before = _years_ago(policies.jurisdiction(customer.country).kept_years)
    marks = (
        sa.select(sa.func.max(Conversation.last_message_at)).where(Conversation.customer_id == customer.id),
        sa.select(sa.func.max(Payment.created_at)).where(Payment.customer_id == customer.id),
        sa.select(sa.func.max(Payment.settled_at)).where(Payment.customer_id == customer.id),
        sa.select(sa.func.max(Invoice.created_at)).where(Invoice.customer_id == customer.id),
    )
    times = [customer.created_at, *(session.scalar(mark) for mark in marks)]
    last_due = session.scalar(sa.select(sa.func.max(Invoice.due_on)).where(Invoice.customer_id == customer.id))
    is_old = all(_aware(time) < before for time in times if time is not None)
    return is_old and (last_due is None or last_due < before.date())


def _years_ago(years: int) -> dt.datetime:
    return clock.now() - dt.timedelta(days=round(365.25 * years) + 1)


def _aware(time: dt.datetime) -> dt.datetime:
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)
