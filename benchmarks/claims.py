"""Fifty agents at once take whoever waits at the top of the queue, until nobody waits: each has exactly one of them."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from benchmarks import crowd
from benchmarks.visits import Times, browser, web
from bot.db import Database
from bot.models import Conversation, HandoffEvent, HandoffEventKind

AGENTS = 50
AT_THE_TOP = 25  # of so many an agent takes one, as people do who see the same list
BARE_CLAIM = "UPDATE conversations SET holder = 'agent' WHERE id = :id AND holder = 'queue'"


class Queue:
    """What all agents see: who waits, as far as they have heard."""

    def __init__(self, waiting: Sequence[uuid.UUID]) -> None:
        self.won: Counter[uuid.UUID] = Counter()
        self.taken: list[float] = []
        self._waiting = list(waiting)
        self._lock = threading.Lock()

    def pick(self, dice: random.Random) -> uuid.UUID | None:
        """One near the top, or None when nobody waits."""
        with self._lock:
            top = self._waiting[:AT_THE_TOP]
        return dice.choice(top) if top else None

    def heard(self, conversation_id: uuid.UUID, *, won: bool, milliseconds: float) -> None:
        """Somebody has it now."""
        with self._lock:
            self.taken.append(milliseconds)
            self.won[conversation_id] += won
            if conversation_id in self._waiting:
                self._waiting.remove(conversation_id)


def race(ours: Database, bare: Database, whose: list[uuid.UUID], count: int, port: int) -> str:
    """A row of the table: tries, times, double and lost claims, claims and answers a second, and bare updates a second
    by as many connections on a database beside it. Raises `RuntimeError` for an answer that is neither yes nor no."""
    waiting, seats = crowd.waiting(ours, whose, count), crowd.agents(ours, AGENTS)
    queue = Queue(waiting)
    with web(ours, port):
        seconds = _at_once([partial(_agent, queue, port, seat, number) for number, seat in enumerate(seats)])
    twice = sum(times > 1 for times in queue.won.values()) + _claimed_twice(ours)
    never = count - _held(ours)
    crowd.waiting(bare, [], count)
    with bare.reading() as session:
        ids = [row[0] for row in session.execute(sa.text("SELECT id FROM conversations"))]
    alone = _at_once([partial(_updates, bare, ids[number::AGENTS]) for number in range(AGENTS)])
    times, answers, updates = Times(queue.taken), len(queue.taken) / seconds, count / alone
    return (
        f"{count:,} | {len(queue.taken):,} | {times.p50:.0f} | {times.p95:.0f} | {twice} | {never} "
        f"| {count / seconds:.0f} | {answers:.0f} | {updates:.0f} | {answers / updates:.2f} x"
    )


def query(db: Database, statement: str, **parameters: Any) -> None:
    """The rows of a bare statement, all of them fetched."""
    with db.reading() as session:
        session.execute(sa.text(statement), parameters).all()


def _agent(queue: Queue, port: int, seat: tuple[str, str], number: int) -> None:
    dice = random.Random(number)
    with browser(port, seat) as http:
        while (chosen := queue.pick(dice)) is not None:
            began = time.perf_counter()
            answer = http.post(f"/api/desk/conversations/{chosen}/claim", json={"anyway": True})
            took = (time.perf_counter() - began) * 1000
            if answer.status_code not in (200, 409):
                raise RuntimeError(answer.text)
            queue.heard(chosen, won=answer.status_code == 200, milliseconds=took)


def _updates(db: Database, ids: Sequence[Any]) -> None:
    for each in ids:
        with db.transaction() as session:
            session.execute(sa.text(BARE_CLAIM), {"id": each})


def _at_once(doers: Sequence[Callable[[], None]]) -> float:
    """All of them at the same moment, each in a thread of its own; seconds until the last is done."""
    failed: list[BaseException] = []

    def watched(do: Callable[[], None]) -> None:
        try:
            do()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=watched, args=(do,)) for do in doers]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return time.perf_counter() - began


def _claimed_twice(db: Database) -> int:
    claims = (
        sa.select(HandoffEvent.handoff_id)
        .where(HandoffEvent.kind == HandoffEventKind.CLAIMED)
        .group_by(HandoffEvent.handoff_id)
        .having(sa.func.count() > 1)
    )
    with db.reading() as session:
        return len(session.execute(claims).all())


def _held(db: Database) -> int:
    with db.reading() as session:
        query = sa.select(sa.func.count()).where(Conversation.agent_id.is_not(None))
        return session.scalar(query.select_from(Conversation)) or 0
