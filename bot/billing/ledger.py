"""The ledger: append-only postings, and the sums over them that are every balance of the product (S7).

An account is a name. What moves goes from `source` to `destination`; an account's balance is what came in less what
went out. An invoice's account holds what is owed on it; a customer's credit is negative: it is we who owe it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql as postgresql
import sqlalchemy.dialects.sqlite as sqlite
from sqlalchemy.orm import Session

from bot import clock
from bot.errors import Conflict, Unbalanced
from bot.models import Posting
from bot.money import Money

SALES = "sales"
STRIPE = "stripe"
IMPORTED = "imported"


def invoice_account(invoice_id: uuid.UUID) -> str:
    """What is owed on one invoice."""
    return f"invoice:{invoice_id}"


def credit_account(customer_id: uuid.UUID) -> str:
    """What we owe one customer, as a negative balance."""
    return f"credit:{customer_id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting that is to be made: see `post`."""

    source: str
    destination: str
    amount: Money
    reference: str
    reverses: int | None = None

    def __post_init__(self) -> None:
        if self.amount.minor < 0:
            raise Unbalanced("A posting moves nothing or more; the other direction swaps its accounts.", about=self)
        if self.source == self.destination:
            raise Unbalanced("A posting moves from one account to another.", about=self)

    def row(self) -> dict[str, Any]:
        """The columns of its table."""
        return {
            "source": self.source,
            "destination": self.destination,
            "amount": self.amount.minor,
            "currency": self.amount.currency,
            "reference": self.reference,
            "reverses": self.reverses,
            "created_at": clock.now(),
        }

    def is_said_by(self, posting: Posting) -> bool:
        """Whether `posting` has the same content."""
        return (self.source, self.destination, self.amount, self.reverses) == (
            posting.source,
            posting.destination,
            Money(posting.amount, posting.currency),
            posting.reverses,
        )


def post(
    session: Session, *, source: str, destination: str, amount: Money, reference: str, reverses: Posting | None = None
) -> Posting:
    """Move `amount` from `source` to `destination`, once for each `reference` (S5).

    The same fact posted again gives the posting that is there, whoever was first. Raises `Conflict` when `reference`
    stands for other content or what it reverses is reversed already; `Unbalanced` for a negative amount or one account.
    """
    entry = Entry(source, destination, amount, reference, reverses.id if reverses else None)
    posted = session.scalars(_insert(session).values(entry.row()).on_conflict_do_nothing().returning(Posting)).first()
    posted = posted or session.scalars(sa.select(Posting).where(Posting.reference == reference)).first()
    if posted is None:
        raise Conflict("This posting has been reversed already.", about=reverses)
    if not entry.is_said_by(posted):
        raise Conflict("This reference is taken by another posting.", about=posted)
    return posted


def post_new(session: Session, entries: Sequence[Entry]) -> None:
    """Post many at once whose references are certainly new (an import). A taken one fails the whole transaction."""
    if entries:
        session.execute(sa.insert(Posting), [entry.row() for entry in entries])


def reverse(session: Session, posting: Posting, reference: str) -> Posting:
    """Undo `posting` by its mirror image (S6). A second reversal under another reference raises `Conflict`."""
    return post(
        session,
        source=posting.destination,
        destination=posting.source,
        amount=Money(posting.amount, posting.currency),
        reference=reference,
        reverses=posting,
    )


def balance(session: Session, account: str, currency: str) -> Money:
    """What `account` holds in `currency`."""
    sides = _sides(Posting.currency == currency, accounts=[account])
    return Money(int(session.scalar(sa.select(sa.func.coalesce(sa.func.sum(sides.c.amount), 0))) or 0), currency)


def balances(session: Session, accounts: Iterable[str]) -> dict[str, int]:
    """The balances of many accounts of one currency each (invoices, credits), in minor units, by one query."""
    wanted = list(accounts)
    if not wanted:
        return {}
    sides = _sides(accounts=wanted)
    rows = session.execute(sa.select(sides.c.account, sa.func.sum(sides.c.amount)).group_by(sides.c.account))
    return dict.fromkeys(wanted, 0) | {account: int(sum_) for account, sum_ in rows}


def trial_balance(session: Session) -> dict[str, dict[str, int]]:
    """For each currency the balance of each kind of account (`invoice`, `credit`, `sales`, …), by one query.

    Raises `Unbalanced` when a currency's balances do not sum to nothing (S7).
    """
    sides = _sides()
    kind = sa.case(
        (sides.c.account.like("invoice:%"), "invoice"),
        (sides.c.account.like("credit:%"), "credit"),
        else_=sides.c.account,
    ).label("kind")
    trial: dict[str, dict[str, int]] = {}
    rows = session.execute(
        sa.select(sides.c.currency, kind, sa.func.sum(sides.c.amount)).group_by(sides.c.currency, kind)
    )
    for currency, name, sum_ in rows:
        trial.setdefault(currency, {})[name] = int(sum_)
    for currency, sums in trial.items():
        if sum(sums.values()) != 0:
            raise Unbalanced(f"The ledger's sums in {currency} do not agree.", about=sums)
    return trial


def _insert(session: Session) -> Any:
    dialect = session.get_bind().dialect.name
    return sqlite.insert(Posting) if dialect == "sqlite" else postgresql.insert(Posting)


def _sides(*where: sa.ColumnElement[bool], accounts: list[str] | None = None) -> sa.Subquery:
    # Both sides of each posting as (account, currency, signed amount); each side is found by its own index.
    def side(account: Any, amount: Any) -> sa.Select[Any]:
        chosen = [account.in_(accounts)] if accounts is not None else []
        return sa.select(account.label("account"), Posting.currency.label("currency"), amount.label("amount")).where(
            *where, *chosen
        )

    incoming, outgoing = side(Posting.destination, Posting.amount), side(Posting.source, -Posting.amount)
    return sa.union_all(incoming, outgoing).subquery()
