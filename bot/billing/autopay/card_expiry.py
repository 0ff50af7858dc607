"""Saved cards that end before the next instalment is due: noticed before, so that autopay goes on (K11)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import mandates, payments
from bot.billing.autopay.autopay_due import is_ending
from bot.billing.holds import is_stopped
from bot.billing.plans.progress import progress
from bot.db import lock
from bot.errors import InvalidInput
from bot.models import Customer, Mandate, MandateStatus, Payment, Plan, PlanStatus
from bot.policies import Stop


@dataclass(frozen=True, slots=True)
class Ending:
    """A card that ends: its last four digits and its last day. By `link` another is saved; None when none could be
    opened, then the next payment saves it."""

    last4: str
    ends_on: dt.date
    link: Payment | None


def candidates(session: Session, limit: int = 100) -> list[uuid.UUID]:
    """Mandates that wait to be looked at and whose card ends within the policy's days; `notice` looks more closely."""
    last = clock.now().date() + dt.timedelta(days=policies.autopay().expiry_notice_days + 1)
    return list(
        session.scalars(
            sa.select(Mandate.id)
            .where(
                Mandate.status == MandateStatus.ACTIVE,
                Mandate.next_at <= clock.now(),
                Mandate.expiry_told_at.is_(None),
                Mandate.card_exp_year * 12 + Mandate.card_exp_month <= last.year * 12 + last.month,
            )
            .order_by(Mandate.next_at)
            .limit(limit)
        )
    )


def notice(session: Session, mandate_id: uuid.UUID, conversation_id: uuid.UUID | None) -> Ending | None:
    """What to tell the customer of the card, once; None when the card lasts, was told of, or a hold asks for silence.

    From then on the card of the customer's next payment is saved in its place. `conversation_id` is where the link
    belongs. Raises `NotFound`.
    """
    mandate = mandates.locked(session, mandate_id)
    plan = lock(session, Plan, mandate.plan_id)
    customer = session.get_one(Customer, mandate.customer_id)
    if mandate.status != MandateStatus.ACTIVE or plan is None or plan.status != PlanStatus.ACTIVE:
        return None
    ends_on = mandates.card_ends_on(mandate)
    if ends_on is None or not is_ending(session, mandate, plan, customer):
        return None
    if is_stopped(session, customer.id, Stop.NEWS) or is_stopped(session, customer.id, Stop.AUTOPAY):
        return None
    mandate.expiry_told_at = clock.now()
    session.flush()
    link = _link(session, customer, plan, conversation_id) if conversation_id else None
    return Ending(mandate.card_last4 or "", ends_on, link)


def _link(session: Session, customer: Customer, plan: Plan, conversation_id: uuid.UUID) -> Payment | None:
    amount = progress(session, plan).next_amount
    ids = [part.invoice_id for part in plan.invoices]
    try:
        return payments.open_link(
            session, customer, amount, conversation_id=conversation_id, invoice_ids=ids, named=False
        )
    except InvalidInput:
        return None
