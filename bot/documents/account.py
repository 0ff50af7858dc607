"""An account as the ledger had it at an instant: the invoices of one customer, and every posting that touched them.

The ledger is append-only, so the same instant gives the same account whenever it is asked (C11).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import ledger
from bot.models import Customer, Hold, HoldKind, HoldStatus, Invoice, Posting
from bot.money import Money

# How many accounts one query asks for.
AT_ONCE = 500


class Movement(NamedTuple):
    """A posting: `amount` minor units from `source` to `destination`."""

    id: int
    source: str
    destination: str
    amount: int
    reference: str
    reverses: int | None
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Account:
    """`moves` are in the order in which they were posted. `disputed` are the invoices that were under review."""

    currency: str
    credit_account: str
    invoices: dict[str, Invoice]
    moves: Sequence[Movement]
    disputed: frozenset[uuid.UUID]
    _balances: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        balances: Counter[str] = Counter()
        for move in self.moves:
            balances[move.destination] += move.amount
            balances[move.source] -= move.amount
        object.__setattr__(self, "_balances", balances)

    def owed(self, invoice_id: uuid.UUID) -> Money:
        """What was owed on an invoice; negative when more was paid on it than billed."""
        return self.money(self._balances[ledger.invoice_account(invoice_id)])

    @property
    def credit(self) -> Money:
        """What we owed the customer."""
        return self.money(-self._balances[self.credit_account])

    @property
    def open(self) -> Money:
        """What was owed on all invoices, without the credit."""
        return self.money(sum(self._balances[account] for account in self.invoices))

    @property
    def balance(self) -> Money:
        """What is open less the credit: the sum of every posting on the account (S7)."""
        return self.open - self.credit

    def effect(self, move: Movement) -> int:
        """By how many minor units `move` changed the balance."""
        return move.amount * (self.has(move.destination) - self.has(move.source))

    def has(self, name: str) -> bool:
        """Whether the ledger's account `name` is one of this customer's."""
        return name in self.invoices or name == self.credit_account

    def money(self, minor: int) -> Money:
        """`minor` units in the account's currency."""
        return Money(minor, self.currency)


def read(session: Session, customer: Customer, as_of: dt.datetime) -> Account:
    """The account of `customer` at `as_of` (UTC): what was posted until then, that instant included."""
    invoices = session.scalars(
        sa.select(Invoice)
        .where(Invoice.customer_id == customer.id, Invoice.created_at <= as_of)
        .order_by(Invoice.due_on, Invoice.issued_on, Invoice.number)
    )
    names = {ledger.invoice_account(invoice.id): invoice for invoice in invoices}
    credit = ledger.credit_account(customer.id)
    moves = sorted(_moves(session, [*names, credit], customer.currency, as_of))
    return Account(customer.currency, credit, names, moves, _disputed(session, customer, as_of))


def _moves(session: Session, names: list[str], currency: str, as_of: dt.datetime) -> Iterable[Movement]:
    found: set[Movement] = set()
    columns = (
        Posting.id,
        Posting.source,
        Posting.destination,
        Posting.amount,
        Posting.reference,
        Posting.reverses,
        Posting.created_at,
    )
    for start in range(0, len(names), AT_ONCE):
        for side in (Posting.source, Posting.destination):  # each by its own index
            some = sa.select(*columns).where(
                side.in_(names[start : start + AT_ONCE]), Posting.currency == currency, Posting.created_at <= as_of
            )
            found.update(Movement(*row) for row in session.execute(some))
    return found


def _disputed(session: Session, customer: Customer, as_of: dt.datetime) -> frozenset[uuid.UUID]:
    was_lifted = sa.and_(Hold.status == HoldStatus.LIFTED, sa.or_(Hold.lifted_at.is_(None), Hold.lifted_at <= as_of))
    found = session.scalars(
        sa.select(Hold.invoice_id).where(
            Hold.customer_id == customer.id,
            Hold.kind == HoldKind.DISPUTE,
            Hold.invoice_id.is_not(None),
            Hold.created_at <= as_of,
            sa.not_(was_lifted),
        )
    )
    return frozenset(invoice_id for invoice_id in found if invoice_id is not None)
