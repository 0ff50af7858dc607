"""The people of the year, their bills and what they have agreed to, written to an empty database."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from benchmarks.outreach_year.story import Person
from benchmarks.outreach_year.world import BEGIN, DAY
from bot.billing import bulk, ledger
from bot.billing.ledger import Move
from bot.db import Base, Database
from bot.models import Consent, Customer, Invoice
from bot.models.customer import account_key

COLUMNS: dict[type[Base], tuple[str, ...]] = {
    Customer: (
        "id", "account_number", "account_key", "name", "email", "phone", "language", "time_zone", "country", "currency",
        "customer_since", "created_at",
    ),
    Invoice: ("id", "customer_id", "number", "description", "issued_on", "due_on", "amount", "currency", "created_at"),
    Consent: ("id", "channel", "address", "purpose", "granted", "source", "created_at"),
}  # fmt: skip
AT_ONCE = 5_000


def settle_in(db: Database, people: list[Person]) -> None:
    """Write the people, their bills and what they have agreed to."""
    for first in range(0, len(people), AT_ONCE):
        with db.transaction() as session:
            _settle(session, people[first : first + AT_ONCE])


def _settle(session: Session, people: Iterable[Person]) -> None:
    rows: dict[type[Base], list[bulk.Values]] = {kind: [] for kind in COLUMNS}
    moves = []
    for one in people:
        number, currency = f"Y-{one.number}", one.place.currency
        rows[Customer].append(
            (str(one.id), number, account_key(number), one.name, one.email, one.phone, one.language, one.zones[0][1],
             one.place.country, currency, one.since, BEGIN)
        )  # fmt: skip
        for index, bill in enumerate(one.bills):
            said = (f"{number}-{index}", "Goods", bill.due_on - DAY * 30, bill.due_on, bill.minor, currency, BEGIN)
            rows[Invoice].append((str(bill.id), str(one.id), *said))
            account = ledger.invoice_account(bill.id)
            moves.append(Move(ledger.SALES, account, bill.minor, currency, f"invoice:{bill.id}"))
        for at, medium, _ in one.yes:
            rows[Consent].append((bulk.new_id(), medium, one.phone, "reminders", True, "import", at))
    for kind, columns in COLUMNS.items():
        bulk.insert(session, kind, columns, rows[kind])
    ledger.post_new(session, moves)
