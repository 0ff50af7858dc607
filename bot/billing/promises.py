"""Promises to pay on a day (design section 10, 4)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import invoices
from bot.db import lock
from bot.errors import InvalidInput, Reason
from bot.models import Customer, Promise, PromiseStatus
from bot.money import Money


def promise(
    session: Session, customer: Customer, amount: Money, due_on: dt.date, conversation_id: uuid.UUID | None
) -> Promise:
    """A promise to pay `amount` on `due_on`; it corrects an open one (design section 10, 4).

    The same promise again is the one that is there. Raises `InvalidInput` for nothing or more than is owed (`about` is
    what is owed), for a day that is past, or one further ahead than the policy says (`about` is the last day).
    """
    lock(session, Customer, customer.id)
    owed = invoices.standing(session, customer).total
    if amount.minor <= 0:
        raise InvalidInput("A promise is for more than nothing.", about=owed)
    if amount > owed:
        raise InvalidInput(
            f"That is more than what is open on this account, {owed.format(customer.language)}.",
            about=owed,
            reason=Reason.MORE_THAN_OPEN,
        )
    today = clock.today(customer.time_zone)
    last = today + dt.timedelta(days=policies.plans().promise_days)
    if not today <= due_on <= last:
        words = f"A promise is for a day from today to {last.isoformat()}."
        raise InvalidInput(words, about=last, reason=Reason.DAY)
    made = Promise(
        customer_id=customer.id,
        conversation_id=conversation_id,
        amount=amount.minor,
        currency=amount.currency,
        due_on=due_on,
    )
    for earlier in promises(session, customer):
        if (earlier.amount, earlier.due_on) == (made.amount, made.due_on):
            return earlier
        earlier.status = PromiseStatus.CORRECTED
    session.add(made)
    session.flush()
    return made


def take_back(session: Session, customer: Customer) -> Promise | None:
    """End the open promise of `customer`, who makes none in its place; gives it, or None where there is none."""
    lock(session, Customer, customer.id)
    taken = promises(session, customer)
    for made in taken:
        made.status = PromiseStatus.CORRECTED
    session.flush()
    return taken[0] if taken else None


def promises(session: Session, customer: Customer) -> list[Promise]:
    """The open promises of `customer`; never more than one."""
    return list(
        session.scalars(
            sa.select(Promise).where(Promise.customer_id == customer.id, Promise.status == PromiseStatus.OPEN)
        )
    )
