"""Invoices from an import, with what was paid on them elsewhere and what is disputed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import bulk, ledger
from bot.billing.importing.import_cells import Day
from bot.billing.importing.import_file import Fault, Took
from bot.billing.importing.import_rows import InvoiceRow
from bot.billing.ledger import Move
from bot.models import Customer, Hold, HoldKind, HoldStatus, Invoice

_INVOICE = (
    "id", "customer_id", "number", "description", "issued_on", "due_on", "amount", "currency", "created_at",
)  # fmt: skip
_HOLD = ("id", "kind", "status", "customer_id", "invoice_id", "reason", "created_at")

Known = dict[str, Any]  # rows of the database


def take(session: Session, rows: Sequence[InvoiceRow]) -> Iterator[Took | Fault]:
    """Write `rows` down; for each in turn what it did, or why it cannot be.

    `paid_amount` is all that was paid on the invoice by any way; what of it the ledger does not have is posted to
    `imported`, so that money that came through us is not counted twice. A number that is known keeps its customer,
    amount and currency; a date counted from today keeps the day that it meant the first time. `disputed` makes a
    confirmed hold, unless the invoice has had a dispute: lifting one is the desk's.
    """
    customers, known = _customers(session, rows), _known(session, rows)
    owed, disputed = _owed(session, rows, known), _disputed(session, rows, known)
    todays = {zone: clock.today(zone) for zone in {customer.time_zone for customer in customers.values()}}
    now = clock.now()
    added: list[bulk.Values] = []
    changed: list[dict[str, Any]] = []
    holds: list[bulk.Values] = []
    moves: list[Move] = []
    for row in rows:
        customer, invoice = customers.get(row.account_key), known.get(row.number)
        fault = _fault(row, customer, invoice)
        if fault is not None or customer is None:
            yield fault or Fault("account_number", "no such account")
        elif invoice is None:
            id_, today = bulk.new_id(), todays[customer.time_zone]
            days = row.issued_on.on(today), row.due_on.on(today)
            added.append((id_, customer.id, row.number, row.description, *days, row.amount, row.currency, now))
            moves.append(_billed(id_, row))
            if row.paid:
                moves.append(_paid(id_, row, row.paid))
            if row.disputed:
                holds.append(_dispute(id_, customer, now))
            yield Took.ADDED
        else:
            missing = row.paid - (invoice.amount - owed[invoice.id])
            if missing > 0:
                moves.append(_paid(invoice.id, row, missing))
            if is_disputed := row.disputed and invoice.id not in disputed:
                holds.append(_dispute(invoice.id, customer, now))
            if differs := (said := _said(row, invoice)) != (invoice.description, invoice.issued_on, invoice.due_on):
                changed.append(
                    {"id": invoice.id, **dict(zip(("description", "issued_on", "due_on"), said, strict=True))}
                )
            yield Took.CHANGED if differs or missing > 0 or is_disputed else Took.UNCHANGED
    if changed:
        session.execute(sa.update(Invoice), changed)
    bulk.insert(session, Invoice, _INVOICE, added)
    bulk.insert(session, Hold, _HOLD, holds)
    ledger.post_new(session, moves)


def _customers(session: Session, rows: Sequence[InvoiceRow]) -> Known:
    columns = (Customer.account_key, Customer.id, Customer.time_zone, Customer.currency)
    is_named = bulk.among(session, Customer.account_key, {row.account_key for row in rows})
    return {customer.account_key: customer for customer in session.execute(sa.select(*columns).where(is_named))}


def _known(session: Session, rows: Sequence[InvoiceRow]) -> Known:
    columns = [Invoice.number, *(getattr(Invoice, name) for name in _INVOICE if name != "number")]
    is_named = bulk.among(session, Invoice.number, [row.number for row in rows])
    return {invoice.number: invoice for invoice in session.execute(sa.select(*columns).where(is_named))}


def _owed(session: Session, rows: Sequence[InvoiceRow], known: Known) -> dict[uuid.UUID, int]:
    owed = _balances(session, [invoice.id for invoice in known.values()])
    behind = [
        invoice for row in rows if (invoice := known.get(row.number)) and row.paid > invoice.amount - owed[invoice.id]
    ]
    if behind:
        # Money may be coming in through us at this very moment: whoever settles it holds the customer's lock (S5).
        ids = {invoice.customer_id for invoice in behind}
        theirs = bulk.among(session, Customer.id, ids)
        session.execute(sa.select(Customer.id).where(theirs).order_by(Customer.id).with_for_update(key_share=True))
        owed |= _balances(session, [invoice.id for invoice in behind])
    return owed


def _balances(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    accounts = {id_: ledger.invoice_account(id_) for id_ in ids}
    balances = ledger.balances(session, accounts.values())
    return {id_: balances[account] for id_, account in accounts.items()}


def _disputed(session: Session, rows: Sequence[InvoiceRow], known: Known) -> set[uuid.UUID | None]:
    ids = [known[row.number].id for row in rows if row.disputed and row.number in known]
    if not ids:
        return set()
    have_had = bulk.among(session, Hold.invoice_id, ids)
    return set(session.scalars(sa.select(Hold.invoice_id).where(have_had, Hold.kind == HoldKind.DISPUTE)))


def _fault(row: InvoiceRow, customer: sa.Row[Any] | None, invoice: sa.Row[Any] | None) -> Fault | None:
    if customer is None:
        return Fault("account_number", "no such account")
    if row.currency != customer.currency:
        return Fault("currency", f"this account is kept in {customer.currency}")
    if invoice is not None and invoice.customer_id != customer.id:
        return Fault("invoice_number", "stands for another account's invoice")
    if invoice is not None and invoice.amount != row.amount:
        return Fault("amount", "differs from what was billed; an invoice is corrected by another one, not changed")
    return None


def _billed(invoice_id: str, row: InvoiceRow) -> Move:
    account = ledger.invoice_account(invoice_id)
    return Move(ledger.SALES, account, row.amount, row.currency, f"invoice:{invoice_id}")


def _paid(invoice_id: uuid.UUID | str, row: InvoiceRow, missing: int) -> Move:
    # Named by the sum that it brings the invoice to, so the same file again is the same fact.
    reference = f"import:{invoice_id}:paid:{row.paid}"
    return Move(ledger.invoice_account(invoice_id), ledger.IMPORTED, missing, row.currency, reference)


def _dispute(invoice_id: uuid.UUID | str, customer: sa.Row[Any], now: dt.datetime) -> bulk.Values:
    kind, status = HoldKind.DISPUTE.value, HoldStatus.CONFIRMED.value
    return (bulk.new_id(), kind, status, customer.id, invoice_id, "imported", now)


def _said(row: InvoiceRow, invoice: sa.Row[Any]) -> bulk.Values:
    return (row.description, _moved(row.issued_on, invoice.issued_on), _moved(row.due_on, invoice.due_on))


def _moved(day: Day, before: dt.date) -> dt.date:
    return day.date if day.date is not None else before
