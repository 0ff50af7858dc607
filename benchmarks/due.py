"""The sweeps over what is due among very many active plans: automatic payments, and instalments that were missed."""

from __future__ import annotations

import datetime as dt
import statistics
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import autopay, bulk, ledger
from bot.billing.ledger import Move
from bot.billing.plans import missed_instalments, plans_behind
from bot.db import Base, Database, lock
from bot.models import Customer, Instalment, Invoice, Mandate, Plan, PlanInvoice

# Monday afternoon: in every zone of the made-up accounts an hour at which a card may be charged and a question asked.
NOW = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
TODAY = NOW.date()
PARTS, PART = 4, 7_500
AT_ONCE = 5_000
REPETITIONS = 5
EVERY, DUE, BEHIND = 100, 0, 50  # one plan of so many is due today, and another one two days behind

COLUMNS: dict[type[Base], tuple[str, ...]] = {
    Invoice: ("id", "customer_id", "number", "description", "issued_on", "due_on", "amount", "currency", "created_at"),
    Plan: ("id", "customer_id", "status", "kind", "frequency", "total", "discount", "currency", "created_at"),
    Instalment: ("plan_id", "number", "due_on", "amount"),
    PlanInvoice: ("plan_id", "position", "invoice_id", "amount", "beside", "named"),
    Mandate: (
        "id", "customer_id", "plan_id", "status", "wording", "locale", "consented_at", "consented_by",
        "stripe_customer", "payment_method", "card_exp_month", "card_exp_year", "activated_at", "next_at",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Sweep:
    """`found` plans: seconds to find and deal with all of them, and of one bare query for the same rows."""

    name: str
    found: int
    ours: float
    bare: float


def make(db: Database, plans: int) -> int:
    """So many active plans of four instalments with autopay, one per customer, over an invoice of their own; how many
    there are (no more than customers)."""
    made = 0
    with db.reading() as session:
        customers = session.execute(
            sa.select(Customer.id, Customer.currency).order_by(Customer.account_key).limit(plans)
        ).all()
    for first in range(0, len(customers), AT_ONCE):
        with db.transaction() as session:
            _write(session, first, [(id_, currency) for id_, currency in customers[first : first + AT_ONCE]])
        made += len(customers[first : first + AT_ONCE])
    return made


def sweeps(db: Database) -> Iterator[Sweep]:
    """What the worker's sweeps do before anything leaves the database: claim what is due, look into what is behind."""
    clock.use(lambda: NOW)
    try:
        yield _autopay(db)
        yield _missed(db)
    finally:
        clock.use(None)


def _autopay(db: Database) -> Sweep:
    bare = _bare(db, sa.select(Mandate.id).where(Mandate.status == "active", Mandate.next_at <= NOW))
    began, found = time.perf_counter(), 0
    while db.in_reading(autopay.is_any_due):
        found += len(db.in_transaction(autopay.claim_due))
    return Sweep("charges due today, claimed", found, time.perf_counter() - began, bare)


def _missed(db: Database) -> Sweep:
    of_them = sa.select(Plan.id).join(Instalment, Instalment.plan_id == Plan.id)
    bare = _bare(db, of_them.where(Plan.status == "active", Instalment.due_on < TODAY))
    began, found = time.perf_counter(), 0
    page = db.in_reading(plans_behind.behind)
    while page:
        for item in page:
            with db.transaction() as session:
                customer = lock(session, Customer, item.customer_id)
                assert customer is not None
                missed_instalments.look_into(session, item.plan_id, customer, may_ask=True)
        found += len(page)
        page = db.in_reading(partial(plans_behind.behind, after=page[-1].plan_id))
    return Sweep("instalments missed, looked into", found, time.perf_counter() - began, bare)


def _bare(db: Database, query: sa.Select[Any]) -> float:
    times = []
    for _ in range(REPETITIONS):
        with db.reading() as session:
            began = time.perf_counter()
            session.connection().execute(query).all()
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def _write(session: Session, first: int, customers: list[tuple[uuid.UUID, str]]) -> None:
    rows: dict[type[Base], list[bulk.Values]] = {kind: [] for kind in COLUMNS}
    moves = []
    for number, (customer, currency) in enumerate(customers, first):
        invoice, plan, start = bulk.new_id(), bulk.new_id(), _start(number)
        billed = (f"PLAN-{number:07d}", "Goods", TODAY - dt.timedelta(days=90), TODAY - dt.timedelta(days=60))
        rows[Invoice].append((invoice, customer, *billed, PARTS * PART, currency, NOW))
        moves.append(Move(ledger.SALES, ledger.invoice_account(invoice), PARTS * PART, currency, f"invoice:{invoice}"))
        rows[Plan].append((plan, customer, "active", "standard", "monthly", PARTS * PART, 0, currency, NOW))
        for part in range(PARTS):
            rows[Instalment].append((plan, part + 1, start + dt.timedelta(days=30 * part), PART))
        rows[PlanInvoice].append((plan, 0, invoice, PARTS * PART, 0, False))
        next_at = dt.datetime.combine(start, dt.time(15), dt.UTC)
        if number % EVERY != BEHIND:
            card = ("cus_bench", f"pm_{number}", 12, 2031, NOW, next_at)
            said = ("active", "I agree.", "en-US", NOW, "customer")
            rows[Mandate].append((bulk.new_id(), customer, plan, *said, *card))
    for kind, columns in COLUMNS.items():
        bulk.insert(session, kind, columns, rows[kind])
    ledger.post_new(session, moves)


def _start(number: int) -> dt.date:
    days = {DUE: 0, BEHIND: -2}.get(number % EVERY, 1 + number % 28)
    return TODAY + dt.timedelta(days=days)
