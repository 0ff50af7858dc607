"""Of whom a copy is, and what one section of it is (P5)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from bot.models import Customer, Payment, Plan

Rows = sa.Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class About:
    """Of whom the copy is, with the conversations in which they proved it and their invoices."""

    customer: Customer
    talks: tuple[uuid.UUID, ...]
    invoices: tuple[uuid.UUID, ...]

    def mine(self, kind: Any) -> sa.ColumnElement[bool]:
        """Rows of theirs by customer or by conversation."""
        return sa.or_(kind.customer_id == self.customer.id, kind.conversation_id.in_(self.talks))

    def of_payments(self, column: InstrumentedAttribute[Any]) -> sa.ColumnElement[bool]:
        """Rows of payments towards their account."""
        return column.in_(sa.select(Payment.id).where(Payment.customer_id == self.customer.id))

    def of_plans(self, column: InstrumentedAttribute[Any]) -> sa.ColumnElement[bool]:
        """Rows of their plans."""
        return column.in_(sa.select(Plan.id).where(Plan.customer_id == self.customer.id))


Query = Callable[[About], Rows]


@dataclass(frozen=True, slots=True)
class Section:
    """One file of the copy: its name and its rows, which the first column orders and tells apart; a table
    of parts has no such column, and is read at once (`parts`)."""

    name: str
    query: Query
    parts: bool = False


def of(kind: Any, *columns: InstrumentedAttribute[Any]) -> Query:
    """Rows of `kind` by customer: these columns beside the id."""
    return lambda about: sa.select(kind.id, *columns).where(kind.customer_id == about.customer.id)


def around(kind: Any, *columns: InstrumentedAttribute[Any]) -> Query:
    """The same by customer or conversation."""
    return lambda about: sa.select(kind.id, *columns).where(about.mine(kind))


def talked(kind: Any, *columns: InstrumentedAttribute[Any]) -> Query:
    """The same by conversation."""
    return lambda about: sa.select(kind.id, *columns).where(kind.conversation_id.in_(about.talks))


def paid(kind: Any, *columns: InstrumentedAttribute[Any]) -> Query:
    """The same by payment."""
    return lambda about: sa.select(kind.id, *columns).where(about.of_payments(kind.payment_id))
