"""From 0009 to 0010 and back: what the desk changes, erases and calls comes and goes, and what was there stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import IntegrityError

from bot import migrations
from bot.db import Database
from bot.models import Customer, Erasure, ErasureScope, ErasureStatus
from tests import factories
from tests.database import PostgresTemplate

TABLES = {"callback_events", "contact_edits", "erasures", "verification_unlocks"}


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at 0009, with a customer."""
    if request.param == "sqlite":
        yield from _at_0009(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _at_0009(url)


def _at_0009(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0009")
    with db.transaction() as session:
        factories.customer(session)
    yield db
    db.dispose()


def test_the_way_there_and_back_keeps_the_customer(before: Database) -> None:
    for _ in range(2):
        assert migrations.upgrade(before) is True
        assert migrations.differences(before) == []
        migrations.downgrade(before, "0009")
        assert not TABLES & set(sa.inspect(before.engine).get_table_names())
    with before.reading() as session:
        assert session.scalars(sa.select(Customer)).one().name == "Robin Park"


def test_one_erasure_at_a_time_is_under_way_p5(before: Database) -> None:
    migrations.upgrade(before)

    def erasure(status: ErasureStatus) -> Erasure:
        return Erasure(customer_id=customer_id, scope=ErasureScope.EVERYTHING, status=status, reason="Asked for")

    with before.transaction() as session:
        customer_id = session.scalars(sa.select(Customer)).one().id
        session.add_all([erasure(ErasureStatus.ASKED), erasure(ErasureStatus.DONE), erasure(ErasureStatus.REFUSED)])
    for status in (ErasureStatus.ASKED, ErasureStatus.APPROVED):
        with pytest.raises(IntegrityError), before.transaction() as session:
            session.add(erasure(status))
