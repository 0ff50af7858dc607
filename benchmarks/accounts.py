"""Made-up accounts for the measurements: customers with three invoices each, as an operator's export has them."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.billing.importing.import_rows import CUSTOMER_COLUMNS, INVOICE_COLUMNS

INVOICES_EACH = 3
KEPT_IN = (
    ("en-US", "America/New_York", "US", "USD"),
    ("en-US", "America/Chicago", "US", "USD"),
    ("es-MX", "America/Los_Angeles", "US", "USD"),
    ("en-GB", "Europe/London", "GB", "GBP"),
    ("pt-BR", "America/Sao_Paulo", "BR", "BRL"),
)
GIVEN, FAMILY = ("Robin", "Sam", "Alex", "Kim", "Dana", "Noor"), ("Park", "Lane", "Field", "Brook", "Hill", "Wood")
GOODS = ("Chair", "Table and two chairs", "Lamp", "Bookshelf, oak", "Mattress")
FIRST_DAY = dt.date(2025, 1, 1)


def write(folder: Path, customers: int) -> tuple[Path, Path]:
    """`customers.csv` with that many rows and `invoices.csv` with three times as many, the same ones each time."""
    return (
        _write(folder / "customers.csv", CUSTOMER_COLUMNS, customers, _customer),
        _write(folder / "invoices.csv", INVOICE_COLUMNS, customers, _invoices),
    )


def _write(
    path: Path,
    columns: tuple[str, ...],
    customers: int,
    rows: Callable[[int, random.Random], Iterator[tuple[object, ...]]],
) -> Path:
    dice = random.Random(20260302)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns)
        for number in range(customers):
            out.writerows(rows(number, dice))
    return path


def _customer(number: int, dice: random.Random) -> Iterator[tuple[object, ...]]:
    language, zone, country, currency = KEPT_IN[number % len(KEPT_IN)]
    born = dt.date(1940, 1, 1) + dt.timedelta(days=dice.randrange(23_000))
    since = dt.date(2005, 1, 1) + dt.timedelta(days=dice.randrange(7_000))
    yield (
        f"BM-{number:07d}",
        f"{dice.choice(GIVEN)} {dice.choice(FAMILY)}",
        f"customer{number}@example.com" if dice.random() < 0.9 else "",
        _phone(number, country) if dice.random() < 0.95 else "",
        f"{dice.randrange(10_000, 99_999)}",
        born.isoformat(),
        language,
        zone,
        country,
        currency,
        since.isoformat(),
    )


def _phone(number: int, country: str) -> str:
    # Fictional exchanges; as many written in a national form as exports have them.
    if country == "GB":
        return f"+447700{number % 1_000_000:06d}"
    if country == "BR":
        return f"+551195{number % 10_000_000:07d}"
    area, line = 201 + number // 10_000 % 700, number % 10_000
    return f"({area}) 555-{line:04d}" if number % 4 == 0 else f"+1{area}555{line:04d}"


def _invoices(number: int, dice: random.Random) -> Iterator[tuple[object, ...]]:
    currency = KEPT_IN[number % len(KEPT_IN)][3]
    for part in range(INVOICES_EACH):
        issued = FIRST_DAY + dt.timedelta(days=dice.randrange(365))
        minor = dice.randrange(500, 90_000)
        paid = dice.choice((0, 0, 0, minor, minor // 2))
        yield (
            f"BM-{number:07d}",
            f"INV-{number:07d}-{part + 1}",
            dice.choice(GOODS),
            issued.isoformat(),
            (issued + dt.timedelta(days=30)).isoformat(),
            f"{minor / 100:.2f}",
            currency,
            f"{paid / 100:.2f}",
            "true" if dice.random() < 0.01 else "false",
        )
