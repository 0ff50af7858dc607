"""The lines of a statement: what came and went, dated, each with the balance after it (S7)."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.billing import ledger
from bot.documents.account import Account, Movement
from bot.money import Money


class LineKind(StrEnum):
    """What a line says. `earlier` is what had been paid before the account came to us."""

    BILLED = "billed"
    PAYMENT = "payment"
    EARLIER = "earlier"
    RETURNED = "returned"
    LET_OFF = "let_off"
    DISCOUNT = "discount"
    ADJUSTED = "adjusted"


# What a line is by the account on its other side, when the customer then owes less, or more.
LESS = {
    ledger.STRIPE: LineKind.PAYMENT,
    ledger.IMPORTED: LineKind.EARLIER,
    ledger.WRITE_OFFS: LineKind.LET_OFF,
    ledger.DISCOUNTS: LineKind.DISCOUNT,
}
MORE = {ledger.SALES: LineKind.BILLED, ledger.STRIPE: LineKind.RETURNED}


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` is what the balance changed by; `number` the invoice's where there is one to name."""

    on: dt.date
    kind: LineKind
    number: str | None
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class History:
    """`opening` and the amounts of `lines` sum to `closing`, which is the ledger's. `paid` came in less went back."""

    opening: Money
    lines: tuple[Line, ...]
    closing: Money
    paid: Money


@dataclass(frozen=True, slots=True)
class _Entry:
    on: dt.date
    kind: LineKind
    number: str | None
    stem: str
    minor: int


def history(account: Account, zone: ZoneInfo, since: dt.date, most: int) -> History:
    """The lines of `account` from `since` on, the newest `most` of them; all that is older is in the opening balance.

    An invoice stands at its date of issue, everything else at its day in `zone`. The parts of one payment are one line.
    """
    entries = _joined(sorted(_entries(account, zone), key=lambda entry: entry.on))
    recent = [entry for entry in entries if entry.on >= since]
    shown = recent[-most:]
    opening = account.money(sum(entry.minor for entry in entries[: len(entries) - len(shown)]))
    lines, balance = [], opening
    for entry in shown:
        amount = account.money(entry.minor)
        balance = balance + amount
        lines.append(Line(entry.on, entry.kind, entry.number, amount, balance))
    money = (entry.minor for entry in recent if entry.kind in (LineKind.PAYMENT, LineKind.RETURNED))
    return History(opening, tuple(lines), balance, account.money(-sum(money)))


def _entries(account: Account, zone: ZoneInfo) -> Iterable[_Entry]:
    for move in account.moves:
        minor = account.effect(move)
        if minor == 0:
            continue  # credit used for an invoice: what is owed in all stays as it was
        kind = _kind(move, minor)
        day = move.at.astimezone(zone).date()
        invoice = account.invoices.get(move.destination) if kind is LineKind.BILLED else None
        if invoice is not None:
            yield _Entry(min(invoice.issued_on, day), kind, invoice.number, move.reference, minor)
        else:
            yield _Entry(day, kind, None, re.sub(r":\d+$", "", move.reference), minor)


def _kind(move: Movement, minor: int) -> LineKind:
    if minor < 0:
        return LESS.get(move.destination, LineKind.ADJUSTED)
    if move.reverses is not None and move.source == ledger.SALES:
        return LineKind.ADJUSTED
    return MORE.get(move.source, LineKind.ADJUSTED)


def _joined(entries: list[_Entry]) -> list[_Entry]:
    """The parts of one payment, or of what went back of it, as one entry: they differ in their last number only."""
    joined = []
    for (on, kind, stem), group in itertools.groupby(entries, key=lambda entry: (entry.on, entry.kind, entry.stem)):
        parts = list(group)
        joined.append(_Entry(on, kind, parts[0].number, stem, sum(part.minor for part in parts)))
    return joined
