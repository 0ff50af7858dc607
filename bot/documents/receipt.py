"""The receipt of one payment: what came, what it paid, what went back since, and our thanks (K9)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import ledger
from bot.documents import account as accounts
from bot.documents import billed
from bot.documents.account import Account, Movement
from bot.documents.legible import legible
from bot.documents.letter import Letter
from bot.documents.paper import press
from bot.errors import Conflict
from bot.models import Customer, Payment
from bot.money import Money, total


@dataclass(frozen=True, slots=True)
class Applied:
    """The part of a payment that an invoice took."""

    number: str
    description: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """The facts of a receipt. `applied` and `credit` sum to `amount`; `returned` of it went back until `as_of`. Then
    `open` was owed on the account, and `disputed` on what was under review (C9)."""

    letter: Letter
    number: str
    paid_at: dt.datetime
    as_of: dt.datetime
    amount: Money
    applied: tuple[Applied, ...]
    credit: Money
    returned: Money
    open: Money
    disputed: Money


def read(session: Session, payment: Payment, *, locale: str, as_of: dt.datetime | None = None) -> Receipt:
    """What the ledger says of `payment` at `as_of` (now), in `locale` (BCP 47). Raises `Conflict` before it arrived."""
    as_of = as_of or clock.now()
    customer = session.get_one(Customer, payment.customer_id)
    account = accounts.read(session, customer, as_of)
    came = [move for move in account.moves if _is_of(payment, move)]
    if not came:
        raise Conflict("This payment has not arrived yet, so there is no receipt for it.", about=payment.id)
    applied = [move for move in came if move.source in account.invoices]
    return Receipt(
        letter=Letter.to(customer, locale),
        number=number(payment.id),
        paid_at=came[0].at,
        as_of=as_of,
        amount=account.money(sum(move.amount for move in came)),
        applied=tuple(_applied(account, applied)),
        credit=account.money(sum(move.amount for move in came if move not in applied)),
        returned=account.money(_returned(account, came)),
        open=account.open - (disputed := billed.disputed(account)),
        disputed=disputed,
    )


def number(payment_id: uuid.UUID) -> str:
    """The receipt's number, from the random half of the payment's id: "3F2A-9B1C-77DE-04B1"."""
    digits = payment_id.hex[16:].upper()
    return "-".join(digits[at : at + 4] for at in range(0, 16, 4))


def render(receipt: Receipt) -> bytes:
    """The PDF of `receipt`; the same facts give the same bytes."""
    return press("receipt", _content(receipt), made_at=receipt.as_of)


def _is_of(payment: Payment, move: Movement) -> bool:
    return move.reference.startswith(f"payment:{payment.id}:") and move.destination == ledger.STRIPE


def _applied(account: Account, moves: list[Movement]) -> list[Applied]:
    # A payment that came twice may have paid one invoice twice: it is one row.
    sums: dict[str, int] = {}
    for move in moves:
        sums[move.source] = sums.get(move.source, 0) + move.amount
    paid = [(account.invoices[name], account.money(minor)) for name, minor in sums.items()]
    return [Applied(invoice.number, invoice.description, amount) for invoice, amount in paid]


def _returned(account: Account, came: list[Movement]) -> int:
    """What reverses the postings of a payment, less what reverses that again (a refund that failed), and so on."""
    sum_, sign, undone = 0, 1, {move.id for move in came}
    while back := [move for move in account.moves if move.reverses in undone]:
        sum_ += sign * sum(move.amount for move in back)
        sign, undone = -sign, {move.id for move in back}
    return sum_


def _content(receipt: Receipt) -> dict[str, Any]:
    letter, words = receipt.letter, receipt.letter.words
    return letter.content(words.receipt_title) | {
        "thanks": words.receipt_thanks,
        "amount": letter.money(receipt.amount),
        "details": [
            [words.receipt_paid_at, letter.instant(receipt.paid_at)],
            [words.receipt_number, receipt.number],
            *letter.addressee(),
        ],
        "applied": {
            "title": words.receipt_applied,
            "head": [words.invoice, words.description, words.amount],
            "rows": _rows(receipt),
        },
        "notes": _notes(receipt),
    }


def _rows(receipt: Receipt) -> list[list[str]]:
    letter, words = receipt.letter, receipt.letter.words
    most = policies.documents().statement_lines
    shown, more = receipt.applied[:most], receipt.applied[most:]
    rows = [[legible(part.number, 64), legible(part.description, 120), letter.money(part.amount)] for part in shown]
    if more:
        sum_ = total((part.amount for part in more), receipt.amount.currency)
        rows.append([words.more_invoices.format(count=len(more)), "", letter.money(sum_)])
    if receipt.credit:
        rows.append([words.receipt_credit, "", letter.money(receipt.credit)])
    return [*rows, [words.receipt_total, "", letter.money(receipt.amount)]]


def _notes(receipt: Receipt) -> list[str]:
    letter, words = receipt.letter, receipt.letter.words
    notes = []
    if receipt.returned:
        notes.append(words.receipt_returned.format(amount=letter.money(receipt.returned)))
    if receipt.open.minor > 0:
        notes.append(words.receipt_balance.format(balance=letter.money(receipt.open)))
    if receipt.disputed:
        notes.append(words.statement_review_note)
    return notes
