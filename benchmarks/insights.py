"""What the numbers of a large desk take: a million messages in a hundred thousand conversations.

`python -m benchmarks.insights [--scale 0.05]`; on PostgreSQL and on SQLite. It needs no Rasa.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator

from benchmarks import databases
from benchmarks.machine import machine
from bot import clock
from bot.billing import bulk
from bot.db import Base, Database
from bot.desk.insights import overview
from bot.desk.insights.filters import Filters
from bot.desk.insights.listing import Cut, page
from bot.desk.insights.topics import TOPICS
from bot.models import Conversation, Handoff, HandoffEvent, Message

NOW = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
CONVERSATIONS, EACH, DAYS = 100_000, 10, 365
AT_ONCE = 5_000
REPETITIONS = 3
INTENTS = ("make_payment", "check_balance", "request_plan", "nlu_fallback", "thank")
PERIODS = {"four weeks": "2026-02-03", "a year": "2025-03-03"}

COLUMNS: dict[type[Base], tuple[str, ...]] = {
    Conversation: (
        "id", "channel", "locale", "holder", "wrote_at", "last_seq", "last_message_at", "failures", "dialogue_reset",
        "created_at",
    ),
    Message: (
        "id", "conversation_id", "seq", "author", "text", "intent", "confidence", "hidden", "pending", "created_at",
    ),
    Handoff: ("id", "conversation_id", "reason", "skill", "priority", "summary", "created_at"),
    HandoffEvent: ("id", "handoff_id", "kind", "actor", "at"),
}  # fmt: skip


def main(scale: float | None = None) -> None:
    """Fill both databases, measure, print a table; progress goes to stderr."""
    scale = float(os.environ.get("GT_BENCH_SCALE") or 1) if scale is None else scale
    for name in ("GT_SECRET_KEY", "GT_RASA_TOKEN"):
        os.environ.setdefault(name, "only-for-the-benchmark-only-for-the-benchmark")
    conversations = int(CONVERSATIONS * scale)
    print(f"\n{machine()}; {conversations * EACH:,} messages in {conversations:,} conversations over a year")
    print("\n| database | what | four weeks | a year |\n|---|---|---|---|")
    clock.use(lambda: NOW)
    with databases.folder() as place:
        for kind in databases.KINDS:
            with databases.two(kind, place) as (db, _):
                fill(db, conversations)
                name = f"{kind} {databases.version(db)}"
                for what, times in _measured(db):
                    print(f"| {name} | {what} | {' | '.join(f'{seconds:.2f} s' for seconds in times)} |", flush=True)
    clock.use(None)


def fill(db: Database, conversations: int) -> None:
    """So many conversations with ten messages each, half of them customers'; one of ten with a hand-over."""
    dice = random.Random(20260302)
    for first in range(0, conversations, AT_ONCE):
        rows: dict[type[Base], list[bulk.Values]] = {kind: [] for kind in COLUMNS}
        for _ in range(min(AT_ONCE, conversations - first)):
            _talks(rows, dice)
        with db.transaction() as session:
            for kind, values in rows.items():
                bulk.insert(session, kind, COLUMNS[kind], values)
        _say(f"{first + len(rows[Conversation]):,} conversations")
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _talks(rows: dict[type[Base], list[bulk.Values]], dice: random.Random) -> None:
    here, at = bulk.new_id(), NOW - dt.timedelta(minutes=dice.randrange(DAYS * 24 * 60))
    began, wrote = at, at
    channel, locale = dice.choice(("web", "web", "sms")), dice.choice(("en-US", "en-US", "es-MX", "pt-BR"))
    for seq in range(1, EACH + 1):
        theirs = seq % 2 == 1
        at = min(at + dt.timedelta(minutes=dice.choice((1, 1, 2, 3, 2_000)) if theirs else 1), NOW)
        wrote = at if theirs else wrote
        heard = (dice.choice(INTENTS), dice.random()) if theirs else (None, None)
        author = "customer" if theirs else "bot"
        rows[Message].append((bulk.new_id(), here, seq, author, "words " * 8, *heard, False, False, at))
    rows[Conversation].append((here, channel, locale, "bot", wrote, EACH, at, 0, False, began))
    if dice.random() < 0.1:
        asked, handoff = min(began + dt.timedelta(minutes=5), NOW), bulk.new_id()
        rows[Handoff].append((handoff, here, "request_human", "general", 5, "{}", asked))
        for kind, minutes in (("requested", 0), ("claimed", 3), ("closed", 30)):
            event = (bulk.new_id(), handoff, kind, "bot", asked + dt.timedelta(minutes=minutes))
            rows[HandoffEvent].append(event)


def _measured(db: Database) -> Iterator[tuple[str, list[float]]]:
    chosen = [Filters.read({"from": first, "to": "2026-03-02"}) for first in PERIODS.values()]
    yield "the whole page", [_seconds(db, lambda s, each=each: overview.overview(s, each)) for each in chosen]
    for name in ("talks", "answers", "understanding"):
        yield (
            f"{TOPICS[name].title.lower()}, by part",
            [
                _seconds(db, lambda s, each=each, name=name: TOPICS[name].facts(s, each).cells(s, "part"))
                for each in chosen
            ],
        )
    cuts = [Cut("talks", TOPICS["talks"], each, ("payment", "plan", "answer"), None) for each in chosen]
    yield "fifty talks behind a number", [_seconds(db, lambda s, cut=cut: page(s, cut, 1)) for cut in cuts]


def _seconds(db: Database, look: object) -> float:
    times = []
    for _ in range(REPETITIONS):
        with db.reading() as session:
            began = time.perf_counter()
            look(session)  # type: ignore[operator]
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--scale", type=float, help="a part of the full size, such as 0.05")
    main(asked.parse_args().scale)
