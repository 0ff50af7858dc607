"""The importer: customers, invoices and running plans from CSV files (design section 8, Import).

A file is taken as a whole or not at all, unless bad rows are to be skipped; taken again, it changes nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import sqlite3
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from bot.billing import import_customers, import_invoices, import_plans
from bot.billing import import_rows as rows
from bot.billing.import_file import BadRow, Fault, Took, read
from bot.db import Database
from bot.errors import InvalidInput

BATCH = 500
NAMED_AT_ONCE = 20

# The file's name, the bytes read so far, and all of them.
Progress = Callable[[str, int, int], None]


class Row(Protocol):
    """A checked row: where it stands, what it is known by, and with which others it is taken together."""

    @property
    def line(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def group(self) -> Hashable: ...


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

    `demo` allows dates that count from today (`today-45`). Files are read a row at a time, whatever their size. Raises
    `InvalidInput` for a file that cannot be read or has other columns, `ImportFailed` for bad rows; the files before
    stay taken, and taking them again changes nothing.
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
    with db.transaction() as session:
        for batch, done, size in _batches(path, columns, parse, report):
            for row, took in zip(batch, take(session, batch), strict=True):
                if isinstance(took, Fault):
                    report.bad.append(BadRow(path.name, row.line, took.column, took.reason))
                else:
                    report.counts[took] += 1
            # Nothing of a batch is needed after it, so memory stays the same however long the file is.
            session.flush()
            session.expunge_all()
            if progress:
                progress(path.name, done, size)
        report.bad.sort(key=lambda row: row.line)
        if report.bad and not skip_bad:
            raise ImportFailed(_sentence(report), about=report)
    return report


def _batches(
    path: Path, columns: tuple[str, ...], parse: Callable[[int, dict[str, str]], R], report: FileReport
) -> Iterator[tuple[list[R], int, int]]:
    batch: list[R] = []
    done = 0
    with closing(_Seen()) as seen:
        for row, done in read(path, columns, parse):
            if isinstance(row, BadRow):
                report.bad.append(row)
            elif (earlier := seen.before(row)) is not None:
                _repeated(path, row, earlier, report)
            else:
                if len(batch) >= BATCH and row.group != batch[-1].group:
                    yield batch, done, path.stat().st_size
                    batch = []
                batch.append(row)
    yield batch, done, path.stat().st_size


def _repeated(path: Path, row: Row, earlier: tuple[int, bool], report: FileReport) -> None:
    line, is_same = earlier
    if is_same:
        report.counts[Took.UNCHANGED] += 1
    else:
        report.bad.append(BadRow(path.name, row.line, "row", f"line {line} says otherwise about the same"))


def _sentence(report: FileReport) -> str:
    named = [str(row) for row in report.bad[:NAMED_AT_ONCE]]
    rest = len(report.bad) - len(named)
    more = [f"and {rest} more"] if rest else []
    return "\n".join([f"Nothing was taken from {report.name}, because of these rows:", *named, *more])


class _Seen:
    """Which rows a file has had, kept on disk: a dictionary of a long file would fill the memory."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER, digest BLOB) WITHOUT ROWID")

    def before(self, row: Any) -> tuple[int, bool] | None:
        """The line of an earlier row with the same key, and whether it says the same; None for the first."""
        digest = hashlib.blake2b(repr(dataclasses.replace(row, line=0)).encode(), digest_size=16).digest()
        try:
            self._db.execute("INSERT INTO seen VALUES (?, ?, ?)", (row.key, row.line, digest))
        except sqlite3.IntegrityError:
            line, known = self._db.execute("SELECT line, digest FROM seen WHERE key = ?", (row.key,)).fetchone()
            return int(line), known == digest
        return None

    def close(self) -> None:
        """Forget it all."""
        self._db.close()
