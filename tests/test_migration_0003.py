"""From 0002 to 0003 and back: what was there stays, and the new tables hold what they promise (C7, K14)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import IntegrityError

from bot import migrations
from bot.db import Database
from bot.models import Conversation, Feedback
from tests import factories
from tests.database import PostgresTemplate

NEW = {"preferences", "callbacks", "contact_changes", "feedback"}
CONVERSATION = uuid.UUID(int=1)
AT = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at 0002, with a conversation."""
    if request.param == "sqlite":
        yield from _at_0002(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _at_0002(url)


def _at_0002(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0002")
    with db.engine.begin() as connection:
        table = sa.Table("conversations", sa.MetaData(), autoload_with=connection)
        row = {
            "id": CONVERSATION.hex if db.sqlite else CONVERSATION, "channel": "web", "locale": "en-US", "holder": "bot",
            "last_seq": 0, "failures": 0, "dialogue_reset": False, "created_at": AT,
        }  # fmt: skip
        connection.execute(sa.insert(table), row)
    yield db
    db.dispose()


def test_the_way_there_and_back_keeps_what_was_there(before: Database) -> None:
    for _ in range(2):
        assert migrations.upgrade(before) is True
        assert migrations.differences(before) == []
        with before.reading() as session:
            assert session.get_one(Conversation, CONVERSATION).channel == "web"
        assert set(sa.inspect(before.engine).get_table_names()) >= NEW
        migrations.downgrade(before, "0002")
        assert not set(sa.inspect(before.engine).get_table_names()) & NEW


@pytest.mark.parametrize("rating", [0, 6])
def test_a_rating_is_one_to_five(db: Database, rating: int) -> None:
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.add(Feedback(conversation_id=factories.conversation(session).id, rating=rating))
