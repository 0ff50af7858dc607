"""The postings of a payment's money that goes back and comes again: what it is taken from, and what it pays (S5, S6).

What comes again may find its invoice paid in another way, reduced or written off since. It pays what is still owed
there; what is above that moves on to the customer's credit, by a posting `credit → invoice` whose reference names the
posting that it is of: `overpaid:<reference>:<n>`. So a payment's postings hold what Stripe holds of it, and no invoice
is ever below zero. What goes back once more is taken from that credit first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import ledger
from bot.models import Posting
from bot.money import Money


def take(session: Session, postings: Sequence[Posting], credit: str, minor: int, reference: str) -> None:
    """Reverse `minor` units of `postings`, the money of one payment intent: what of it is credit first, then what pays
    invoices, last applied first.

    `credit` is the customer's credit account, which may be short afterwards. The postings are `<reference>:<n>`. The
    caller holds the customer's lock.
    """
    references = _references(reference)
    for posting in reversed(postings):
        minor -= _take_credit(session, posting, credit, minor, references)
    for posting in reversed(postings):
        part = min(minor, ledger.reversible(session, posting).minor)
        _reverse(session, posting, part, references)
        minor -= part


def give(session: Session, postings: Sequence[Posting], credit: str, minor: int, reference: str) -> None:
    """The opposite of `take`: let `minor` units of `postings` hold again, of the first one first, each as far as its
    invoice is still owed, then of its credit; what is left becomes credit."""
    references = _references(reference)
    left = ledger.reversibles(session, postings)
    owed = ledger.balances(session, {posting.source for posting in postings})
    for posting in postings:
        room = posting.amount - left[posting.id]
        part = min(minor, room if posting.source == credit else min(room, max(owed[posting.source], 0)))
        _restore(session, posting, part, references)
        left[posting.id] += part
        owed[posting.source] -= part
        minor -= part
    for posting in postings:
        part = min(minor, posting.amount - left[posting.id])
        _move_on(session, posting, credit, part)
        _restore(session, posting, part, references)
        minor -= part


def _take_credit(session: Session, posting: Posting, credit: str, minor: int, references: Iterator[str]) -> int:
    """How many of at most `minor` units were taken from what of `posting` is credit."""
    if posting.source == credit:
        taken = min(minor, ledger.reversible(session, posting).minor)
        _reverse(session, posting, taken, references)
        return taken
    taken = 0
    for moved in _moved_on(session, posting):
        part = min(minor - taken, ledger.reversible(session, moved).minor)
        _reverse(session, posting, part, references)
        _reverse(session, moved, part, references)
        taken += part
    return taken


def _reverse(session: Session, posting: Posting, minor: int, references: Iterator[str]) -> None:
    if minor:
        ledger.reverse(session, posting, next(references), Money(minor, posting.currency))


def _restore(session: Session, posting: Posting, minor: int, references: Iterator[str]) -> None:
    """Reverse what reverses `posting`, the newest first."""
    undone = sa.select(Posting).where(Posting.reverses == posting.id).order_by(Posting.id.desc())
    for part in session.scalars(undone).all() if minor else ():
        again = min(minor, ledger.reversible(session, part).minor)
        _reverse(session, part, again, references)
        minor -= again


def _move_on(session: Session, posting: Posting, credit: str, minor: int) -> None:
    if minor:
        reference = f"overpaid:{posting.reference}:{len(_moved_on(session, posting))}"
        amount = Money(minor, posting.currency)
        ledger.post(session, source=credit, destination=posting.source, amount=amount, reference=reference)


def _moved_on(session: Session, posting: Posting) -> list[Posting]:
    """What of `posting` moved on to the credit, oldest first."""
    found = []
    for reference in _references(f"overpaid:{posting.reference}"):
        moved = ledger.find(session, reference)
        if moved is None:
            break
        found.append(moved)
    return found


def _references(stem: str) -> Iterator[str]:
    return (f"{stem}:{number}" for number in itertools.count())
