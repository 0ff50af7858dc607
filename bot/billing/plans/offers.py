"""Offers: plans that were quoted and wait for the customer's yes."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.plans.instalments import Terms
from bot.models import Customer, Plan, PlanStatus


def offer(session: Session, customer: Customer, conversation_id: uuid.UUID | None, terms: Terms) -> Plan:
    """The offer that says exactly `terms`: the one that was made before and holds still, or a new one.

    It ends with the policy's time, or with the day on which its first part is due. The caller holds the customer.
    """
    for made in offers(session, customer):
        if terms.are_those_of(made) and not has_ended(made):
            return made
    plan = Plan(
        customer_id=customer.id,
        conversation_id=conversation_id,
        kind=terms.kind,
        frequency=terms.rhythm.frequency,
        pay_day=terms.rhythm.pay_day,
        total=terms.total.minor,
        discount=terms.discount,
        currency=terms.total.currency,
        expires_at=ends_at(terms.parts[0][0], customer),
        replaces_id=terms.coverage.replaces.id if terms.coverage.replaces else None,
        approval=terms.approval,
        instalments=terms.instalments(),
        invoices=terms.coverage.rows(),
    )
    session.add(plan)
    session.flush()
    return plan


def offers(session: Session, customer: Customer) -> list[Plan]:
    """What `customer` was quoted and has not agreed, ended offers among them."""
    return list(
        session.scalars(sa.select(Plan).where(Plan.customer_id == customer.id, Plan.status == PlanStatus.QUOTE))
    )


def has_ended(offer: Plan) -> bool:
    """Whether the time of `offer` is over."""
    return offer.expires_at is not None and offer.expires_at <= clock.now()


def ends_at(first: dt.date, customer: Customer) -> dt.datetime:
    """When an offer made now ends whose first part is due on `first`."""
    return min(clock.now() + dt.timedelta(hours=policies.plans().quote_hours), end_of(first, customer))


def end_of(day: dt.date, customer: Customer) -> dt.datetime:
    """The end of `day` where the customer lives."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(customer.time_zone))
    return midnight.astimezone(dt.UTC)
