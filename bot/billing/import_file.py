"""An import file: CSV read a row at a time, every fault named by line, column and reason (design section 8, Import)."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from bot.errors import InvalidInput

R = TypeVar("R")

_FORMULA = ("=", "+", "-", "@")


class Fault(Exception):
    """What is wrong with one cell: its column and the reason. The reason repeats no personal value (P7)."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


class Took(StrEnum):
    """What a row did."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken: where it stands (1 is the header's line), and why."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.column}: {self.reason}"


def read(
    path: Path, columns: tuple[str, ...], parse: Callable[[int, dict[str, str]], R]
) -> Iterator[tuple[R | BadRow, int]]:
    """Each row of the CSV file at `path`, parsed, or what is wrong with it; with the bytes read so far.

    UTF-8 with or without a byte order mark, any line ending; empty lines are passed over; the columns in any order.
    Raises `InvalidInput` when the file cannot be read or its header is not as expected.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    with raw:
        # Bytes that are not UTF-8 come through as surrogates, so that their row can be named.
        lines = _Lines(raw)
        reader = csv.reader(lines, strict=True)
        header = _header(path, reader, columns)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # A quote that is never closed swallows the rest of the file; what follows cannot be told apart.
                yield BadRow(path.name, line, "row", f"not readable as CSV: {error}"), lines.read
                return
            if cells:
                yield _parsed(path, line, header, cells, parse), lines.read


class _Lines:
    """The lines of a binary file as text, counting the bytes read."""

    def __init__(self, raw: Iterator[bytes]) -> None:
        self._raw = raw
        self.read = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._raw)
        first = self.read == 0
        self.read += len(line)
        return line.decode("utf-8-sig" if first else "utf-8", errors="surrogateescape")


def _header(path: Path, reader: Iterator[list[str]], columns: tuple[str, ...]) -> list[str]:
    try:
        header = [name.strip().lower() for name in next(reader)]
    except StopIteration:
        raise InvalidInput(f"{path.name} is empty; a line with the column names is expected.") from None
    except csv.Error as error:
        raise InvalidInput(f"{path.name}, line 1: not readable as CSV: {error}") from error
    problems = [f"{name} is missing" for name in columns if name not in header]
    problems += [f"{name or 'a column without a name'} is unknown" for name in header if name not in columns]
    problems += [f"{name} stands there twice" for name in dict.fromkeys(header) if header.count(name) > 1]
    if problems:
        expected = ",".join(columns)
        raise InvalidInput(f"{path.name}, line 1: {'; '.join(problems)}. Expected, separated by commas: {expected}")
    return header


def _parsed(
    path: Path, line: int, header: list[str], cells: list[str], parse: Callable[[int, dict[str, str]], R]
) -> R | BadRow:
    if len(cells) != len(header):
        return BadRow(path.name, line, "row", f"{len(cells)} cells where {len(header)} are expected")
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    try:
        for name, value in values.items():
            _check_cell(name, value)
        return parse(line, values)
    except Fault as fault:
        return BadRow(path.name, line, fault.column, fault.reason)


def _check_cell(column: str, value: str) -> None:
    if any("\udc80" <= character <= "\udcff" for character in value):
        raise Fault(column, "not UTF-8 text")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in value):
        raise Fault(column, "a control character or a line break")
    # A spreadsheet that opens an export of ours would run it. Phone numbers begin with a plus by right.
    if value.startswith(_FORMULA) and column != "phone":
        raise Fault(column, f"begins with {value[0]}, as a spreadsheet formula does")
