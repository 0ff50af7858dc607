"""A customer's money as the desk handles it: what can be adjusted or given back, and what waits for a second person."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot import clock, policies
from bot.billing import adjustments, invoices
from bot.billing.payments import refunds
from bot.billing.payments.payment_states import PAID
from bot.billing.plans import extended_terms
from bot.desk.auth import Seat
from bot.desk.customer.own_talks import own_talks
from bot.desk.identity import DESK_LOCALE
from bot.desk.thread.lines import agent_names, instant
from bot.errors import NotAllowed, NotFound
from bot.models import (
    Adjustment,
    AdjustmentStatus,
    Agent,
    Conversation,
    Customer,
    Holder,
    Invoice,
    Payment,
    Plan,
    Refund,
    RefundStatus,
    Role,
)
from bot.money import Money

RECENT = 20
LISTED = 200
_ADJUSTED = (
    sa.select(Adjustment, Invoice.number, Customer.account_number)
    .join(Invoice, Invoice.id == Adjustment.invoice_id)
    .join(Customer, Customer.id == Adjustment.customer_id)
)
_REFUNDED = (
    sa.select(Refund, Customer.account_number)
    .join(Payment, Payment.id == Refund.payment_id)
    .join(Customer, Customer.id == Payment.customer_id)
)

Json = dict[str, Any]


def find_customer(session: Session, seat: Seat, customer_id: uuid.UUID) -> Customer:
    """The customer whose money this agent may handle: one with whom they speak and who has proven who they are, and for
    a supervisor any (P1). Raises `NotFound`, `NotAllowed`."""
    speaks = sa.select(Conversation.id).where(
        Conversation.customer_id == customer_id,
        Conversation.holder == Holder.AGENT,
        Conversation.agent_id == seat.agent.id,
        Conversation.verified_until > clock.now(),
    )
    if not seat.supervises and session.scalars(speaks.limit(1)).first() is None:
        raise NotAllowed("Speak with this customer first, and have them prove who they are.")
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFound("There is no such customer.")
    return customer


def money(session: Session, customer: Customer) -> Json:
    """What the panel shows: invoices and payments with what is possible on each, and what was done, newest first.

    Amounts come formatted, and beside them in minor units; `alone` is what one agent may do alone in a day.
    """
    standing = invoices.standing(session, customer)
    names = agent_names(session)
    return {
        "customer_id": str(customer.id),
        "currency": customer.currency,
        "alone": amount(policies.adjustments().alone_up_to(customer.currency)),
        "reason_least": policies.adjustments().reason_least,
        "credit": amount(standing.credit),
        "invoices": _invoices(session, customer, {item.invoice.id: item for item in standing.items}),
        "payments": _payments(session, customer),
        "adjustments": [
            adjustment(session, each, names) for each in adjustments.of_customer(session, customer, RECENT)
        ],
        "refunds": [refund(session, each, names) for each in _refunds(session, customer)],
    }


def approvals(session: Session, seat: Seat) -> Json:
    """What this agent may decide as the second person, oldest first, so many of each: adjustments, refunds; and longer
    plans, save those that they asked for themselves without the role for it, of whom `require_whose_plan` lets them."""
    names = agent_names(session)
    proposed = session.execute(
        _ADJUSTED.where(Adjustment.status == AdjustmentStatus.PROPOSED, _others(Adjustment.proposed_by, seat))
        .order_by(Adjustment.proposed_at, Adjustment.id)
        .limit(LISTED)
    )
    asked = session.execute(
        _REFUNDED.where(Refund.status == RefundStatus.PROPOSED, _others(Refund.asked_by, seat))
        .order_by(Refund.asked_at, Refund.id)
        .limit(LISTED)
    )
    plans = extended_terms.for_approval(session, seat.agent, LISTED, own_talks(session, seat).customers)
    whose = sa.select(Customer).where(Customer.id.in_([each.customer_id for each in plans]))
    accounts = {customer.id: customer.account_number for customer in session.scalars(whose)}
    return {
        "adjustments": [_adjusted(each, number, account, names) for each, number, account in proposed],
        "refunds": [_refunded(each, account, names) for each, account in asked],
        "plans": [_planned(each, accounts[each.customer_id]) for each in plans],
    }


def require_whose_plan(session: Session, seat: Seat, plan_id: uuid.UUID) -> None:
    """Who is in hardship, and on which terms, is for who speaks with them and for specialists (P1). Raises
    `NotAllowed`; of no such plan others tell."""
    asked = session.get(Plan, plan_id)
    if asked is not None and not decides_for(session, seat, asked.customer_id):
        raise NotAllowed("A specialist decides this, or who speaks with this customer.", about=plan_id)


def decides_for(session: Session, seat: Seat, customer_id: uuid.UUID) -> bool:
    """Whether this agent may look at what the customer asks for in hard times."""
    return Role(seat.agent.role).reaches(Role.SPECIALIST) or customer_id in own_talks(session, seat).customers


def adjustment(session: Session, each: Adjustment, names: dict[uuid.UUID, str]) -> Json:
    """An adjustment: what, why, who, and how it stands."""
    number = session.get_one(Invoice, each.invoice_id).number
    return _adjusted(each, number, session.get_one(Customer, each.customer_id).account_number, names)


def refund(session: Session, each: Refund, names: dict[uuid.UUID, str]) -> Json:
    """A refund, alike."""
    payment = session.get_one(Payment, each.payment_id)
    return _refunded(each, session.get_one(Customer, payment.customer_id).account_number, names)


def plan(session: Session, each: Plan) -> Json:
    """A plan that asks for approval, by its terms."""
    return _planned(each, session.get_one(Customer, each.customer_id).account_number)


def amount(money: Money) -> Json:
    """In minor units, and as the desk writes it."""
    return {"minor": money.minor, "text": money.format(DESK_LOCALE)}


def _adjusted(each: Adjustment, invoice: str, account_number: str, names: dict[uuid.UUID, str]) -> Json:
    return {
        "id": str(each.id),
        "kind": each.kind,
        "invoice": invoice,
        "account_number": account_number,
        "amount": amount(Money(each.amount, each.currency)),
        "reason": each.reason,
        "status": each.status,
        "by": names.get(each.proposed_by),
        "at": instant(each.proposed_at),
        "decided_by": names.get(each.decided_by) if each.decided_by else None,
        "reversed_for": each.reversed_for,
    }


def _refunded(each: Refund, account_number: str, names: dict[uuid.UUID, str]) -> Json:
    return {
        "id": str(each.id),
        "payment_id": str(each.payment_id),
        "account_number": account_number,
        "amount": amount(Money(each.amount, each.currency)),
        "reason": each.reason,
        "status": each.status,
        "by": names.get(each.asked_by),
        "at": instant(each.asked_at),
        "decided_by": names.get(each.decided_by) if each.decided_by else None,
    }


def _planned(each: Plan, account_number: str) -> Json:
    return {
        "id": str(each.id),
        "account_number": account_number,
        "approval": each.approval,
        "status": each.status,
        "frequency": each.frequency,
        "total": amount(Money(each.total, each.currency)),
        "instalments": [
            {"due_on": part.due_on.isoformat(), "amount": amount(Money(part.amount, each.currency))}
            for part in each.instalments
        ],
        "at": instant(each.created_at),
    }


def _invoices(session: Session, customer: Customer, open_: dict[uuid.UUID, Any]) -> list[Json]:
    """Those that are open, and the newest of the rest: an increase may be on a paid one."""
    newest = sa.select(Invoice).where(Invoice.customer_id == customer.id).order_by(Invoice.due_on.desc()).limit(RECENT)
    rows = {invoice.id: invoice for invoice in session.scalars(newest)}
    rows |= {id_: item.invoice for id_, item in open_.items()}
    nothing = Money.zero(customer.currency)
    return [
        {
            "id": str(invoice.id),
            "number": invoice.number,
            "description": invoice.description,
            "owed": amount(open_[invoice.id].owed if invoice.id in open_ else nothing),
            "disputed": invoice.id in open_ and open_[invoice.id].disputed,
        }
        for invoice in sorted(rows.values(), key=lambda invoice: (invoice.due_on, invoice.number))
    ]


def _payments(session: Session, customer: Customer) -> list[Json]:
    """What has come in, with the most that one refund can give back."""
    rows = session.scalars(
        sa.select(Payment)
        .where(Payment.customer_id == customer.id, Payment.status.in_(sorted(PAID)))
        .order_by(Payment.settled_at.desc())
        .limit(RECENT)
    )
    nothing = Money.zero(customer.currency)
    return [
        {
            "id": str(payment.id),
            "amount": amount(Money(payment.amount, payment.currency)),
            "status": payment.status,
            "at": instant(payment.settled_at),
            "left": amount(max(refunds.left(session, payment).values(), default=nothing)),
        }
        for payment in rows
    ]


def _refunds(session: Session, customer: Customer) -> Sequence[Refund]:
    return session.scalars(
        sa.select(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Payment.customer_id == customer.id)
        .order_by(Refund.asked_at.desc())
        .limit(RECENT)
    ).all()


def _others(by: InstrumentedAttribute[uuid.UUID], seat: Seat) -> sa.ColumnElement[bool]:
    """Only what somebody else proposed; who is no supervisor decides for supervisors only."""
    if seat.supervises:
        return by != seat.agent.id
    supervisors = sa.select(Agent.id).where(Agent.role.in_((Role.SUPERVISOR, Role.ADMINISTRATOR)))
    return sa.and_(by != seat.agent.id, by.in_(supervisors))
