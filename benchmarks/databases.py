"""Databases for the measurements: migrated, empty and durable, on this machine, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from bot import migrations
from bot.db import Database
from bot.settings import ROOT
from tests.database import postgres_server

KINDS = ("PostgreSQL", "SQLite")


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder for everything that is written, under `GT_VAR`."""
    place = Path(os.environ.get("GT_VAR") or ROOT / "var").resolve() / "tmp"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gt-bench-", dir=place, ignore_cleanup_errors=True) as name:
        # The server is another user: it may pass, and make its own folder there.
        os.chmod(name, 0o711)
        yield Path(name)


@contextlib.contextmanager
def two(kind: str, place: Path) -> Iterator[tuple[Database, Database]]:
    """Two databases of one kind, for us and for the peer, with the product's tables, indexes and triggers."""
    with contextlib.ExitStack() as stack:
        urls = _sqlite(place) if kind == "SQLite" else stack.enter_context(_postgresql(place))
        made = [Database(url) for url in urls]
        for db in made:
            stack.callback(db.dispose)
            migrations.upgrade(db)
        yield made[0], made[1]
    for path in place.glob("*.db*"):
        path.unlink()


def version(db: Database) -> str:
    """The database's own name for its version."""
    with db.reading() as session:
        return str(session.scalar(sa.text("SELECT sqlite_version()" if db.sqlite else "SHOW server_version")))


def _sqlite(place: Path) -> list[str]:
    return [f"sqlite:///{place / name}.db" for name in ("ours", "bare")]


@contextlib.contextmanager
def _postgresql(place: Path) -> Iterator[list[str]]:
    names = [f"goodterms_{name}_{os.getpid()}" for name in ("ours", "bare")]
    with postgres_server(durable=True, place=place) as server:
        admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with admin.connect() as connection:
            for name in names:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            yield [server.set(database=name).render_as_string(hide_password=False) for name in names]
            for name in names:
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
