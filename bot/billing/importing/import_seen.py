"""The rows of an import file without those that stand there twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from bot.billing.importing import import_file
from bot.billing.importing.import_file import BadRow
from bot.billing.importing.import_rows import Row

R = TypeVar("R", bound=Row)


class Chunk(NamedTuple, Generic[R]):
    """A part of a file: the rows to be taken, those that cannot be, and how many only repeat an earlier one.

    `done` are the bytes read up to its end.
    """

    rows: list[R]
    bad: list[BadRow]
    repeated: int
    done: int


def read(
    path: Path, columns: tuple[str, ...], parse: Callable[[int, dict[str, str]], R]
) -> Generator[Chunk[R], None, None]:
    """As `import_file.read`, where a row whose key an earlier line had is repeated, or bad when it says otherwise."""
    with closing(_Seen()) as seen:
        for found, done in import_file.read(path, columns, parse):
            rows = [row for row in found if not isinstance(row, BadRow)]
            bad = [row for row in found if isinstance(row, BadRow)]
            firsts, others = seen.note(rows)
            reason = "line {} says otherwise about the same"
            bad += [BadRow(path.name, line, "row", reason.format(earlier)) for line, earlier in others]
            yield Chunk(firsts, bad, len(rows) - len(firsts) - len(others), done)


class _Seen:
    """Which rows a file has had, by key, with the hash of what each says.

    Kept on disk: a dictionary of a long file would fill the memory.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA cache_size = -16384")
        self._db.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER, said INTEGER) WITHOUT ROWID")

    def note(self, rows: list[R]) -> tuple[list[R], list[tuple[int, int]]]:
        """Those of `rows` that are the first with their key; and the lines of those that say otherwise, with the line
        of the first."""
        before = self._db.total_changes
        noted = [(row.key, row.line, hash(row.said)) for row in rows]
        self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", noted)
        if self._db.total_changes - before == len(rows):
            return rows, []
        firsts, others = [], []
        for row, (key, line, said) in zip(rows, noted, strict=True):
            first, first_said = self._db.execute("SELECT line, said FROM seen WHERE key = ?", (key,)).fetchone()
            if first == line:
                firsts.append(row)
            elif first_said != said:
                others.append((line, first))
        return firsts, others

    def close(self) -> None:
        """Forget it all."""
        self._db.close()
