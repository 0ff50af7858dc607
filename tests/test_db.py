"""The database: its shape, its transactions, and what it refuses whoever asks."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from bot import migrations
from bot.billing import ledger
from bot.db import Database, claim, database, lock
from bot.models import AuditEntry, Conversation, Customer, Plan, PlanStatus, Posting
from bot.money import Money
from tests import factories
from tests.database import PostgresTemplate


def test_models_and_migrations_agree(db: Database) -> None:
    assert migrations.differences(db) == []


def test_an_upgrade_of_what_is_up_to_date_does_nothing(db: Database) -> None:
    assert migrations.upgrade(db) is False


def test_processes_that_upgrade_at_once_take_turns_on_sqlite(tmp_path: Path) -> None:
    assert _upgraded_by_two(f"sqlite:///{tmp_path / 'new.db'}") == [False, True]


def test_processes_that_upgrade_at_once_take_turns_on_postgresql(postgres_template: PostgresTemplate) -> None:
    with postgres_template.fresh(empty=True) as url:
        assert _upgraded_by_two(url) == [False, True]


def test_the_first_migration_can_be_undone(sqlite_db: Database, postgres_template: PostgresTemplate) -> None:
    with postgres_template.fresh() as url:
        for db in (sqlite_db, Database(url)):
            migrations.downgrade(db, "base")
            assert sa.inspect(db.engine).get_table_names() == ["alembic_version"]
            assert len(migrations.differences(db)) > 20
            db.dispose()


@pytest.mark.parametrize("statement", ["UPDATE postings SET amount = 1", "DELETE FROM postings"])
def test_the_ledger_refuses_change_and_deletion_s7(db: Database, statement: str) -> None:
    with db.transaction() as session:
        ledger.post(session, source="sales", destination="invoice:1", amount=Money(5, "USD"), reference="a")
    with pytest.raises(DBAPIError, match="append-only"), db.transaction() as session:
        session.execute(sa.text(statement))
    with db.reading() as session:
        assert session.scalars(sa.select(Posting.amount)).all() == [5]


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET action = 'none'", "DELETE FROM audit_log"])
def test_the_audit_log_refuses_change_and_deletion(db: Database, statement: str) -> None:
    with db.transaction() as session:
        session.add(AuditEntry(action="read", subject="x"))
    with pytest.raises(DBAPIError, match="append-only"), db.transaction() as session:
        session.execute(sa.text(statement))


def test_postgresql_refuses_to_empty_the_ledger_s7(postgres_db: Database) -> None:
    with pytest.raises(DBAPIError, match="append-only"), postgres_db.transaction() as session:
        session.execute(sa.text("TRUNCATE postings CASCADE"))


def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    def fail(session: Session) -> None:
        factories.customer(session)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        db.in_transaction(fail)
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 0


def test_instants_come_back_aware_and_in_utc(db: Database) -> None:
    given = dt.datetime(2026, 7, 1, 12, 30, 0, 5, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    with db.transaction() as session:
        id_ = factories.conversation(session, created_at=given).id
    with db.reading() as session:
        found = session.get_one(Conversation, id_).created_at
    assert found == given
    assert found.utcoffset() == dt.timedelta(0)


def test_an_instant_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(Exception, match="time zone"), db.transaction() as session:
        factories.conversation(session, created_at=dt.datetime(2026, 7, 1))  # noqa: DTZ001 - the fault under test


def test_foreign_keys_hold(db: Database) -> None:
    with pytest.raises(IntegrityError), db.transaction() as session:
        factories.conversation(session, customer_id=uuid.uuid4())


def test_a_customer_has_at_most_one_plan_in_force(db: Database) -> None:
    with db.transaction() as session:
        id_ = factories.customer(session).id
        session.add(Plan(customer_id=id_, status=PlanStatus.AGREED, total=100, currency="USD"))
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.add(Plan(customer_id=id_, status=PlanStatus.ACTIVE, total=100, currency="USD"))


def test_a_locked_row_makes_the_next_writer_wait_and_read_what_was_written(db: Database) -> None:
    with db.transaction() as session:
        id_ = factories.conversation(session).id
    both_ready = threading.Barrier(8)

    def count_up() -> None:
        both_ready.wait()
        with db.transaction() as session:
            row = lock(session, Conversation, id_)
            assert row is not None
            row.last_seq += 1

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        assert session.get_one(Conversation, id_).last_seq == 8


def test_s5_workers_that_claim_at_once_share_the_rows_and_take_none_twice(db: Database) -> None:
    with db.transaction() as session:
        ids = {factories.conversation(session).id for _ in range(12)}
    ready = threading.Barrier(6)
    taken: list[uuid.UUID] = []

    def take() -> None:
        ready.wait()
        while True:
            with db.transaction() as session:
                query = sa.select(Conversation).where(Conversation.last_seq == 0).limit(2)
                rows = claim(session, query)
                if not rows:
                    return
                for row in rows:
                    row.last_seq = 1
                    taken.append(row.id)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 12
    assert set(taken) == ids


def test_a_claim_passes_over_what_another_transaction_holds(postgres_db: Database) -> None:
    with postgres_db.transaction() as session:
        held, free = factories.conversation(session).id, factories.conversation(session).id
    query = sa.select(Conversation).order_by(Conversation.id)
    with postgres_db.transaction() as first:
        assert lock(first, Conversation, held) is not None
        with postgres_db.transaction() as second:
            assert [row.id for row in claim(second, query)] == [free]


def test_the_process_has_the_one_database_of_its_settings(db: Database) -> None:
    assert database() is db


def test_sqlite_commits_are_on_disk_when_they_return(sqlite_db: Database) -> None:
    with sqlite_db.reading() as session:
        pragmas = [session.execute(sa.text(f"PRAGMA {name}")).scalar_one() for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]


def _upgraded_by_two(url: str) -> list[bool]:
    results: list[bool] = []
    ready = threading.Barrier(2)

    def upgrade() -> None:
        db = Database(url)
        ready.wait()
        results.append(migrations.upgrade(db))
        assert migrations.differences(db) == []
        db.dispose()

    threads = [threading.Thread(target=upgrade) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)
