"""The trial balance: proof, by one query over every account, that the ledger's sums agree (S7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from bot.models import Posting


class Wrong(StrEnum):
    """What no ledger may hold."""

    UNBALANCED = "unbalanced"  # a currency's balances do not sum to nothing
    INVOICE_BELOW_ZERO = "invoice_below_zero"  # more was taken for an invoice than was owed on it
    CREDIT_ABOVE_ZERO = "credit_above_zero"  # a customer's credit owes us
    REVERSED_TOO_MUCH = "reversed_too_much"  # more of a posting was undone than it moved


@dataclass(frozen=True, slots=True)
class Fault:
    """`count` accounts, or postings, are wrong; `example` names one of them."""

    wrong: Wrong
    currency: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Trial:
    """For each currency the balance of each kind of account (`invoice`, `credit`, `sales`, …) in minor units, how many
    accounts there are in all, and what is wrong."""

    sums: dict[str, dict[str, int]]
    accounts: int
    faults: list[Fault]


def trial_balance(session: Session) -> Trial:
    """Sum up every account, look for what no account may hold, and for reversals beyond their posting."""
    sums: dict[str, dict[str, int]] = {}
    faults: list[Fault] = []
    accounts = 0
    for wrong, currency, kind, sum_, count, bad, example in session.execute(sa.union_all(_accounts(), _reversals())):
        if kind is not None:
            sums.setdefault(currency, {})[kind] = int(sum_)
            accounts += count
        if bad:
            faults.append(Fault(Wrong(wrong), currency, int(bad), str(example)))
    for currency, kinds in sums.items():
        if (left := sum(kinds.values())) != 0:
            faults.insert(0, Fault(Wrong.UNBALANCED, currency, 1, f"{left} too much"))
    return Trial(sums, accounts, faults)


def _accounts() -> sa.Select[*tuple[Any, ...]]:
    """A row for each currency and kind: the sum, the number of accounts, how many are on the wrong side of zero."""

    def side(account: Any, amount: Any) -> sa.Select[Any]:
        return sa.select(account.label("account"), Posting.currency.label("currency"), amount.label("amount"))

    sides = sa.union_all(side(Posting.destination, Posting.amount), side(Posting.source, -Posting.amount)).subquery()
    each = (
        sa.select(sides.c.account, sides.c.currency, sa.func.sum(sides.c.amount).label("balance"))
        .group_by(sides.c.account, sides.c.currency)
        .subquery()
    )
    is_invoice, is_credit = each.c.account.like("invoice:%"), each.c.account.like("credit:%")
    kind = sa.case((is_invoice, "invoice"), (is_credit, "credit"), else_=each.c.account).label("kind")
    is_wrong = sa.or_(sa.and_(is_invoice, each.c.balance < 0), sa.and_(is_credit, each.c.balance > 0))
    wrong = sa.case((is_credit, Wrong.CREDIT_ABOVE_ZERO.value), else_=Wrong.INVOICE_BELOW_ZERO.value)
    return sa.select(
        sa.func.min(wrong),
        each.c.currency,
        kind,
        sa.func.sum(each.c.balance),
        sa.func.count(),
        sa.func.count(sa.case((is_wrong, 1))),
        sa.func.min(sa.case((is_wrong, each.c.account))),
    ).group_by(each.c.currency, kind)


def _reversals() -> sa.Select[*tuple[Any, ...]]:
    """A row for each currency in which a posting is undone by more than it moved, its reversals' reversals left out."""
    whole, part, again = orm.aliased(Posting), orm.aliased(Posting), orm.aliased(Posting)
    undone = sa.select(sa.func.sum(again.amount)).where(again.reverses == part.id).correlate(part).scalar_subquery()
    parts = (
        sa.select(part.reverses.label("whole"), sa.func.sum(part.amount - sa.func.coalesce(undone, 0)).label("sum"))
        .where(part.reverses.is_not(None))
        .group_by(part.reverses)
        .subquery()
    )
    return (
        sa.select(
            sa.literal(Wrong.REVERSED_TOO_MUCH.value),
            whole.currency,
            sa.null(),
            sa.literal(0),
            sa.func.count(),
            sa.func.count(),
            sa.func.min(whole.reference),
        )
        .join(parts, parts.c.whole == whole.id)
        .where(parts.c.sum > whole.amount)
        .group_by(whole.currency)
    )
