"""A discount for settling all at once: told on request only, never as pressure, never on what is disputed (K16, C9)."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import credits, invoices, ledger
from bot.billing.plans.coverage import Coverage, coverage, rest, step
from bot.billing.plans.instalments import Terms
from bot.billing.plans.offers import offer
from bot.billing.plans.plan_states import count, current
from bot.billing.plans.progress import discount_reference, left_of
from bot.billing.plans.schedules import Rhythm
from bot.db import lock
from bot.errors import InvalidInput
from bot.models import Customer, Payment, PaymentOrigin, Plan, PlanEventKind, PlanKind, Posting
from bot.money import Money


def quote_early(
    session: Session,
    customer: Customer,
    *,
    conversation_id: uuid.UUID | None,
    invoice_ids: Sequence[uuid.UUID] | None = None,
) -> Plan:
    """An offer to settle what is overdue, the named invoices or the rest of the plan in force by one payment, with the
    policy's discount, rounded up to what can be paid: in the customer's favour.

    Raises `InvalidInput` when the policy has none, nothing is that late yet, an invoice is disputed, or what is left
    would be too little to charge; `NotFound` for an invoice that is not open.
    """
    lock(session, Customer, customer.id)
    plan = current(session, customer)
    over = rest(session, customer, plan) if plan else coverage(session, customer, invoice_ids=invoice_ids)
    policy = policies.plans().early_settlement
    _check(session, customer, over)
    due_on = clock.today(customer.time_zone) + dt.timedelta(days=policy.pay_within_days)
    discount = _discount(over.total, policy.percent)
    terms = Terms(
        over,
        Rhythm(pay_day=due_on.day),
        ((due_on, over.total.minor - discount),),
        discount=discount,
        kind=PlanKind.EARLY,
    )
    if not terms.can_be_charged():
        raise InvalidInput("That is too little to be let off a part.", about=over.total)
    return offer(session, customer, conversation_id, terms)


def is_in_time(session: Session, customer: Customer, plan: Plan) -> bool:
    """Whether `plan`, whose total is paid, was paid by its day in the customer's zone. What a bank takes its time over
    counts from when its page was opened (C11)."""
    last = plan.instalments[-1].due_on
    if clock.today(customer.time_zone) <= last:
        return True
    newest = sa.select(Payment).where(Payment.customer_id == customer.id, Payment.settled_at.is_not(None))
    payment = session.scalars(newest.order_by(Payment.settled_at.desc(), Payment.id.desc()).limit(1)).first()
    if payment is None:
        return False
    begun = payment.created_at
    if payment.checkout_expires_at is not None:
        begun = max(begun, payment.checkout_expires_at - dt.timedelta(minutes=policies.payments().checkout_minutes))
    elif payment.settled_at is not None and payment.origin == PaymentOrigin.LINK:
        begun = payment.settled_at
    return begun.astimezone(ZoneInfo(customer.time_zone)).date() <= last


def let_off(session: Session, plan: Plan) -> None:
    """Post the discount of `plan`, whose total is paid: what is left of each invoice, so that it ends at zero.

    Where more than the total was paid, the rest of the discount is the customer's credit. The caller holds the lock.
    """
    left = plan.discount
    accounts = [(ledger.invoice_account(part.invoice_id), open_) for part, open_ in left_of(session, plan)]
    references = _references(plan, count(session, plan, PlanEventKind.COMPLETED))
    for account, open_ in (*accounts, (ledger.credit_account(plan.customer_id), left)):
        amount = min(open_, left)
        if amount:
            money = Money(amount, plan.currency)
            reference = next(references)
            ledger.post(session, source=account, destination=ledger.DISCOUNTS, amount=money, reference=reference)
            left -= amount


def take_back(session: Session, customer: Customer, plan: Plan) -> None:
    """Undo the discount of `plan`, whose money went back (S6). Done again it changes nothing. The caller holds the
    customer's lock."""
    for reference in _references(plan, count(session, plan, PlanEventKind.COMPLETED) - 1):
        posting = ledger.find(session, reference)
        if posting is None:
            return
        _undo(session, customer, posting)


def _check(session: Session, customer: Customer, over: Coverage) -> None:
    policy = policies.plans().early_settlement
    if not policy.percent:
        raise InvalidInput("There is no discount for paying early.", about=over.total)
    covered = {part.invoice_id for part in over.parts}
    items = [item for item in invoices.standing(session, customer).items if item.invoice.id in covered]
    if any(item.disputed for item in items):
        raise InvalidInput("What is disputed is looked at first.", about=over.total)
    if max(item.days_late for item in items) < policy.days_late:
        raise InvalidInput("There is no discount on this balance.", about=policy.days_late)


def _discount(total: Money, percent: Decimal) -> int:
    unit = step(total.currency)
    return int((total.minor * percent / (100 * unit)).to_integral_value(ROUND_CEILING)) * unit


def _references(plan: Plan, round_: int) -> Iterator[str]:
    """The references of one round of postings: a plan that was reopened and is paid again has another."""
    return (f"{discount_reference(plan)}{round_}:{position}" for position in itertools.count())


def _undo(session: Session, customer: Customer, posting: Posting) -> None:
    left = ledger.reversible(session, posting)
    if left:
        reference = f"{posting.reference}:undone"
        ledger.reverse(session, posting, reference, left)
        credits.take_back(session, customer, reference)
