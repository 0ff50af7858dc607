"""The database: one engine, one way to write (`transaction`), one to read (`reading`). `commit` appears here alone."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import uuid
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
import uuid_utils.compat
from sqlalchemy import event, orm

from bot.settings import settings

T = TypeVar("T")
Row = TypeVar("Row", bound="Base")

BUSY_MS = 10_000
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(sa.types.TypeDecorator[dt.datetime]):
    """An aware instant in UTC; a naive one is refused. SQLite keeps it without the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("an instant has a time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        return value.replace(tzinfo=dt.UTC) if value is not None and value.tzinfo is None else value


class Base(orm.DeclarativeBase):
    """The root of all tables. Relationships load eagerly or raise (style, habit 6)."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declaration
        dt.datetime: Instant(),
        dict[str, Any]: sa.JSON(none_as_null=True).with_variant(
            sa.dialects.postgresql.JSONB(none_as_null=True), "postgresql"
        ),
        list[Any]: sa.JSON(none_as_null=True).with_variant(
            sa.dialects.postgresql.JSONB(none_as_null=True), "postgresql"
        ),
    }


def new_id() -> uuid.UUID:
    """A UUIDv7: sortable by creation, unguessable enough for a name, never used as a secret."""
    return uuid_utils.compat.uuid7()


class Database:
    """An engine with its sessions.

    On SQLite a writing transaction takes the write lock when it begins (`BEGIN IMMEDIATE`), so that two writers wait
    for each other instead of failing half-way; within one process they queue on a lock of ours, which does not poll.
    Every commit is on disk when it returns (`synchronous=FULL`).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self._writing: contextlib.AbstractContextManager[Any] = (
            threading.Lock() if self.sqlite else contextlib.nullcontext()
        )
        if self.sqlite:
            path = sa.make_url(url).database
            if path and path != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            self.engine = sa.create_engine(
                url, pool_size=12, max_overflow=20, connect_args={"timeout": BUSY_MS / 1000}, hide_parameters=True
            )
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = sa.create_engine(url, pool_size=12, max_overflow=20, pool_pre_ping=True, hide_parameters=True)
        self._sessions = orm.sessionmaker(self.engine, expire_on_commit=False)
        self._reads = orm.sessionmaker(
            self.engine.execution_options(goodterms_reads=True), expire_on_commit=False, autoflush=False
        )

    @contextlib.contextmanager
    def transaction(self) -> Iterator[orm.Session]:
        """A session whose work is committed at the end, or undone by an exception. Call no outside service within."""
        with self._writing, self._sessions() as session:
            yield session
            session.commit()

    @contextlib.contextmanager
    def reading(self) -> Iterator[orm.Session]:
        """A session for looking only: one consistent snapshot, no write lock, nothing kept."""
        with self._reads() as session:
            yield session

    def in_transaction(self, work: Callable[[orm.Session], T]) -> T:
        """`work` in a transaction of its own; its result."""
        with self.transaction() as session:
            return work(session)

    def in_reading(self, work: Callable[[orm.Session], T]) -> T:
        """`work` with a session for looking only; its result."""
        with self.reading() as session:
            return work(session)

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@lru_cache(maxsize=1)
def database() -> Database:
    """This process's database, from `DATABASE_URL`."""
    return Database(settings().database_url)


def lock(session: orm.Session, kind: type[Row], key: Any) -> Row | None:
    """The row of `kind` with primary key `key`, read afresh and locked until the transaction ends; or None.

    The lock is `FOR NO KEY UPDATE`: rows that only name this one by a foreign key are written meanwhile. A stronger one
    would make such a write wait for a lock that by the lock order comes first, and two transactions for each other.
    On SQLite the transaction already holds the only write lock.
    """
    return session.get(kind, key, with_for_update={"key_share": True}, populate_existing=True)


def claim(session: orm.Session, query: sa.Select[Row]) -> list[Row]:
    """The rows that `query` finds, read afresh and locked until the transaction ends, without those that another
    transaction holds, so that any number of workers share the work and none waits (`SKIP LOCKED`).

    On SQLite the transaction holds the only write lock: the others claim after it has committed. Work that leaves the
    database (a call to Stripe) needs a lease, which is written here and is part of `query`'s condition.
    """
    entity = query.column_descriptions[0]["entity"]
    locked = query.with_for_update(of=entity, key_share=True, skip_locked=True)
    return list(session.scalars(locked.execution_options(populate_existing=True)))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, in `_begin_sqlite`
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MS}",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("goodterms_reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
