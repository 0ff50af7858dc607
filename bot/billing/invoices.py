"""Invoices and a customer's standing: what is owed, since when, and which part of it is disputed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import ledger
from bot.errors import Conflict, InvalidInput
from bot.models import Customer, Hold, HoldKind, HoldStatus, Invoice
from bot.money import Money, total

IS_DISPUTED = sa.exists().where(
    Hold.invoice_id == Invoice.id, Hold.kind == HoldKind.DISPUTE, Hold.status != HoldStatus.LIFTED
)
# Made once: to put a query together takes longer than to ask it.
_BILLED = (
    sa.select(Invoice, IS_DISPUTED.label("disputed"))
    .where(Invoice.customer_id == sa.bindparam("customer_id"))
    .order_by(Invoice.due_on, Invoice.issued_on, Invoice.number)
)


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice on which something is owed. `days_late` is by the customer's zone; 0 means not late."""

    invoice: Invoice
    owed: Money
    days_late: int
    disputed: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What a customer owes: `items` oldest due date first. `credit` is what we owe them, not deducted from the sums."""

    currency: str
    items: list[OpenInvoice]
    credit: Money
    total: Money = field(init=False)
    overdue: Money = field(init=False)
    payable_overdue: Money = field(init=False)

    def __post_init__(self) -> None:
        late = [item for item in self.items if item.days_late]
        object.__setattr__(self, "total", total((item.owed for item in self.items), self.currency))
        object.__setattr__(self, "overdue", total((item.owed for item in late), self.currency))
        payable = total((item.owed for item in late if not item.disputed), self.currency)
        object.__setattr__(self, "payable_overdue", payable)

    @property
    def payable(self) -> Money:
        """What is owed without what is disputed (C9)."""
        return total((item.owed for item in self.items if not item.disputed), self.currency)


def standing(session: Session, customer: Customer) -> Standing:
    """What `customer` owes at this moment, by two queries: the invoices, and the ledger's sums."""
    rows = session.execute(_BILLED, {"customer_id": customer.id}).all()
    credit = ledger.credit_account(customer.id)
    sums = ledger.balances(session, [*(ledger.invoice_account(invoice.id) for invoice, _ in rows), credit])
    today = clock.today(customer.time_zone)
    items = [
        OpenInvoice(invoice, Money(owed, invoice.currency), max((today - invoice.due_on).days, 0), bool(is_disputed))
        for invoice, is_disputed in rows
        if (owed := sums[ledger.invoice_account(invoice.id)]) > 0
    ]
    return Standing(customer.currency, items, Money(-sums[credit], customer.currency))


def issue(
    session: Session,
    customer: Customer,
    *,
    number: str,
    description: str,
    issued_on: dt.date,
    due_on: dt.date,
    amount: Money,
) -> Invoice:
    """Bill `customer`: the invoice with its posting `sales → invoice`. The same again gives the invoice that is there.

    Raises `InvalidInput` for nothing or less, another currency than the customer's, or a due date before the issue;
    `Conflict` when the number stands for another invoice.
    """
    if amount.minor <= 0:
        raise InvalidInput("An invoice is for more than nothing.", about=amount)
    if amount.currency != customer.currency:
        raise InvalidInput(f"This account is kept in {customer.currency}.", about=amount)
    if due_on < issued_on:
        raise InvalidInput("An invoice is due on the day it is issued or later.", about=due_on)
    invoice = session.scalars(sa.select(Invoice).where(Invoice.number == number)).first()
    if invoice is None:
        invoice = Invoice(
            customer_id=customer.id,
            number=number,
            description=description,
            issued_on=issued_on,
            due_on=due_on,
            amount=amount.minor,
            currency=amount.currency,
        )
        session.add(invoice)
        session.flush()
    elif (invoice.customer_id, invoice.amount, invoice.currency) != (customer.id, amount.minor, amount.currency):
        raise Conflict("This invoice number is taken.", about=number)
    ledger.post(
        session,
        source=ledger.SALES,
        destination=ledger.invoice_account(invoice.id),
        amount=amount,
        reference=f"invoice:{invoice.id}",
    )
    return invoice
