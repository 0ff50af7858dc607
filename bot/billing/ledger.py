"""The ledger: append-only postings, and the sums over them that are every balance of the product (S7).

An account is a name. What moves goes from `source` to `destination`; an account's balance is what came in less what
went out. An invoice's account holds what is owed on it; a customer's credit is negative: it is we who owe it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql as postgresql
import sqlalchemy.dialects.sqlite as sqlite
from sqlalchemy import orm
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import bulk
from bot.db import lock
from bot.errors import Conflict, Unbalanced
from bot.models import Posting
from bot.money import Money

SALES = "sales"
STRIPE = "stripe"
IMPORTED = "imported"
WRITE_OFFS = "write_offs"
ADJUSTMENTS = "adjustments"
DISCOUNTS = "discounts"


def invoice_account(invoice_id: uuid.UUID | str) -> str:
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


class Move(NamedTuple):
    """A posting among very many (an import): `amount` minor units of `currency`."""

    source: str
    destination: str
    amount: int
    currency: str
    reference: str


def post(session: Session, *, source: str, destination: str, amount: Money, reference: str) -> Posting:
    """Move `amount` from `source` to `destination`, once for each `reference` (S5).

    The same fact posted again gives the posting that is there, whoever was first. Raises `Conflict` when `reference`
    stands for other content; `Unbalanced` for a negative amount or one account.
    """
    return _post(session, Entry(source, destination, amount, reference))


def post_new(session: Session, moves: Sequence[Move]) -> None:
    """Post many at once whose references are certainly new (an import). A taken one fails the whole transaction.

    Raises `Unbalanced` as `post` does.
    """
    for move in moves:
        if move.amount < 0 or move.source == move.destination:
            Entry(move.source, move.destination, Money(move.amount, move.currency), move.reference)
    now = clock.now()
    bulk.insert(session, Posting, (*Move._fields, "created_at"), [(*move, now) for move in moves])


def reverse(session: Session, posting: Posting, reference: str, amount: Money | None = None) -> Posting:
    """Undo `posting`, or `amount` of it, by its mirror image, once for each `reference` (S6).

    A reversal may be reversed in its turn, so that what it undid holds again; that is the end of it, and what is undone
    anew is the first posting. Raises `Conflict` when less than `amount` is left to undo; `Unbalanced` as `post` does,
    and for the reversal of a reversal's reversal.
    """
    amount = Money(posting.amount, posting.currency) if amount is None else amount
    entry = Entry(posting.destination, posting.source, amount, reference, posting.id)
    # Locked, so that whoever else undoes it waits, and both together stay within it.
    lock(session, Posting, posting.id)
    if (posted := find(session, reference)) is not None:
        return _same(entry, posted)
    if _depth(session, posting) > 1:
        raise Unbalanced("What was undone and holds again is undone at its first posting.", about=posting)
    if amount > reversible(session, posting):
        raise Conflict("This posting, or this much of it, has been reversed already.", about=posting)
    return _post(session, entry)


def reversible(session: Session, posting: Posting) -> Money:
    """What of `posting` holds: its amount without what was reversed, save where that was reversed itself."""
    return Money(reversibles(session, [posting])[posting.id], posting.currency)


def reversibles(session: Session, postings: Iterable[Posting]) -> dict[int, int]:
    """`reversible` of many, in minor units by their ids, by one query."""
    amounts = {posting.id: posting.amount for posting in postings}
    part, again = orm.aliased(Posting), orm.aliased(Posting)
    undone = sa.select(sa.func.sum(again.amount)).where(again.reverses == part.id).correlate(part).scalar_subquery()
    rows = session.execute(
        sa.select(part.reverses, sa.func.sum(part.amount - sa.func.coalesce(undone, 0)))
        .where(part.reverses.in_(amounts))
        .group_by(part.reverses)
    )
    return amounts | {id_: amounts[id_] - int(sum_) for id_, sum_ in rows if id_ is not None}


def find(session: Session, reference: str) -> Posting | None:
    """The posting that `reference` stands for."""
    return session.scalars(sa.select(Posting).where(Posting.reference == reference)).first()


def balance(session: Session, account: str, currency: str) -> Money:
    """What `account` holds in `currency`."""
    sides = _sides(lambda side: (side == account) & (Posting.currency == currency))
    return Money(int(session.scalar(sa.select(sa.func.coalesce(sa.func.sum(sides.c.amount), 0))) or 0), currency)


def balances(session: Session, accounts: Iterable[str]) -> dict[str, int]:
    """The balances of many accounts of one currency each (invoices, credits), in minor units, by one query."""
    wanted = list(accounts)
    if not wanted:
        return {}
    dialect = session.get_bind().dialect.name
    rows = session.execute(_balances(dialect), {"accounts": bulk.carried(dialect, wanted)})
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


def _post(session: Session, entry: Entry) -> Posting:
    posted = session.scalars(_insert(session).values(entry.row()).on_conflict_do_nothing().returning(Posting)).first()
    return posted or _same(entry, find(session, entry.reference))


def _same(entry: Entry, posted: Posting | None) -> Posting:
    if posted is None or not entry.is_said_by(posted):
        raise Conflict("This reference is taken by another posting.", about=posted)
    return posted


def _depth(session: Session, posting: Posting) -> int:
    """How many postings lie beneath it: 1 for a reversal, 2 for a reversal's reversal."""
    if posting.reverses is None:
        return 0
    return 1 + _depth(session, session.get_one(Posting, posting.reverses))


def _insert(session: Session) -> Any:
    dialect = session.get_bind().dialect.name
    return sqlite.insert(Posting) if dialect == "sqlite" else postgresql.insert(Posting)


@cache
def _balances(dialect: str) -> sa.Select[Any]:
    # Made once: to put it together takes longer than to ask it.
    sides = _sides(lambda side: bulk.among_given(dialect, side, "accounts"))
    return sa.select(sides.c.account, sa.func.sum(sides.c.amount)).group_by(sides.c.account)


def _sides(of: Callable[[Any], sa.ColumnElement[bool]] | None = None) -> sa.Subquery:
    # Both sides of each posting as (account, currency, signed amount); each side is found by its own index.
    def side(account: Any, amount: Any) -> sa.Select[Any]:
        columns = (account.label("account"), Posting.currency.label("currency"), amount.label("amount"))
        return sa.select(*columns).where(of(account) if of else sa.true())

    incoming, outgoing = side(Posting.destination, Posting.amount), side(Posting.source, -Posting.amount)
    return sa.union_all(incoming, outgoing).subquery()
