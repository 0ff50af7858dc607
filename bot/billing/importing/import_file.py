"""An import file: CSV read in chunks, every fault named by line, column and reason (design section 8, Import)."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from bot.errors import InvalidInput

R = TypeVar("R")

CHUNK = 500

_FORMULA = frozenset("=+-@")


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
) -> Generator[tuple[list[R | BadRow], int], None, None]:
    """The rows of the CSV file at `path` in chunks, each row parsed or what is wrong with it; with the bytes read.

    UTF-8 with or without a byte order mark, any line ending; empty lines are passed over; the columns in any order.
    Raises `InvalidInput` when the file cannot be read or its header is not as expected.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    # Bytes that are not UTF-8 come through as surrogates, so that their row can be named.
    with raw, io.TextIOWrapper(raw, "utf-8-sig", "surrogateescape", newline="\n") as lines:
        chunk: list[R | BadRow] = []
        for row in _rows(path, lines, columns, parse):
            if len(chunk) == CHUNK:
                yield chunk, raw.tell()
                chunk = []
            chunk.append(row)
        yield chunk, raw.tell()


def _rows(
    path: Path, lines: Iterator[str], columns: tuple[str, ...], parse: Callable[[int, dict[str, str]], R]
) -> Iterator[R | BadRow]:
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
            yield BadRow(path.name, line, "row", f"not readable as CSV: {error}")
            return
        if cells:
            yield _parsed(path, line, header, cells, parse)


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
    values = dict(zip(header, map(str.strip, cells), strict=True))
    try:
        for name, value in values.items():
            if not value.isprintable():
                _check_characters(name, value)
            # A spreadsheet that opens an export of ours would run it. Phone numbers begin with a plus by right.
            if value[:1] in _FORMULA and name != "phone":
                raise Fault(name, f"begins with {value[0]}, as a spreadsheet formula does")
        return parse(line, values)
    except Fault as fault:
        return BadRow(path.name, line, fault.column, fault.reason)


def _check_characters(column: str, value: str) -> None:
    if any("\udc80" <= character <= "\udcff" for character in value):
        raise Fault(column, "not UTF-8 text")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in value):
        raise Fault(column, "a control character or a line break")
