"""From 0001 to 0002 and back: what was written before is still there, and what is append-only stays so (S6, S7)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DBAPIError

from bot import migrations
from bot.db import Database
from tests.database import PostgresTemplate

NOW = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)
CUSTOMER, INVOICE, PAYMENT, PLAN = (uuid.UUID(int=number) for number in range(1, 5))
KEPT = {
    "customers": {
        "id": CUSTOMER, "account_number": "GT-1001", "account_key": "GT1001", "name": "Maya Torres",
        "language": "en-US", "time_zone": "America/Chicago", "country": "US", "currency": "USD", "created_at": NOW,
    },
    "invoices": {
        "id": INVOICE, "customer_id": CUSTOMER, "number": "INV-1001", "description": "Goods", "amount": 12000,
        "issued_on": NOW.date(), "due_on": NOW.date(), "currency": "USD", "created_at": NOW,
    },
    "payments": {
        "id": PAYMENT, "customer_id": CUSTOMER, "amount": 12000, "currency": "USD", "status": "succeeded",
        "token": "a-token", "input_hash": "a-hash", "attempt": 1, "created_at": NOW, "payment_intent_id": "pi_1",
    },
    "payment_shares": {
        "payment_id": PAYMENT, "position": 0, "invoice_id": INVOICE, "amount": 12000, "named": True,
    },
    "plans": {
        "id": PLAN, "customer_id": CUSTOMER, "status": "active", "frequency": "monthly", "total": 12000,
        "currency": "USD", "created_at": NOW,
    },
    "instalments": {"plan_id": PLAN, "number": 1, "due_on": NOW.date(), "amount": 12000},
    "plan_invoices": {"plan_id": PLAN, "position": 0, "invoice_id": INVOICE, "amount": 12000},
}  # fmt: skip
POSTINGS = [
    {"id": 7, "source": "sales", "destination": f"invoice:{INVOICE}", "reference": "invoice", "reverses": None},
    {"id": 9, "source": f"invoice:{INVOICE}", "destination": "stripe", "reference": "payment", "reverses": None},
    {"id": 12, "source": "stripe", "destination": f"invoice:{INVOICE}", "reference": "refund", "reverses": 9},
]


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database as the first release left it, with rows."""
    if request.param == "sqlite":
        yield from _of_the_first_release(f"sqlite:///{tmp_path / 'old.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _of_the_first_release(url)


def _of_the_first_release(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0001")
    with db.engine.begin() as connection:
        for name, row in KEPT.items():
            # Reflected from SQLite, an id is the text of its digits.
            values = {
                key: value.hex if db.sqlite and isinstance(value, uuid.UUID) else value for key, value in row.items()
            }
            connection.execute(sa.insert(_table(connection, name)), values)
        for posting in POSTINGS:
            connection.execute(
                sa.insert(_table(connection, "postings")),
                posting | {"amount": 12000, "currency": "USD", "created_at": NOW},
            )
    yield db
    db.dispose()


def test_an_upgrade_keeps_every_row_and_the_way_back_too(old: Database) -> None:
    before = _rows(old)
    assert migrations.upgrade(old) is True
    assert migrations.differences(old) == []
    assert _rows(old, before) == before
    migrations.downgrade(old, "0001")
    assert _rows(old) == before
    assert migrations.upgrade(old) is True
    assert _rows(old, before) == before


@pytest.mark.parametrize("statement", ["UPDATE postings SET amount = 1", "DELETE FROM postings"])
def test_the_ledger_is_append_only_before_and_after_s7(old: Database, statement: str) -> None:
    for change in (None, migrations.upgrade, lambda db: migrations.downgrade(db, "0001")):
        if change is not None:
            change(old)
        with pytest.raises(DBAPIError, match="append-only"), old.engine.begin() as connection:
            connection.execute(sa.text(statement))
    assert len(_rows(old)["postings"]) == 3


def test_an_upgraded_ledger_goes_on_numbering_and_refuses_too_large_a_reversal_s6(old: Database) -> None:
    migrations.upgrade(old)
    with old.engine.begin() as connection:
        postings = _table(connection, "postings")
        more = {"amount": 1, "currency": "USD", "created_at": NOW}
        first = {"id": 20, "source": "a", "destination": "b", "reference": "more"}
        connection.execute(sa.insert(postings), first | more)
        assert connection.scalar(sa.select(sa.func.max(postings.c.id))) == 20
    again = {"id": 21, "source": "stripe", "destination": f"invoice:{INVOICE}", "reference": "again", "reverses": 9}
    with pytest.raises(DBAPIError, match="stays within it"), old.engine.begin() as connection:
        connection.execute(sa.insert(postings), again | more)


def test_references_are_watched_again_after_a_change(old: Database) -> None:
    migrations.upgrade(old)
    nobodys = {"plan_id": uuid.UUID(int=404).hex, "number": 1, "due_on": NOW.date(), "amount": 1}
    with pytest.raises(DBAPIError), old.engine.begin() as connection:
        connection.execute(sa.insert(_table(connection, "instalments")), nobodys)


def test_a_ledger_with_parts_does_not_go_back_and_loses_nothing(old: Database) -> None:
    migrations.upgrade(old)
    with old.engine.begin() as connection:
        postings, parts = _table(connection, "postings"), {"currency": "USD", "created_at": NOW}
        connection.execute(
            sa.insert(postings),
            [
                {"id": 20, "source": "a", "destination": "b", "amount": 10, "reference": "x", "reverses": None} | parts,
                {"id": 21, "source": "b", "destination": "a", "amount": 4, "reference": "x:1", "reverses": 20} | parts,
                {"id": 22, "source": "b", "destination": "a", "amount": 6, "reference": "x:2", "reverses": 20} | parts,
            ],
        )
    with pytest.raises(DBAPIError):
        migrations.downgrade(old, "0001")
    assert len(_rows(old)["postings"]) == 6
    assert migrations.differences(old) == []


def _table(connection: sa.Connection, name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=connection)


def _rows(db: Database, like: dict[str, list[dict[str, object]]] | None = None) -> dict[str, list[dict[str, object]]]:
    """Every row of the tables that 0001 had rows in; with `like`, its columns only."""
    found: dict[str, list[dict[str, object]]] = {}
    with db.engine.connect() as connection:
        for name in (*KEPT, "postings"):
            table = _table(connection, name)
            columns = [table.c[column] for column in like[name][0]] if like else list(table.c)
            rows = connection.execute(sa.select(*columns).order_by(*table.primary_key))
            found[name] = [dict(row._mapping) for row in rows]
    return found
