"""What the desk takes when much is on it: the queue, a long talk, the search, fifty agents at once (issue 6).

`python -m benchmarks.desk [--scale 0.05]`; the whole of it by default, or `GT_BENCH_SCALE`. It needs no Rasa.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks import claims, crowd, databases
from benchmarks.machine import machine
from benchmarks.visits import Times, browser, free_port, searched, timed, visits, web
from bot.db import Database
from bot.models import Role
from bot.settings import settings

WAITING, LONG, MESSAGES, CLAIMS, CUSTOMERS = 10_000, 2_000, 1_000_000, 1_000, 10_000
PAGE_MS, PAGE_KB, SEARCH_MS = 150, 60, 200
BARE_QUEUE = (
    "SELECT c.id, c.channel, c.waiting_since, h.reason, h.priority FROM conversations c "
    "JOIN handoffs h ON h.id = c.handoff_id WHERE c.holder = 'queue' "
    "ORDER BY h.priority, c.waiting_since, c.id LIMIT 50"
)
BARE_TALK = "SELECT * FROM messages WHERE conversation_id = :id ORDER BY seq"
BARE_SEARCH = "SELECT id, text FROM messages WHERE text ILIKE :pattern ORDER BY id DESC LIMIT 60"
SOUGHT = {
    "a word of every second message": crowd.OFTEN,
    "a word of one in a hundred": crowd.SOMETIMES,
    "a word of one in a hundred thousand": crowd.SELDOM,
    "three words": f"{crowd.OFTEN} {crowd.SOMETIMES} {crowd.VOCABULARY[0]}",
    "a name": "Robin Park",
    "an account number": "BM-0000042",
    "a word that nobody said": "xylophone",
}


def main(scale: float | None = None) -> None:
    """Measure on PostgreSQL and on SQLite, one after the other, and print two tables; progress goes to stderr."""
    scale = float(os.environ.get("GT_BENCH_SCALE") or 1) if scale is None else scale
    size, port = Size.scaled(scale), free_port()
    os.environ["GT_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    for name in ("GT_SECRET_KEY", "GT_RASA_TOKEN"):
        os.environ.setdefault(name, "only-for-the-benchmark-only-for-the-benchmark")
    settings.cache_clear()
    print(f"\n{machine()}; one web process; every write durable")
    print("\n| database | what | p50 ms | p95 ms | goal ms | KB | goal KB | bare query, p50 ms | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    raced = []
    with databases.folder() as place:
        for kind in databases.KINDS:
            with databases.two(kind, place) as (ours, bare):
                name = f"{kind} {databases.version(ours)}"
                whose = crowd.customers(ours, place, size.customers)
                _say(f"{claims.AGENTS} agents claim from {size.claims:,} who wait")
                raced.append(f"| {name} | {claims.race(ours, bare, whose, size.claims, port)} |")
                for row in _rows(ours, whose, size, port):
                    print(f"| {name} | {row} |", flush=True)
    print(f"\n{claims.AGENTS} agents at once take whoever waits at the top of the queue:")
    print("\n| database | waiting | tries | p50 ms | p95 ms | twice | never | claims/s | answers/s |", end="")
    print(" bare updates/s | ratio |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    print("\n".join(raced), flush=True)


@dataclass(frozen=True)
class Size:
    """How many of each."""

    waiting: int
    long: int
    messages: int
    claims: int
    customers: int

    @classmethod
    def scaled(cls, scale: float) -> Size:
        """A part of the full size, and never too little to say anything."""
        whole = (WAITING, LONG, MESSAGES, CLAIMS, CUSTOMERS)
        return cls(*(max(int(number * scale), claims.AGENTS) for number in whole))


def _rows(db: Database, whose: list[uuid.UUID], size: Size, port: int) -> Iterator[str]:
    _say(f"{size.waiting:,} wait")
    waiting = crowd.waiting(db, whose, size.waiting)
    crowd.long_talk(db, waiting[-1], size.long)
    talk, key = f"conversations/{waiting[-1]}", waiting[-1].hex if db.sqlite else waiting[-1]
    [agent], [supervisor] = crowd.agents(db, 1, Role.SPECIALIST), crowd.agents(db, 1, Role.SUPERVISOR)
    with web(db, port), browser(port, agent) as http, browser(port, supervisor) as all_seeing:
        bare = timed(partial(claims.query, db, BARE_QUEUE))
        page = visits(http, "/desk", "/api/desk/queue")
        yield _row(f"queue page and lists, {size.waiting:,} waiting", page, PAGE_MS, bare, PAGE_KB)
        bare = timed(partial(claims.query, db, BARE_TALK, id=key))
        page = visits(http, f"/desk/{talk}", f"/api/desk/{talk}")
        yield _row(f"thread page and talk, {size.long:,} messages", page, PAGE_MS, bare)
        if db.sqlite:
            return
        crowd.talks(db, whose, size.messages, _say)
        for what, words in SOUGHT.items():
            _say(f"search: {what}")
            bare = timed(partial(claims.query, db, BARE_SEARCH, pattern=f"%{words}%"), 3)
            found = timed(partial(searched, all_seeing, words))
            yield _row(f"search in {size.messages:,} messages, {what}", found, SEARCH_MS, bare)


def _row(what: str, ours: Times, goal_ms: int, bare: Times, goal_kb: int | None = None) -> str:
    size = f"{ours.bytes / 1000:.0f} | {goal_kb or '-'}" if ours.bytes else "- | -"
    times = f"{ours.p50:.1f} | {ours.p95:.1f} | {goal_ms}"
    return f"{what} | {times} | {size} | {bare.p50:.1f} | {ours.p50 / bare.p50:.1f} x"


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--scale", type=float, help="a part of the full size, such as 0.05")
    main(asked.parse_args().scale)
