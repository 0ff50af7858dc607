"""Customers from an import: new ones are added, known ones brought up to date."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import factors
from bot.billing.import_file import Fault, Took
from bot.billing.import_rows import CustomerRow
from bot.db import new_id
from bot.models import Customer, CustomerFactor, FactorKind, Invoice

_COLUMNS = ("name", "email", "phone", "language", "time_zone", "country", "currency", "customer_since")


def take(session: Session, rows: Sequence[CustomerRow]) -> Iterator[Took | Fault]:
    """Write `rows` down; for each in turn what it did, or why it cannot be.

    The file is the truth about a customer's contacts and factors: what is empty there is empty here. A currency changes
    only while nothing was billed in it.
    """
    known = _known(session, rows)
    held = _factors(session, known.values())
    billed = _billed(session, known.values())
    customers: list[dict[str, Any]] = []
    digests: list[dict[str, Any]] = []
    for row in rows:
        customer = known.get(row.key)
        if customer is None:
            id_ = new_id()
            customers.append(_values(row) | _identity(row, id_))
            digests.extend(_digest(id_, kind, value) for kind, value in row.factors.items())
            yield Took.ADDED
        elif customer.account_number != row.account_number:
            yield Fault("account_number", f"differs only in punctuation from {customer.account_number}, which is known")
        elif customer.currency != row.currency and customer.id in billed:
            yield Fault("currency", f"this account is billed in {customer.currency}")
        else:
            changed = _update(customer, row)
            changed |= _update_factors(session, customer.id, row, held.get(customer.id, {}))
            yield Took.CHANGED if changed else Took.UNCHANGED
    if customers:
        session.execute(sa.insert(Customer), customers)
    if digests:
        session.execute(sa.insert(CustomerFactor), digests)


def _known(session: Session, rows: Sequence[CustomerRow]) -> dict[str, Customer]:
    keys = [row.key for row in rows]
    found = session.scalars(sa.select(Customer).where(Customer.account_key.in_(keys)))
    return {customer.account_key: customer for customer in found}


def _factors(session: Session, customers: Any) -> dict[uuid.UUID, dict[FactorKind, CustomerFactor]]:
    ids = [customer.id for customer in customers]
    held: dict[uuid.UUID, dict[FactorKind, CustomerFactor]] = {}
    for factor in session.scalars(sa.select(CustomerFactor).where(CustomerFactor.customer_id.in_(ids))):
        held.setdefault(factor.customer_id, {})[FactorKind(factor.kind)] = factor
    return held


def _billed(session: Session, customers: Any) -> set[uuid.UUID]:
    ids = [customer.id for customer in customers]
    return set(session.scalars(sa.select(Invoice.customer_id).where(Invoice.customer_id.in_(ids)).distinct()))


def _values(row: CustomerRow) -> dict[str, Any]:
    return {column: getattr(row, column) for column in _COLUMNS}


def _identity(row: CustomerRow, id_: uuid.UUID) -> dict[str, Any]:
    return {
        "id": id_,
        "account_number": row.account_number,
        "account_key": row.key,
        "created_at": clock.now(),
    }


def _digest(customer_id: uuid.UUID, kind: FactorKind, value: str) -> dict[str, Any]:
    return {"customer_id": customer_id, "kind": kind, "digest": factors.digest(customer_id, kind, value)}


def _update(customer: Customer, row: CustomerRow) -> bool:
    changed = {column: value for column, value in _values(row).items() if getattr(customer, column) != value}
    for column, value in changed.items():
        setattr(customer, column, value)
    return bool(changed)


def _update_factors(
    session: Session, customer_id: uuid.UUID, row: CustomerRow, held: dict[FactorKind, CustomerFactor]
) -> bool:
    changed = False
    for kind in FactorKind:
        value, factor = row.factors.get(kind), held.get(kind)
        wanted = factors.digest(customer_id, kind, value) if value else None
        if wanted == (factor.digest if factor else None):
            continue
        changed = True
        if wanted is None:
            session.delete(factor)
        elif factor is None:
            session.add(CustomerFactor(customer_id=customer_id, kind=kind, digest=wanted))
        else:
            factor.digest = wanted
    return changed
