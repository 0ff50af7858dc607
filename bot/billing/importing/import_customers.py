"""Customers from an import: new ones are added, known ones brought up to date."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import bulk
from bot.billing.identity import factors
from bot.billing.importing.import_file import Fault, Took
from bot.billing.importing.import_rows import CustomerRow
from bot.models import Customer, CustomerFactor, Erasure, ErasureScope, ErasureStatus, FactorKind, Invoice

_KEPT = ("id", "account_number", "account_key")
# What the file says anew each time.
_SAID = ("name", "email", "phone", "language", "time_zone", "country", "currency", "customer_since")

Known = dict[str, Any]  # rows of the database
Id = uuid.UUID | str  # a text while it is new
Digests = dict[str, str]  # by the factor's kind


def take(session: Session, rows: Sequence[CustomerRow]) -> Iterator[Took | Fault]:
    """Write `rows` down; for each in turn what it did, or why it cannot be.

    The file is the truth about a customer's contacts and factors: what is empty there is empty here. A currency changes
    only while nothing was billed in it. Who was erased stays so.
    """
    known = _known(session, rows)
    held = _held(session, known)
    billed = _billed(session, rows, known)
    erased = _erased(session, known)
    now = clock.now()
    added: list[bulk.Values] = []
    changed: list[dict[str, Any]] = []
    proofs: dict[Id, Digests] = {}
    for row in rows:
        customer, said = known.get(row.key), _said(row)
        if customer is None:
            id_ = bulk.new_id()
            added.append((id_, row.account_number, row.account_key, *said, now))
            proofs[id_] = _digests(id_, row)
            yield Took.ADDED
        elif customer.account_number != row.account_number:
            yield Fault("account_number", f"differs only in punctuation from {customer.account_number}, which is known")
        elif customer.id in erased:
            yield Took.UNCHANGED
        elif customer.currency != row.currency and customer.id in billed:
            yield Fault("currency", f"this account is billed in {customer.currency}")
        else:
            digests = _digests(customer.id, row)
            if is_moved := customer[len(_KEPT) :] != said:
                changed.append({"id": customer.id, **dict(zip(_SAID, said, strict=True))})
            if proves_anew := held.get(customer.id, {}) != digests:
                proofs[customer.id] = digests
            yield Took.CHANGED if is_moved or proves_anew else Took.UNCHANGED
    _write(session, added, changed, proofs, held)


def _known(session: Session, rows: Sequence[CustomerRow]) -> Known:
    columns = [getattr(Customer, name) for name in (*_KEPT, *_SAID)]
    is_named = bulk.among(session, Customer.account_key, [row.key for row in rows])
    return {customer.account_key: customer for customer in session.execute(sa.select(*columns).where(is_named))}


def _held(session: Session, known: Known) -> dict[Id, Digests]:
    held: dict[Id, Digests] = {}
    if known:
        columns = (CustomerFactor.customer_id, CustomerFactor.kind, CustomerFactor.digest)
        theirs = bulk.among(session, CustomerFactor.customer_id, [customer.id for customer in known.values()])
        for id_, kind, digest in session.execute(sa.select(*columns).where(theirs)):
            held.setdefault(id_, {})[kind] = digest
    return held


def _erased(session: Session, known: Known) -> set[uuid.UUID]:
    """Whom we were asked to forget: what a file still says of them is not taken (P5)."""
    if not known:
        return set()
    theirs = bulk.among(session, Erasure.customer_id, [customer.id for customer in known.values()])
    is_agreed = Erasure.status.in_((ErasureStatus.APPROVED, ErasureStatus.DONE))
    of_all = sa.select(Erasure.customer_id).where(theirs, is_agreed, Erasure.scope == ErasureScope.EVERYTHING)
    return set(session.scalars(of_all))


def _billed(session: Session, rows: Sequence[CustomerRow], known: Known) -> set[uuid.UUID]:
    ids = {known[row.key].id for row in rows if row.key in known and known[row.key].currency != row.currency}
    if not ids:
        return set()
    are_billed = bulk.among(session, Invoice.customer_id, ids)
    return set(session.scalars(sa.select(Invoice.customer_id).where(are_billed).distinct()))


def _said(row: CustomerRow) -> bulk.Values:
    return (
        row.name, row.email, row.phone, row.language, row.time_zone, row.country, row.currency, row.customer_since,
    )  # fmt: skip


def _digests(id_: Id, row: CustomerRow) -> Digests:
    values = {FactorKind.POSTCODE: row.postcode, FactorKind.BIRTH_DATE: row.birth_date}
    return {kind.value: factors.digest(id_, kind, value) for kind, value in values.items() if value}


def _write(
    session: Session,
    added: list[bulk.Values],
    changed: list[dict[str, Any]],
    proofs: dict[Id, Digests],
    held: dict[Id, Digests],
) -> None:
    if changed:
        session.execute(sa.update(Customer), changed)
    bulk.insert(session, Customer, (*_KEPT, *_SAID, "created_at"), added)
    if outdated := proofs.keys() & held.keys():
        theirs = bulk.among(session, CustomerFactor.customer_id, outdated)
        session.execute(sa.delete(CustomerFactor).where(theirs).execution_options(synchronize_session=False))
    digests = [(id_, kind, digest) for id_, theirs in proofs.items() for kind, digest in theirs.items()]
    bulk.insert(session, CustomerFactor, ("customer_id", "kind", "digest"), digests)
