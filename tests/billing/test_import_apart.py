"""Reading an import file in a process of its own: the same rows, the same faults, and nothing taken when it dies."""

from __future__ import annotations

import datetime as dt
import multiprocessing
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.billing.importing import import_apart, import_files, import_rows, import_seen
from bot.billing.importing.import_apart import ReaderDied
from bot.db import Database
from bot.errors import InvalidInput
from bot.models import Customer
from tests.conftest import SetClock

ANN = "Ann Lee,ann@example.com,+12125550001,10001,1980-02-03,en-US,America/New_York,US,USD,2020-01-01"
INVOICE = "A-1,B-1,Chair,{},2026-04-01,100.00,USD,,no"

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def every_file_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_apart, "LONG", 0)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file with these columns and lines."""

    def _write(columns: tuple[str, ...], *lines: str) -> Path:
        path = tmp_path / "file.csv"
        path.write_text("\n".join([",".join(columns), *lines, ""]))
        return path

    return _write


def customers(count: int) -> list[str]:
    return [f"A-{number},{ANN}" for number in range(count)]


def test_a_file_that_is_read_apart_says_the_same(write: Write, clock: SetClock) -> None:
    clock.set(dt.datetime(2026, 3, 2, 15, tzinfo=dt.UTC))
    lines = customers(1200)
    lines[700] = lines[3]
    lines[701] = lines[3].replace("Ann", "Anne")
    lines[702] = "A-702,too,short"
    lines[1100] = lines[1100].replace("1980-02-03", "2026-03-04")  # ahead by our clock, whatever the machine's says
    lines.append('A-9,"never closed')
    how = (write(import_rows.CUSTOMER_COLUMNS, *lines), import_rows.CUSTOMER_COLUMNS, import_rows.customer_row)
    apart = list(import_apart.read(*how))
    assert apart == list(import_seen.read(*how))
    assert [len(chunk.rows) for chunk in apart] == [500, 497, 199]
    assert [chunk.repeated for chunk in apart] == [0, 1, 0]
    assert [(bad.line, bad.column) for chunk in apart for bad in chunk.bad] == [
        (704, "row"), (703, "row"), (1102, "birth_date"), (1202, "row"),
    ]  # fmt: skip


def test_relative_days_reach_the_reader_too_and_are_told_apart(write: Write, clock: SetClock) -> None:
    parse = partial(import_rows.invoice_row, demo=True)
    path = write(import_rows.INVOICE_COLUMNS, INVOICE.format("today-1"), INVOICE.format("today-2"))
    ((rows, bad, repeated, _),) = import_apart.read(path, import_rows.INVOICE_COLUMNS, parse)
    assert ([row.issued_on.relative for row in rows], repeated) == (["-1"], 0)
    assert [each.reason for each in bad] == ["line 2 says otherwise about the same"]


def test_another_header_is_refused_with_the_same_sentence(write: Write) -> None:
    path = write(("account_number", "iban"), *customers(1))
    how = (path, import_rows.CUSTOMER_COLUMNS, import_rows.customer_row)
    with pytest.raises(InvalidInput) as here:
        list(import_seen.read(*how))
    with pytest.raises(InvalidInput) as apart:
        list(import_apart.read(*how))
    assert apart.value.message == here.value.message


def test_nothing_is_taken_when_the_reader_dies(sqlite_db: Database, write: Write) -> None:
    path = write(import_rows.CUSTOMER_COLUMNS, *customers(5000))

    def kill(*_: object) -> None:
        for reader in multiprocessing.active_children():
            reader.kill()

    with pytest.raises(ReaderDied, match=r"file\.csv was not read to its end"):
        import_files(sqlite_db, path, None, progress=kill)
    with sqlite_db.reading() as session:
        assert session.scalars(sa.select(Customer.id)).first() is None
    assert multiprocessing.active_children() == []


def test_an_import_that_fails_leaves_no_reader_behind(write: Write) -> None:
    path = write(import_rows.CUSTOMER_COLUMNS, *customers(5000))
    chunks = import_apart.read(path, import_rows.CUSTOMER_COLUMNS, import_rows.customer_row)
    next(chunks)
    assert len(multiprocessing.active_children()) == 1
    chunks.close()
    assert multiprocessing.active_children() == []
