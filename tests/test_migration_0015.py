"""From 0014 to 0015 and back: files that agents sent come and go, conversations stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from bot import clock, migrations
from bot.db import Database
from bot.models import Agent, Conversation, SentFile
from tests import factories
from tests.database import PostgresTemplate


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database before it, with a conversation and an agent."""
    if request.param == "sqlite":
        yield from _before(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _before(url)


def _before(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0014")
    with db.transaction() as session:
        factories.conversation(session)
        factories.agent(session)
    yield db
    db.dispose()


def test_the_way_there_and_back_keeps_conversations(before: Database) -> None:
    for _ in range(2):
        assert migrations.upgrade(before) is True
        assert migrations.differences(before) == []
        with before.transaction() as session:
            session.add(
                SentFile(
                    token="t",
                    conversation_id=session.scalars(sa.select(Conversation.id)).one(),
                    agent_id=session.scalars(sa.select(Agent.id)).one(),
                    file_name="terms.pdf",
                    content_type="application/pdf",
                    size=4,
                    body=b"%PDF",
                    expires_at=clock.now() + dt.timedelta(days=14),
                )
            )
        migrations.downgrade(before, "0014")
        assert "sent_files" not in sa.inspect(before.engine).get_table_names()
    with before.reading() as session:
        assert len(session.scalars(sa.select(Conversation.id)).all()) == 1
