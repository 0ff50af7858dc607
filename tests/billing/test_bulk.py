"""Many rows at once: kept as the models keep them, found by any number of keys."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from bot import clock
from bot.billing import bulk, ledger
from bot.db import Database, new_id
from bot.errors import Unbalanced
from bot.models import Customer, Invoice, Posting
from tests import factories

VALUES = {
    "name": "Zoë \\N \\ \"Quote\", 'n\n\ttab", "email": None, "phone": "+12125550001", "language": "en-US",
    "time_zone": "America/Chicago", "country": "US", "currency": "USD", "customer_since": dt.date(2020, 2, 29),
    "created_at": dt.datetime(2026, 3, 2, 15, 4, 5, 678, tzinfo=dt.UTC),
}  # fmt: skip
INVOICE = ("id", "customer_id", "number", "description", "issued_on", "due_on", "amount", "currency", "created_at")


def test_a_row_is_kept_as_the_models_keep_it(db: Database) -> None:
    ids = [new_id(), new_id()]
    with db.transaction() as session:
        session.add(Customer(id=ids[0], account_number="A-1", **VALUES))
        columns = ("id", "account_number", "account_key", *VALUES)
        bulk.insert(session, Customer, columns, [(str(ids[1]), "A-2", "A2", *VALUES.values())])
    with db.reading() as session:
        # Not as the models read it, but as it stands there.
        one, other = session.execute(sa.text("SELECT * FROM customers ORDER BY account_key")).mappings()
        assert {name: one[name] for name in VALUES} == {name: other[name] for name in VALUES}
        assert session.get_one(Customer, ids[1]).name == VALUES["name"]


def test_an_id_is_a_uuid_of_version_7_in_the_order_of_its_making() -> None:
    ids = [bulk.new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert {uuid.UUID(id_).version for id_ in ids} == {7}


def test_one_row_that_breaks_a_constraint_undoes_all(db: Database) -> None:
    with db.transaction() as session:
        customer_id = factories.customer(session).id
    now, day = clock.now(), dt.date(2026, 1, 1)
    rows = [(bulk.new_id(), customer_id, "N-1", "x", day, day, amount, "USD", now) for amount in (5, 6)]
    with pytest.raises(Exception, match=r"uq_invoices_number|UNIQUE"), db.transaction() as session:
        bulk.insert(session, Invoice, INVOICE, rows)
    with db.reading() as session:
        assert session.scalars(sa.select(Invoice.id)).first() is None


def test_any_number_of_keys_finds_its_rows(db: Database) -> None:
    with db.transaction() as session:
        found = [factories.customer(session) for _ in range(3)]
        numbers = [found[0].account_number, found[1].account_number, 'O\'Neil \\ "x"', *map(str, range(40_000))]
        ids = [found[2].id, *(new_id() for _ in range(40_000))]
        by_number = sa.select(Customer.id).where(bulk.among(session, Customer.account_number, numbers))
        by_id = sa.select(Customer.id).where(bulk.among(session, Customer.id, ids))
        assert set(session.scalars(by_number)) == {found[0].id, found[1].id}
        assert session.scalars(by_id).all() == [found[2].id]
        assert session.scalars(sa.select(Customer.id).where(bulk.among(session, Customer.id, []))).all() == []


@pytest.mark.parametrize(("destination", "amount"), [("invoice:a", -1), ("sales", 1)])
def test_postings_in_bulk_are_checked_as_single_ones_are_s7(db: Database, destination: str, amount: int) -> None:
    good = ledger.Move("sales", "invoice:b", 5, "USD", "1")
    with pytest.raises(Unbalanced), db.transaction() as session:
        ledger.post_new(session, [good, ledger.Move("sales", destination, amount, "USD", "2")])
    with db.reading() as session:
        assert session.scalars(sa.select(Posting.id)).first() is None


def test_a_reference_that_is_taken_fails_the_bulk_it_is_in_s5(db: Database) -> None:
    first, second, again = (ledger.Move("sales", "invoice:b", 5, "USD", reference) for reference in ("1", "2", "1"))
    with db.transaction() as session:
        ledger.post_new(session, [first])
    with pytest.raises(Exception, match=r"uq_postings_reference|UNIQUE"), db.transaction() as session:
        ledger.post_new(session, [second, again])
    with db.reading() as session:
        assert ledger.balances(session, ["invoice:b"]) == {"invoice:b": 5}
