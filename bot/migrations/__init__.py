"""Migrations: the database's shape, brought up to date by the product itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError

from bot import models
from bot.db import Base, Database, Instant

HERE = Path(__file__).resolve().parent
# One number for the advisory lock that upgrading processes of this product take on PostgreSQL.
LOCK = 0x676F6F647465726D


def upgrade(db: Database) -> bool:
    """Bring `db` to the newest shape; true when there was something to do.

    All of it is one transaction, so that a failure leaves the old shape. Processes that start together take turns: the
    second finds the work done.
    """
    with db.reading() as session:
        if _revision(session.connection()) == newest():
            return False
    with changing(db) as connection:
        if _revision(connection) == newest():
            return False
        command.upgrade(config(connection), "head")
    return True


def downgrade(db: Database, revision: str) -> None:
    """Bring `db` back to `revision` ("0001", or "base" for nothing), in one transaction too."""
    with changing(db) as connection:
        command.downgrade(config(connection), revision)


@contextlib.contextmanager
def changing(db: Database) -> Iterator[sa.Connection]:
    """A transaction in which the shape may change; one process at a time.

    SQLite makes a table anew only while it does not watch references, which is settled before a transaction begins. So
    all of them are checked before it ends. Raises `IntegrityError` when one leads nowhere.
    """
    with db.engine.connect() as connection:
        _watch_references(connection, False)
        try:
            with connection.begin():
                if not db.sqlite:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
                yield connection
                if db.sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise IntegrityError("PRAGMA foreign_key_check", None, ValueError("a reference leads nowhere"))
        finally:
            _watch_references(connection, True)


@cache
def newest() -> str | None:
    """The revision that the product's code is written for."""
    return ScriptDirectory.from_config(config()).get_current_head()


def differences(db: Database) -> list[Any]:
    """What the models have and the database lacks, or the reverse, as Alembic names it; empty when they agree."""
    with db.engine.connect() as connection:
        opts = {"compare_type": compare_type, "include_name": include_name}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, Base.metadata))


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration for these scripts, to run on `connection` if one is given."""
    made = Config()
    made.set_main_option("script_location", str(HERE).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def compare_type(
    context: MigrationContext, _inspected: Any, _declared: Any, inspected_type: Any, declared_type: Any
) -> bool | None:
    """Alembic's hook: an `Instant` is the time that the database keeps for it, and no difference; nor is the length of
    a text on SQLite, which counts no characters."""
    if isinstance(declared_type, Instant):
        return not isinstance(inspected_type, sa.DateTime)
    if context.dialect.name == "sqlite" and type(declared_type) is sa.String and isinstance(inspected_type, sa.String):
        return False
    return None


def include_name(name: str | None, _kind: str, _parents: Any) -> bool:
    """Alembic's hook: what the search keeps in the database is no table or index of the models (0011)."""
    return not (name or "").startswith("search_")


def _watch_references(connection: sa.Connection, watch: bool) -> None:
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection  # below SQLAlchemy, which would begin a transaction
        raw.execute(f"PRAGMA foreign_keys={'ON' if watch else 'OFF'}")


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


assert models  # importing it registers every table
