"""What the web process holds while it runs: the database, the voice, the bells, the post, and the turns under way."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.channels.post import Post
from bot.conversations import turns
from bot.conversations.dialogue import Dialogue
from bot.conversations.signals import Signals
from bot.db import Database
from bot.errors import TooMany

T = TypeVar("T")

THREADS = 16
OUTSIDE_THREADS = 8
RECOVER_EVERY_S = 2.0
SESSIONS_PER_MINUTE = 240
LAST_TURNS_S = 8.0

log = structlog.get_logger()


class RateLimit:
    """At most `most` of something in a minute for one address, counted in this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: dict[str, deque[float]] = {}

    def count(self, address: str) -> None:
        """Count one. Raises `TooMany`."""
        now = time.monotonic()
        if len(self._times) > 10_000:
            self._times = {key: times for key, times in self._times.items() if times and times[-1] > now - 60}
        times = self._times.setdefault(address, deque())
        while times and times[0] <= now - 60:
            times.popleft()
        if len(times) >= self._most:
            raise TooMany("Too many chats were opened from here. Please wait a minute.", retry_after=60)
        times.append(now)


class FrontDoor:
    """One a web process. Database work runs in threads; turns run as tasks, each under its lease."""

    def __init__(self, db: Database, dialogue: Dialogue) -> None:
        self.db = db
        self.dialogue = dialogue
        self.signals = Signals(db)
        self.post = Post(db, self.signals)
        self.new_sessions = RateLimit(SESSIONS_PER_MINUTE)
        self.closing = False
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="front-door")
        self._outside = ThreadPoolExecutor(OUTSIDE_THREADS, thread_name_prefix="outside")
        self._turns: set[asyncio.Task[None]] = set()
        self._watchers: list[asyncio.Task[None]] = []

    async def outside(self, call: Callable[..., T], *given: Any) -> T:
        """A call of an outside service, in threads of its own: when it is slow, the chat is not."""
        return await asyncio.get_running_loop().run_in_executor(self._outside, call, *given)

    async def in_transaction(self, work: Callable[[Session], T]) -> T:
        """`work` in a transaction of its own, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.db.in_transaction, work)

    async def in_reading(self, work: Callable[[Session], T]) -> T:
        """`work` with a session for looking only.

        On SQLite it runs here: in WAL mode a reader waits for nobody, and a change of threads costs more than the look.
        """
        if self.db.sqlite:
            return self.db.in_reading(work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.db.in_reading, work)

    def begin_turn(self, begun: turns.Begun) -> None:
        """Let the bot answer, in the background."""
        turn = asyncio.create_task(turns.answer(self.db, self.dialogue, self.signals, begun))
        self._turns.add(turn)
        turn.add_done_callback(self._ended)

    def start(self) -> None:
        """Begin to watch for other processes' changes and for unfinished turns."""
        asyncio.get_running_loop().set_default_executor(self._threads)
        self._watchers = [asyncio.create_task(self.signals.watch()), asyncio.create_task(self._recover())]
        self._watchers.append(asyncio.create_task(self.post.run()))

    async def close(self) -> None:
        """Let the turns under way finish, then stop. What is unfinished is recovered by whoever comes next."""
        self.closing = True
        for watcher in self._watchers:
            watcher.cancel()
        if self._turns:
            await asyncio.wait(self._turns, timeout=LAST_TURNS_S)
        await self.post.close()
        await self.dialogue.aclose()
        for threads in (self._outside, self._threads):
            threads.shutdown(wait=False, cancel_futures=True)

    async def _recover(self) -> None:
        while True:
            await asyncio.sleep(RECOVER_EVERY_S)
            try:
                await turns.recover(self.db, self.dialogue, self.signals)
            except sa.exc.SQLAlchemyError as error:
                log.warning("recovery_waits", error=type(error).__name__)

    def _ended(self, turn: asyncio.Task[None]) -> None:
        self._turns.discard(turn)
        if not turn.cancelled() and (error := turn.exception()) is not None:
            log.error("turn_broke_off", error=type(error).__name__)
