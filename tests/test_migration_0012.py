"""From 0011 to 0012 and back: only indexes come and go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from bot import migrations
from bot.db import Database
from bot.models import Case
from tests import factories
from tests.database import PostgresTemplate

NEW = {
    ("cases", "ix_cases_status_created_at"),
    ("holds", "ix_holds_conversation_id"),
    ("conversations", "ix_conversations_holder_last_message_at"),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at 0011, with a case."""
    if request.param == "sqlite":
        yield from _at_0011(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _at_0011(url)


def _at_0011(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0011")
    with db.transaction() as session:
        conversation_id = factories.conversation(session).id
        session.add(Case(conversation_id=conversation_id, kind="complaint", summary="The letter was rude"))
    yield db
    db.dispose()


def indexes(db: Database) -> set[tuple[str, str | None]]:
    """Those of the tables that are listed, by table and name."""
    looked = sa.inspect(db.engine)
    return {
        (table, each["name"]) for table in ("cases", "holds", "conversations") for each in looked.get_indexes(table)
    }


def test_the_way_there_and_back_makes_and_drops_the_indexes_and_nothing_else(before: Database) -> None:
    was = indexes(before)
    for _ in range(2):
        assert migrations.upgrade(before) is True
        assert migrations.differences(before) == []
        assert indexes(before) - was == NEW
        migrations.downgrade(before, "0011")
        assert indexes(before) == was
    with before.reading() as session:
        assert session.scalars(sa.select(Case.summary)).one() == "The letter was rude"
