"""Plans that were agreed elsewhere and are running, from an import."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import ledger, plans
from bot.billing.importing.import_file import Fault, Took
from bot.billing.importing.import_rows import PlanRow
from bot.errors import InvalidInput
from bot.models import Customer, Instalment, Invoice, Plan, PlanEvent, PlanInvoice, PlanStatus
from bot.money import Money


def take(session: Session, rows: Sequence[PlanRow]) -> Iterator[Took | Fault]:
    """Write `rows` down, an account's instalments together as one plan; for each row what it did, or why it cannot be.

    A customer who has had a plan keeps it: the file does not change agreements. What of the plan is paid follows from
    what is paid on its invoices.
    """
    for _, group in itertools.groupby(rows, key=lambda row: row.group):
        instalments = list(group)
        try:
            took: Took | Fault = _take_one(session, instalments)
        except Fault as fault:
            took = fault
        yield from (took for _ in instalments)


def _take_one(session: Session, rows: list[PlanRow]) -> Took:
    key = rows[0].account_key
    customer = session.scalars(sa.select(Customer).where(Customer.account_key == key)).first()
    if customer is None:
        raise Fault("account_number", "no such account")
    has_had = sa.select(Plan.id).where(Plan.customer_id == customer.id, Plan.status != PlanStatus.QUOTE)
    if session.scalars(has_had).first() is not None:
        return Took.UNCHANGED
    if sorted(row.number for row in rows) != list(range(1, len(rows) + 1)):
        raise Fault("instalment", "the instalments of an account are numbered 1, 2, 3 …, and stand together")
    amounts = [(row, _money(row, customer)) for row in sorted(rows, key=lambda row: row.number)]
    today = clock.today(customer.time_zone)
    plan = Plan(
        customer_id=customer.id,
        status=PlanStatus.ACTIVE,
        total=sum(amount.minor for _, amount in amounts),
        currency=customer.currency,
        instalments=[
            Instalment(number=row.number, due_on=row.due_on.on(today), amount=amount.minor) for row, amount in amounts
        ],
        invoices=_covered(session, customer, amounts),
    )
    if [part.due_on for part in plan.instalments] != sorted({part.due_on for part in plan.instalments}):
        raise Fault("due_on", "not later than the instalment before")
    session.add(plan)
    session.flush()
    for kind, terms in ((PlanStatus.AGREED, plans.terms(plan)), (PlanStatus.ACTIVE, None)):
        session.add(PlanEvent(plan_id=plan.id, kind=kind, actor="import", terms=terms))
    session.flush()
    return Took.ADDED


def _money(row: PlanRow, customer: Customer) -> Money:
    try:
        amount = Money.of(row.amount, customer.currency)
    except InvalidInput:
        raise Fault("amount", f"more digits after the point than {customer.currency} has") from None
    if not amount:
        raise Fault("amount", "an instalment is more than nothing")
    return amount


def _covered(session: Session, customer: Customer, amounts: list[tuple[PlanRow, Money]]) -> list[PlanInvoice]:
    sums: dict[str, int] = {}
    for row, amount in amounts:
        sums[row.invoice_number] = sums.get(row.invoice_number, 0) + amount.minor
    found = session.scalars(
        sa.select(Invoice)
        .where(Invoice.customer_id == customer.id, Invoice.number.in_(sums))
        .order_by(Invoice.due_on, Invoice.number)
    ).all()
    if len(found) < len(sums):
        raise Fault("invoice_number", "no such invoice on this account")
    if any(sums[invoice.number] > invoice.amount for invoice in found):
        raise Fault("amount", "the instalments come to more than the invoice")
    accounts = [ledger.invoice_account(invoice.id) for invoice in found]
    owed = ledger.balances(session, accounts)
    return [
        PlanInvoice(
            position=position,
            invoice_id=invoice.id,
            amount=sums[invoice.number],
            beside=max(owed[account] - sums[invoice.number], 0),
        )
        for position, (invoice, account) in enumerate(zip(found, accounts, strict=True))
    ]
