"""The invoices of a statement: what was billed, what of it was paid or changed, and what is open."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.billing import ledger
from bot.documents.account import Account
from bot.money import Money, total


@dataclass(frozen=True, slots=True)
class Billed:
    """An invoice: `amount` less `paid`, and changed by `adjusted`, is `open`. `moved_on` is when it last changed."""

    number: str
    description: str
    issued_on: dt.date
    due_on: dt.date
    amount: Money
    paid: Money
    adjusted: Money
    open: Money
    disputed: bool
    moved_on: dt.date


@dataclass(frozen=True, slots=True)
class Listed:
    """The invoices to show, by their due date. `more_open` of them, over `more_sum`, found no room; `unlisted` are
    settled and old, or found none either."""

    shown: tuple[Billed, ...]
    more_open: int
    more_sum: Money
    unlisted: int


def listed(account: Account, zone: ZoneInfo, since: dt.date, most: int) -> Listed:
    """The invoices of `account` that are open, and then the newest that are settled and moved from `since` on."""
    billed = _billed(account, zone)
    open_ = [each for each in billed if each.open]
    settled = sorted(
        (each for each in billed if not each.open and each.moved_on >= since),
        key=lambda each: (each.moved_on, each.due_on),
        reverse=True,
    )
    settled = settled[: max(most - len(open_), 0)]
    shown = sorted([*open_[:most], *settled], key=lambda each: (each.due_on, each.issued_on, each.number))
    more = open_[most:]
    unlisted = len(billed) - len(open_) - len(settled)
    return Listed(tuple(shown), len(more), total((each.open for each in more), account.currency), unlisted)


def disputed(account: Account) -> Money:
    """What is open on the invoices under review (C9)."""
    return total((account.owed(invoice_id) for invoice_id in account.disputed), account.currency)


def _billed(account: Account, zone: ZoneInfo) -> Sequence[Billed]:
    paid: dict[str, int] = defaultdict(int)
    moved_on: dict[str, dt.date] = {}
    for move in account.moves:
        day = move.at.astimezone(zone).date()
        for name, other, minor in (
            (move.source, move.destination, move.amount),
            (move.destination, move.source, -move.amount),
        ):
            moved_on[name] = max(day, moved_on.get(name, day))
            if other in (ledger.STRIPE, ledger.IMPORTED, account.credit_account):
                paid[name] += minor
    billed = []
    for name, invoice in account.invoices.items():
        if name not in moved_on:
            continue  # not posted yet at that instant
        amount, open_ = Money(invoice.amount, invoice.currency), account.owed(invoice.id)
        came = account.money(paid[name])
        billed.append(
            Billed(
                number=invoice.number,
                description=invoice.description,
                issued_on=invoice.issued_on,
                due_on=invoice.due_on,
                amount=amount,
                paid=came,
                adjusted=open_ - amount + came,
                open=open_,
                disputed=invoice.id in account.disputed and bool(open_),
                moved_on=moved_on[name],
            )
        )
    return billed
