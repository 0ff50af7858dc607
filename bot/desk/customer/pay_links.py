"""A link to pay, put together by an agent: what may be asked for, and the link itself (design section 10, 6; C9)."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.orm import Session

from bot.billing import invoices, payments, plans
from bot.billing.invoices import OpenInvoice, Standing
from bot.billing.payments.payment_states import UNPAID
from bot.billing.plans.coverage import in_steps
from bot.db import lock
from bot.desk.customer.money import amount
from bot.desk.identity import DESK_LOCALE
from bot.desk.thread.speaking import Once
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import Customer, Payment, PaymentOrigin
from bot.money import Money, total

Json = dict[str, Any]


class Over(StrEnum):
    """What is to be paid: what is overdue, all of it, the plan's next instalment, chosen invoices, or an amount."""

    OVERDUE = "overdue"
    EVERYTHING = "everything"
    INSTALMENT = "instalment"
    INVOICES = "invoices"
    AMOUNT = "amount"


class Link(Once):
    """`amount` is what the page showed, in minor units: if it comes to something else by now, nothing is sent."""

    over: Over
    amount: int = Field(ge=1, le=10**12)
    invoice_ids: list[uuid.UUID] = Field(default_factory=list, max_length=200)


def payable(session: Session, customer: Customer) -> Json:
    """What a link may be for. What is disputed is in no sum, and is paid only when it is chosen by itself (C9)."""
    standing = invoices.standing(session, customer)
    late = _late(session, customer, standing)
    sums = {
        over: _sum(session, customer, standing, over, late) for over in (Over.INSTALMENT, Over.OVERDUE, Over.EVERYTHING)
    }
    return {
        "currency": standing.currency,
        "sums": [{"over": over, "amount": amount(money)} for over, money in sums.items() if money],
        "invoices": [
            {
                "id": str(item.invoice.id),
                "number": item.invoice.number,
                "description": item.invoice.description,
                "owed": amount(in_steps(item.owed)),
                "disputed": item.disputed,
            }
            for item in standing.items
        ],
        "on_its_way": amount(payments.on_its_way(session, customer)),
        "replaces": [amount(Money(each.amount, each.currency)) for each in _live(session, customer)],
    }


def open_link(session: Session, customer: Customer, asked: Link, conversation_id: uuid.UUID) -> Payment:
    """The payment behind the link. Raises `Conflict` when what was shown is not so any more, and as
    `payments.open_link` does."""
    lock(session, Customer, customer.id)
    standing = invoices.standing(session, customer)
    shown = Money(asked.amount, customer.currency)
    chosen = _late(session, customer, standing) if asked.over == Over.OVERDUE else _chosen(standing, asked)
    now = shown if asked.over == Over.AMOUNT else _sum(session, customer, standing, asked.over, chosen)
    if now != shown:
        words = f"it comes to {now.format(DESK_LOCALE)} now" if now else "nothing of it is open now"
        raise Conflict(f"The account has changed: {words}. Please look again before you send it.", about=now)
    if asked.over == Over.AMOUNT and shown > in_steps(standing.payable):
        raise InvalidInput(_too_much(standing), about=standing.payable)
    ids = [item.invoice.id for item in chosen] or None
    return payments.open_link(session, customer, shown, conversation_id=conversation_id, invoice_ids=ids)


def _sum(session: Session, customer: Customer, standing: Standing, over: Over, chosen: list[OpenInvoice]) -> Money:
    match over:
        case Over.EVERYTHING:
            return in_steps(standing.payable)
        case Over.INSTALMENT:
            plan = plans.current(session, customer)
            return plans.progress(session, plan).next_amount if plan else Money.zero(standing.currency)
        case _:
            return total((in_steps(item.owed) for item in chosen), standing.currency)


def _late(session: Session, customer: Customer, standing: Standing) -> list[OpenInvoice]:
    """What may be spoken of as late: not what is disputed (C9), and not what the plan covers."""
    plan = plans.current(session, customer)
    planned = {part.invoice_id for part in plan.invoices} if plan else set()
    return [item for item in standing.items if item.days_late and not item.disputed and item.invoice.id not in planned]


def _chosen(standing: Standing, asked: Link) -> list[OpenInvoice]:
    if asked.over != Over.INVOICES:
        return []
    found = [item for item in standing.items if item.invoice.id in set(asked.invoice_ids)]
    if not asked.invoice_ids:
        raise InvalidInput("Choose an invoice.")
    if len(found) < len(set(asked.invoice_ids)):
        raise NotFound("One of these invoices is not open any more. Please look again.")
    return found


def _too_much(standing: Standing) -> str:
    most = in_steps(standing.payable).format(DESK_LOCALE)
    if standing.payable < standing.total:
        return f"{most} is open and not disputed. What is disputed is paid only when it is chosen by itself."
    return f"That is more than what is open on this account, {most}."


def _live(session: Session, customer: Customer) -> list[Payment]:
    return list(
        session.scalars(
            sa.select(Payment).where(
                Payment.customer_id == customer.id,
                Payment.origin == PaymentOrigin.LINK,
                Payment.status.in_(sorted(UNPAID)),
                Payment.superseded_at.is_(None),
            )
        )
    )
