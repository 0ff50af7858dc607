"""Invoices from an import, with what was paid on them elsewhere and what is disputed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import ledger
from bot.billing.import_file import Fault, Took
from bot.billing.import_rows import Day, InvoiceRow
from bot.billing.ledger import Entry
from bot.db import new_id
from bot.models import Customer, Hold, HoldKind, HoldStatus, Invoice
from bot.models.customer import account_key
from bot.money import Money


def take(session: Session, rows: Sequence[InvoiceRow]) -> Iterator[Took | Fault]:
    """Write `rows` down; for each in turn what it did, or why it cannot be.

    `paid_amount` is all that was paid on the invoice by any way; what of it the ledger does not have is posted to
    `imported`, so that money that came through us is not counted twice. A number that is known keeps its customer,
    amount and currency; a date counted from today keeps the day that it meant the first time. `disputed` makes a
    confirmed hold, unless the invoice has had a dispute: lifting one is the desk's.
    """
    customers = _customers(session, rows)
    known = {
        invoice.number: invoice
        for invoice in session.scalars(sa.select(Invoice).where(Invoice.number.in_([row.number for row in rows])))
    }
    owed = ledger.balances(session, [ledger.invoice_account(invoice.id) for invoice in known.values()])
    disputed = _disputed(session, known)
    invoices: list[dict[str, Any]] = []
    holds: list[dict[str, Any]] = []
    entries: list[Entry] = []
    for row in rows:
        customer, invoice = customers.get(account_key(row.account_number)), known.get(row.number)
        fault = _fault(row, customer, invoice)
        if fault is not None or customer is None:
            yield fault or Fault("account_number", "no such account")
            continue
        if invoice is None:
            values = _values(row, customer)
            invoices.append(values)
            entries.append(_billed(values["id"], row))
            entries.extend(_paid(values["id"], row, row.paid))
            holds.extend(_hold(values["id"], customer) for _ in range(row.disputed))
            yield Took.ADDED
            continue
        missing = Money(row.paid.minor - (invoice.amount - owed[ledger.invoice_account(invoice.id)]), invoice.currency)
        paid = _paid(invoice.id, row, missing)
        hold = [_hold(invoice.id, customer)] if row.disputed and invoice.id not in disputed else []
        entries.extend(paid)
        holds.extend(hold)
        changed = _update(invoice, row)
        yield Took.CHANGED if changed or paid or hold else Took.UNCHANGED
    _write(session, invoices, holds, entries)


def _customers(session: Session, rows: Sequence[InvoiceRow]) -> dict[str, Customer]:
    keys = {account_key(row.account_number) for row in rows}
    found = session.scalars(sa.select(Customer).where(Customer.account_key.in_(keys)))
    return {customer.account_key: customer for customer in found}


def _disputed(session: Session, known: dict[str, Invoice]) -> set[uuid.UUID | None]:
    ids = [invoice.id for invoice in known.values()]
    return set(
        session.scalars(sa.select(Hold.invoice_id).where(Hold.invoice_id.in_(ids), Hold.kind == HoldKind.DISPUTE))
    )


def _fault(row: InvoiceRow, customer: Customer | None, invoice: Invoice | None) -> Fault | None:
    if customer is None:
        return Fault("account_number", "no such account")
    if row.amount.currency != customer.currency:
        return Fault("currency", f"this account is kept in {customer.currency}")
    if invoice is not None and invoice.customer_id != customer.id:
        return Fault("invoice_number", "stands for another account's invoice")
    if invoice is not None and invoice.amount != row.amount.minor:
        return Fault("amount", "differs from what was billed; an invoice is corrected by another one, not changed")
    return None


def _values(row: InvoiceRow, customer: Customer) -> dict[str, Any]:
    today = clock.today(customer.time_zone)
    return {
        "id": new_id(),
        "customer_id": customer.id,
        "number": row.number,
        "description": row.description,
        "issued_on": row.issued_on.on(today),
        "due_on": row.due_on.on(today),
        "amount": row.amount.minor,
        "currency": row.amount.currency,
        "created_at": clock.now(),
    }


def _billed(invoice_id: uuid.UUID, row: InvoiceRow) -> Entry:
    return Entry(ledger.SALES, ledger.invoice_account(invoice_id), row.amount, f"invoice:{invoice_id}")


def _paid(invoice_id: uuid.UUID, row: InvoiceRow, missing: Money) -> list[Entry]:
    if missing.minor <= 0:
        return []
    # Named by the sum that it brings the invoice to, so the same file again is the same fact.
    reference = f"import:{invoice_id}:paid:{row.paid.minor}"
    return [Entry(ledger.invoice_account(invoice_id), ledger.IMPORTED, missing, reference)]


def _hold(invoice_id: uuid.UUID, customer: Customer) -> dict[str, Any]:
    return {
        "id": new_id(),
        "kind": HoldKind.DISPUTE,
        "status": HoldStatus.CONFIRMED,
        "customer_id": customer.id,
        "invoice_id": invoice_id,
        "reason": "imported",
        "created_at": clock.now(),
    }


def _update(invoice: Invoice, row: InvoiceRow) -> bool:
    wanted: dict[str, Any] = {"description": row.description}
    wanted |= {"issued_on": _moved(row.issued_on, invoice.issued_on), "due_on": _moved(row.due_on, invoice.due_on)}
    changed = {column: value for column, value in wanted.items() if getattr(invoice, column) != value}
    for column, value in changed.items():
        setattr(invoice, column, value)
    return bool(changed)


def _moved(day: Day, before: dt.date) -> dt.date:
    return day.date if day.date is not None else before


def _write(session: Session, invoices: list[dict[str, Any]], holds: list[dict[str, Any]], entries: list[Entry]) -> None:
    if invoices:
        session.execute(sa.insert(Invoice), invoices)
    if holds:
        session.execute(sa.insert(Hold), holds)
    ledger.post_new(session, entries)
