"""The importer: customers, invoices and running plans from CSV files (design section 8, Import).

A file is taken as a whole or not at all, unless bad rows are to be skipped; taken again, it changes nothing.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing.importing import import_apart, import_customers, import_invoices, import_plans
from bot.billing.importing import import_rows as rows
from bot.billing.importing.import_file import BadRow, Fault, Took
from bot.billing.importing.import_rows import Row
from bot.db import Database
from bot.errors import InvalidInput

BATCH = 2_000
CACHE_KIB = 65_536
NAMED_AT_ONCE = 20
TABLES = ("customers", "customer_factors", "invoices", "holds", "postings", "plans", "instalments", "plan_invoices")
# One number for the advisory lock that importing processes of this product take on PostgreSQL.
LOCK = 0x676F6F64696D70

# The file's name, the bytes read so far, and all of them.
Progress = Callable[[str, int, int], None]

R = TypeVar("R", bound=Row)
Take = Callable[[Session, Sequence[R]], Iterator[Took | Fault]]


@dataclass(slots=True)
class FileReport:
    """What became of one file's rows. With `skip_bad`, those in `bad` were passed over."""

    name: str
    counts: dict[Took, int] = field(default_factory=lambda: dict.fromkeys(Took, 0))
    bad: list[BadRow] = field(default_factory=list)


class ImportFailed(InvalidInput):
    """A file with bad rows; nothing of it was taken. `about` is its `FileReport` with every one of them."""

    code = "import_failed"


def import_files(
    db: Database,
    customers_path: Path | None,
    invoices_path: Path | None,
    plans_path: Path | None = None,
    *,
    skip_bad: bool = False,
    demo: bool = False,
    progress: Progress | None = None,
) -> list[FileReport]:
    """Take the files in this order, each in one transaction: all of it or nothing, unless `skip_bad`.

    `demo` allows dates that count from today (`today-45`). Files are read a part at a time, whatever their size; two
    imports at once go one after the other. Raises `InvalidInput` for a file that cannot be read or has other columns,
    `ImportFailed` for bad rows; the files before stay taken, and taking them again changes nothing.
    """
    invoice_row, plan_row = partial(rows.invoice_row, demo=demo), partial(rows.plan_row, demo=demo)
    work: list[tuple[Path | None, tuple[str, ...], Any, Take[Any]]] = [
        (customers_path, rows.CUSTOMER_COLUMNS, rows.customer_row, import_customers.take),
        (invoices_path, rows.INVOICE_COLUMNS, invoice_row, import_invoices.take),
        (plans_path, rows.PLAN_COLUMNS, plan_row, import_plans.take),
    ]
    return [
        _import(db, path, columns, parse, take, skip_bad=skip_bad, progress=progress)
        for path, columns, parse, take in work
        if path is not None
    ]


def _import(
    db: Database,
    path: Path,
    columns: tuple[str, ...],
    parse: Callable[[int, dict[str, str]], R],
    take: Take[R],
    *,
    skip_bad: bool,
    progress: Progress | None,
) -> FileReport:
    report = FileReport(path.name)
    with _uncollected(), db.transaction() as session, _prepared(session):
        for batch in _batches(path, columns, parse, report, progress):
            for row, took in zip(batch, take(session, batch), strict=True):
                if isinstance(took, Fault):
                    report.bad.append(BadRow(path.name, row.line, took.column, took.reason))
                else:
                    report.counts[took] += 1
            # Nothing of a batch is needed after it, so memory stays the same however long the file is.
            session.flush()
            session.expunge_all()
        report.bad.sort(key=lambda row: row.line)
        if report.bad and not skip_bad:
            raise ImportFailed(_sentence(report), about=report)
        if report.counts[Took.ADDED] >= BATCH:
            _note_sizes(session)
    return report


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    # Rows come and go by the million and none refers to itself; looking for such took a quarter of the time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def _prepared(session: Session) -> Iterator[None]:
    """On PostgreSQL one import at a time; on SQLite, which has one writer anyway, room for the tables' indexes."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        yield
        return
    driver: Any = session.connection().connection.driver_connection
    [usual] = driver.execute("PRAGMA cache_size").fetchone()
    # With the usual two megabytes each row of a long file throws out pages that the next one needs.
    driver.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA cache_size = {usual}")


def _note_sizes(session: Session) -> None:
    # PostgreSQL finds its ways by what it knows of a table, and would know of this file's rows only minutes later.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text(f"ANALYZE {', '.join(TABLES)}"))


def _batches(
    path: Path,
    columns: tuple[str, ...],
    parse: Callable[[int, dict[str, str]], R],
    report: FileReport,
    progress: Progress | None,
) -> Iterator[list[R]]:
    batch: list[R] = []
    with closing(import_apart.read(path, columns, parse)) as chunks:
        for chunk in chunks:
            report.bad += chunk.bad
            report.counts[Took.UNCHANGED] += chunk.repeated
            batch += chunk.rows
            if len(batch) >= BATCH:
                # The last group may go on in the next chunk.
                whole, batch = _split(batch)
                yield whole
            if progress:
                progress(path.name, chunk.done, path.stat().st_size)
    yield batch


def _split(rows: list[R]) -> tuple[list[R], list[R]]:
    end = len(rows)
    while end and rows[end - 1].group == rows[-1].group:
        end -= 1
    return rows[:end], rows[end:]


def _sentence(report: FileReport) -> str:
    named = [str(row) for row in report.bad[:NAMED_AT_ONCE]]
    rest = len(report.bad) - len(named)
    more = [f"and {rest} more"] if rest else []
    return "\n".join([f"Nothing was taken from {report.name}, because of these rows:", *named, *more])
