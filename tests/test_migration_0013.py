"""From 0012 to 0013 and back: what we begin has its tables, what is due its indexes, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from bot import migrations
from bot.db import Database, new_id
from bot.models import Customer, GateDecision, Medium, OutreachPause, Reminder, ReminderKind
from tests import factories
from tests.database import PostgresTemplate

TABLES = {"reminders", "gate_decisions", "outreach_pauses"}
INDEXES = {
    "ix_invoices_due_on", "ix_customers_customer_since", "ix_promises_status_due_on", "ix_plan_events_kind_at",
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at 0012, with a customer."""
    if request.param == "sqlite":
        yield from _at_0012(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _at_0012(url)


def _at_0012(url: str) -> Iterator[Database]:
    db = Database(url)
    to(db, "0012")
    with db.transaction() as session:
        factories.customer(session, account_number="GT-1001")
    yield db
    db.dispose()


def to(db: Database, revision: str) -> None:
    """Bring the database to `revision`."""
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), revision)


def indexes(db: Database) -> set[str | None]:
    """The names of the indexes of the tables that are looked through."""
    looked = sa.inspect(db.engine)
    return {
        index["name"]
        for table in ("invoices", "customers", "promises", "plan_events")
        for index in looked.get_indexes(table)
    }


def test_the_way_there_and_back_keeps_what_was(before: Database) -> None:
    tables, was = set(sa.inspect(before.engine).get_table_names()), indexes(before)
    for _ in range(2):
        to(before, "0013")
        assert set(sa.inspect(before.engine).get_table_names()) - tables == TABLES
        assert indexes(before) - was == INDEXES
        migrations.downgrade(before, "0012")
        assert set(sa.inspect(before.engine).get_table_names()) == tables
        assert indexes(before) == was
    with before.reading() as session:
        assert session.scalars(sa.select(Customer.account_number)).one() == "GT-1001"


def test_the_newest_shape_is_the_models_and_one_step_is_one_row(before: Database) -> None:
    migrations.upgrade(before)
    assert migrations.differences(before) == []
    with before.transaction() as session:
        customer = session.scalars(sa.select(Customer)).one()
        step = {"kind": ReminderKind.INVOICE, "subject_id": new_id(), "step": 3, "due_on": customer.created_at.date()}
        reminder = Reminder(id=new_id(), customer_id=customer.id, **step)
        session.add(reminder)
        session.flush()
        session.add(
            GateDecision(customer_id=customer.id, reminder_id=reminder.id, medium=Medium.SMS, about="a", rule="b")
        )
        session.add(OutreachPause(customer_id=customer.id, reason="Ill"))
    with pytest.raises(sa.exc.IntegrityError), before.transaction() as session:
        session.add(Reminder(customer_id=customer.id, **step))
