"""From 0010 to 0011 and back: everything is found, by the index that the database keeps itself, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from bot import migrations
from bot.conversations import transcript
from bot.db import Database
from bot.desk.queue.search_index import matching
from bot.desk.queue.search_words import Words
from bot.models import Author, Customer, Invoice, Message
from tests import factories
from tests.database import PostgresTemplate


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at 0010, with Maya and what she said."""
    if request.param == "sqlite":
        yield from _at_0010(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _at_0010(url)


def _at_0010(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0010")
    with db.transaction() as session:
        row = factories.conversation(session, customer_id=factories.maya(session).id)
        transcript.append(session, row, author=Author.CUSTOMER, text="I lost my job")
    yield db
    db.dispose()


def found(db: Database, kind: type[Message] | type[Customer] | type[Invoice], words: str) -> int:
    """How many rows the index finds."""
    with db.reading() as session:
        query = sa.select(sa.func.count()).select_from(kind).where(matching(session, kind, Words.read(words)))
        return session.scalar(query) or 0


def test_the_way_there_and_back_finds_what_was_there_and_keeps_it(before: Database) -> None:
    for _ in range(2):
        assert migrations.upgrade(before) is True
        assert migrations.differences(before) == []
        assert found(before, Message, "lost job") == 1
        assert found(before, Customer, "torres") == 1
        assert found(before, Invoice, "INV-1002") == 1
        migrations.downgrade(before, "0010")
        assert not [name for name in sa.inspect(before.engine).get_table_names() if name.startswith("search")]
    with before.reading() as session:
        assert session.scalars(sa.select(Message)).one().text == "I lost my job"


def test_the_index_follows_what_is_written_changed_and_erased(before: Database) -> None:
    migrations.upgrade(before)
    with before.transaction() as session:
        first = session.scalars(sa.select(Message)).one()
        first.text = ""
        maya = session.scalars(sa.select(Customer)).one()
        maya.name, maya.email = "Erased", None
    assert (found(before, Message, "lost job"), found(before, Customer, "torres")) == (0, 0)
    assert found(before, Customer, "erased") == 1
    with before.transaction() as session:
        row = factories.conversation(session)
        transcript.append(session, row, author=Author.CUSTOMER, text="Perdí mi empleo")
    assert (found(before, Message, "perdi"), found(before, Message, "PERDÍ")) == (1, 1)
    with before.transaction() as session:
        session.execute(sa.delete(Message))
    assert found(before, Message, "perdi") == 0
