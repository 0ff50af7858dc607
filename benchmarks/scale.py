"""What a large business's accounts take: import, one balance, the day's sweeps, the trial balance (issue 3, 5).

`python -m benchmarks.scale [--scale 0.05]`; the whole of it by default, or `GT_BENCH_SCALE`. It needs no Rasa.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import accounts, databases, due, imports, ledgers
from benchmarks.imports import Imported
from benchmarks.ledgers import Times
from benchmarks.machine import machine
from bot.db import Database

CUSTOMERS, PLANS, POSTINGS = 1_000_000, 100_000, 10_000_000
BARE = {"PostgreSQL": "COPY", "SQLite": "executemany"}


def main(scale: float | None = None) -> None:
    """Measure on PostgreSQL and on SQLite, one after the other, and print a table; progress goes to stderr."""
    scale = float(os.environ.get("GT_BENCH_SCALE") or 1) if scale is None else scale
    for name in ("GT_SECRET_KEY", "GT_RASA_TOKEN"):
        os.environ.setdefault(name, "only-for-the-benchmark-only-for-the-benchmark")
    size = Size(*(int(number * scale) for number in (CUSTOMERS, PLANS, POSTINGS)))
    with databases.folder() as place:
        _say(f"{size.customers:,} customers and their invoices are made up")
        files = accounts.write(place, size.customers)
        print(f"\n{machine()}; {size.customers:,} customers, {size.invoices:,} invoices; every write durable")
        print("\n| database | what | ours | bare, in the same run | ratio |\n|---|---|---|---|---|")
        for kind in databases.KINDS:
            with databases.two(kind, place) as (ours, bare):
                name = f"{kind} {databases.version(ours)}"
                for row in _rows(kind, ours, bare, files, size):
                    print(f"| {name} | {row} |", flush=True)


@dataclass(frozen=True)
class Size:
    """How many of each."""

    customers: int
    plans: int
    postings: int

    @property
    def invoices(self) -> int:
        """Of all customers."""
        return self.customers * accounts.INVOICES_EACH


def _rows(kind: str, ours: Database, bare: Database, files: tuple[Path, Path], size: Size) -> Iterator[str]:
    imported = imports.measure(ours, bare, dict(zip(("customers", "invoices"), files, strict=True)), _say)
    of_all = Imported(sum(each.seconds for each in imported.values()), sum(each.bare for each in imported.values()))
    rows = {"customers": size.customers, "invoices": size.invoices, "both": size.customers + size.invoices}
    for name, each in {**imported, "both": of_all}.items():
        count = rows[name]
        speeds = (f"{count / seconds:,.0f} rows/s" for seconds in (each.seconds, each.bare))
        yield f"import, {name} | {' | '.join(speeds)} by {BARE[kind]} | {each.ratio:.2f} x"
    _say("balances of random customers are looked up")
    yield _lookups(ledgers.standings(ours))
    _say(f"{size.plans:,} plans are made")
    plans = due.make(ours, size.plans)
    for sweep in due.sweeps(ours):
        what = f"{sweep.found:,} of {plans:,} plans: {sweep.ours:.2f} s"
        yield f"{sweep.name} | {what} | {sweep.bare * 1000:.1f} ms for the query alone | -"
    ledgers.fill(ours, size.postings, _say)
    _say("the trial balance is drawn")
    times, count = ledgers.trials(ours)
    drawn, summed = (f"{median / 1000:.2f} s" for median in times.medians)
    yield f"trial balance, {count:,} postings | {drawn} | {summed} for sum(amount) | {times.ratio:.2f} x"


def _lookups(times: Times) -> str:
    ours, bare = ((statistics.median(each), statistics.quantiles(each, n=20)[-1]) for each in (times.ours, times.bare))
    sides = (f"p50 {p50:.2f} ms, p95 {p95:.2f} ms" for p50, p95 in (ours, bare))
    return f"balance of a random customer | {' | '.join(sides)} for the sums alone | {times.ratio:.2f} x"


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--scale", type=float, help="a part of the full size, such as 0.05")
    main(asked.parse_args().scale)
