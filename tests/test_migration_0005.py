"""From 0004 to 0005 and back: agents and those who are signed in stay, and the log stays append-only."""

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
from bot.models import Agent, AgentSession, AuditEntry
from tests.database import PostgresTemplate

AGENT, ENTRY = uuid.UUID(int=1), uuid.UUID(int=2)
AT = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at 0004, with an agent who is signed in and an entry in the log."""
    if request.param == "sqlite":
        yield from _at_0004(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _at_0004(url)


def _at_0004(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0004")
    agent_id, entry_id = (each.hex if db.sqlite else each for each in (AGENT, ENTRY))
    rows = {
        "agents": {
            "id": agent_id, "email": "ana@example.com", "name": "Ana", "role": "agent", "password_hash": "x",
            "created_at": AT,
        },
        "agent_sessions": {
            "digest": "d" * 64, "agent_id": agent_id, "csrf_token": "t", "created_at": AT, "expires_at": AT,
        },
        "audit_log": {"id": entry_id, "agent_id": agent_id, "action": "sign_in", "subject": "agent", "at": AT},
    }  # fmt: skip
    with db.engine.begin() as connection:
        for name, row in rows.items():
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            connection.execute(sa.insert(table), row)
    yield db
    db.dispose()


def test_the_way_there_and_back_keeps_who_is_signed_in(before: Database) -> None:
    for _ in range(2):
        assert migrations.upgrade(before) is True
        assert migrations.differences(before) == []
        with before.reading() as session:
            opened = session.scalars(sa.select(AgentSession)).one()
            assert (opened.agent_id, opened.seen_at, opened.single_sign_on) == (AGENT, AT, False)
            assert opened.id is not None
            assert session.get_one(Agent, AGENT).has_second_factor is False
        migrations.downgrade(before, "0004")
        assert "recovery_codes" not in sa.inspect(before.engine).get_table_names()


@pytest.mark.parametrize("change", [sa.update(AuditEntry).values(action="x"), sa.delete(AuditEntry)])
def test_the_log_refuses_change_and_deletion_after_it(before: Database, change: sa.Executable) -> None:
    migrations.upgrade(before)
    with pytest.raises(DBAPIError, match="append-only"), before.transaction() as session:
        session.execute(change)
    with before.reading() as session:
        assert session.get_one(AuditEntry, ENTRY).action == "sign_in"
