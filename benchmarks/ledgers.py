"""Sums over a large ledger: one customer's standing, and the trial balance over all postings."""

from __future__ import annotations

import random
import sqlite3
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import invoices, ledger
from bot.billing.trial_balance import trial_balance
from bot.db import Database
from bot.models import Customer, Invoice, Posting

LOOKUPS = 2000
WARM = 200
REPETITIONS = 5
AT_ONCE = 500_000

Say = Callable[[str], None]

# What was billed later and what came in for it, invoice after invoice, so that each stays owed as it was.
MORE = (
    "SELECT 'adjustments', destination, 500, currency, 'more:' || id, created_at FROM postings",
    "SELECT destination, 'stripe', 500, currency, 'paid:' || id, created_at FROM postings",
)


@dataclass(frozen=True)
class Times:
    """Milliseconds of ours and of the peer, taken in turns so that the machine's moods cancel out."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    @property
    def medians(self) -> tuple[float, float]:
        """Of ours and of the peer."""
        return statistics.median(self.ours), statistics.median(self.bare)

    @property
    def ratio(self) -> float:
        """Of the medians."""
        ours, bare = self.medians
        return ours / bare


def standings(db: Database) -> Times:
    """`invoices.standing` of random customers, beside a bare sum over the postings of the same accounts."""
    dice, found = random.Random(20260302), Times()
    with db.reading() as session:
        customers = session.scalar(sa.select(sa.func.count()).select_from(Customer)) or 0
    for turn in range(WARM + LOOKUPS):
        number = f"BM-{dice.randrange(customers):07d}"
        with db.reading() as session:
            customer = session.scalars(sa.select(Customer).where(Customer.account_number == number)).one()
            ids = session.scalars(sa.select(Invoice.id).where(Invoice.customer_id == customer.id)).all()
            bare = _bare_sums(session, [ledger.invoice_account(id_) for id_ in ids])
            turns: list[tuple[list[float], Callable[[], object]]] = [
                (found.ours, partial(invoices.standing, session, customer)),
                (found.bare, bare),
            ]
            # Whoever is first finds the pages cold.
            for times, look in turns if turn % 2 else reversed(turns):
                times.append(_milliseconds(look))
    return Times(found.ours[WARM:], found.bare[WARM:])


def fill(db: Database, postings: int, say: Say) -> None:
    """Bring the ledger to `postings`, over the accounts that it has."""
    with db.reading() as session:
        there, last = session.execute(sa.select(sa.func.count(), sa.func.max(Posting.id))).one()
    for select in MORE:
        for after in range(0, last, AT_ONCE):
            if there >= postings:
                return
            theirs = f"{select} WHERE source = 'sales' AND id > {after} AND id <= {after + AT_ONCE}"
            insert = "INSERT INTO postings (source, destination, amount, currency, reference, created_at)"
            with db.transaction() as session:
                result = session.connection().exec_driver_sql(f"{insert} {theirs} LIMIT {postings - there}")
                there += result.rowcount
            say(f"{there:,} postings")


def trials(db: Database) -> tuple[Times, int]:
    """The trial balance beside a bare `SELECT sum(amount)` over the same table; and how many postings that has."""
    found = Times()
    with db.reading() as session:
        for _ in range(REPETITIONS):
            found.bare.append(_milliseconds(lambda: session.scalar(sa.text("SELECT sum(amount) FROM postings"))))
            found.ours.append(_milliseconds(lambda: trial_balance(session)))
        return found, session.scalar(sa.select(sa.func.count()).select_from(Posting)) or 0


def _bare_sums(session: Session, accounts: list[str]) -> Callable[[], object]:
    driver: Any = session.connection().connection.driver_connection
    marks = ", ".join(["?" if isinstance(driver, sqlite3.Connection) else "%s"] * len(accounts))
    sums = [f"(SELECT sum(amount) FROM postings WHERE {side} IN ({marks}))" for side in ("destination", "source")]
    return lambda: driver.execute(f"SELECT {', '.join(sums)}", accounts * 2).fetchone()


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
