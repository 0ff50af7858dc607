"""`make bench`: the tables of the README's performance section."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp

from benchmarks import desk, phones, scale
from benchmarks.machine import machine
from benchmarks.outreach_year.__main__ import main as year
from benchmarks.product import Product, rasa_alone, running
from benchmarks.turns import PLAIN, WITH_ACTION, growth, measure, open_talks

TURNS = {1: 200, 4: 400, 16: 960}
YEAR = 300  # customers of the simulated year


def main() -> None:
    """Start the product, measure, print."""
    print(f"{machine()}; every write durable; one run")
    commit = _durable_commit()
    print(f"A bare durable SQLite commit on this disk: {commit:.2f} ms (the floor under every turn)")
    alone = rasa_alone()
    with running() as product:
        at_start = product.memory()
        asyncio.run(_turns(product))
        _processes(product, at_start, alone)
    desk.main()
    year(YEAR)
    scale.main()


async def _turns(product: Product) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as http:
        talks = await open_talks(product, http)
        for text in (PLAIN, WITH_ACTION):  # warm, and unmeasured
            await measure(talks, text, 320)
        print("\n| customers at once | turn | p50 ms | p95 ms | turns/s | Rasa alone: p50 ms, turns/s | ratio of p50 |")
        print("|---|---|---|---|---|---|---|")
        for text, name in ((PLAIN, "no action"), (WITH_ACTION, "action")):
            for count, turns in TURNS.items():
                peer = await measure(talks[:count], text, turns, bare=True)
                ours = await measure(talks[:count], text, turns)
                print(
                    f"| {count} | {name} | {ours.p50:.1f} | {ours.p95:.1f} | {ours.per_second:.0f} "
                    f"| {peer.p50:.1f}, {peer.per_second:.0f} | {ours.p50 / peer.p50:.2f} x |"
                )
        blocks = await growth(product, http)
        await phones.tables(product, http, talks)
    print("\n| turns of one conversation | p50 ms of the last twenty | a fresh conversation beside it | ratio |")
    print("|---|---|---|---|")
    for mark, (long, fresh) in blocks.items():
        print(f"| {mark} | {long:.1f} | {fresh:.1f} | {long / fresh:.2f} x |")


def _processes(product: Product, at_start: dict[str, float], alone: float) -> None:
    after = product.memory()
    print(f"\nRasa started alone answers after {alone:.1f} s. All five processes started at once, on these cores:")
    print("\n| process | start to first answer, s | memory at start, MiB | after the load, MiB |")
    print("|---|---|---|---|")
    for name in ("rasa", "web", "actions", "worker"):
        start = f"{product.started[name]:.1f}" if name in product.started else "-"
        print(f"| {name} | {start} | {at_start.get(name, 0):.0f} | {after.get(name, 0):.0f} |")
    print(f"| all | {product.started['everything']:.1f} | {sum(at_start.values()):.0f} | {sum(after.values()):.0f} |")


def _durable_commit() -> float:
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE floor (id INTEGER PRIMARY KEY, text TEXT)")
        times = []
        for _ in range(500):
            began = time.perf_counter()
            db.execute("INSERT INTO floor (text) VALUES (?)", ("x" * 200,))
            times.append((time.perf_counter() - began) * 1000)
        db.close()
    return statistics.median(times)


if __name__ == "__main__":
    main()
