"""The importer beside a bare COPY or executemany of the very rows that it wrote: same tables, indexes and triggers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.billing.importing import import_files
from bot.db import Database

# What each file becomes, in the order in which it is written.
TABLES = {"customers": ("customers", "customer_factors"), "invoices": ("invoices", "holds", "postings")}
AT_ONCE = 50_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class Imported:
    """How long a file took, and the rows that it became without any reading and checking: seconds."""

    seconds: float
    bare: float

    @property
    def ratio(self) -> float:
        """How many times as long."""
        return self.seconds / self.bare


def measure(ours: Database, bare: Database, files: dict[str, Path], say: Say) -> dict[str, Imported]:
    """Import each of `files` into `ours`, and directly after it write the same rows barely into `bare`. Once each, in
    one transaction each."""
    found = {}
    write = _execute_many if ours.sqlite else _copy
    for name, path in files.items():
        say(f"{name} are imported")
        began = time.perf_counter()
        import_files(ours, *((path, None) if name == "customers" else (None, path)))
        seconds = time.perf_counter() - began
        say(f"{name}: {seconds:.1f} s; now the bare rows")
        spent, rows = write(ours, bare, TABLES[name], path.parent)
        found[name] = Imported(seconds, spent)
        say(f"{name}: {rows:,} bare rows took {spent:.1f} s, ratio {found[name].ratio:.2f}")
    return found


def _copy(ours: Database, bare: Database, tables: tuple[str, ...], place: Path) -> tuple[float, int]:
    """COPY from files; writing these first is not counted."""
    with ours.reading() as session:
        for table in tables:
            copy_out = f"COPY {table} TO STDOUT"
            with (place / table).open("wb") as file, _cursor(session) as cursor, cursor.copy(copy_out) as out:
                for block in out:
                    file.write(block)
    written, began = 0, time.perf_counter()
    with bare.transaction() as session, _cursor(session) as cursor:
        for table in tables:
            with (place / table).open("rb") as file, cursor.copy(f"COPY {table} FROM STDIN") as into:
                while block := file.read(2**20):
                    into.write(block)
            written += cursor.rowcount
    spent = time.perf_counter() - began
    for table in tables:
        (place / table).unlink()
    return spent, written


def _execute_many(ours: Database, bare: Database, tables: tuple[str, ...], _place: Path) -> tuple[float, int]:
    """`executemany` of so many rows at a time; reading these first is not counted."""
    read, written, began = 0.0, 0, time.perf_counter()
    with ours.reading() as source, bare.transaction() as target, _cursor(source) as rows, _cursor(target) as cursor:
        for table in tables:
            rows.execute(f"SELECT * FROM {table}")
            marks = ", ".join("?" * len(rows.description))
            while True:
                asked = time.perf_counter()
                some = rows.fetchmany(AT_ONCE)
                read += time.perf_counter() - asked
                if not some:
                    break
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", some)
                written += len(some)
    return time.perf_counter() - began - read, written


def _cursor(session: Session) -> contextlib.closing[Any]:
    driver: Any = session.connection().connection.driver_connection
    return contextlib.closing(driver.cursor())
