"""The post of a web process: what is due in the outbox goes out at once, many conversations side by side."""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
import structlog

from bot.channels import outbox, senders
from bot.conversations.signals import ANY, Bell, Signals
from bot.db import Database

THREADS = 8
LOOK_EVERY_S = 1.0
LAST_POST_S = 8.0

log = structlog.get_logger()


class Post:
    """Looks into the outbox whenever something rings in this process, and every second for what others wrote.

    Calls of a provider run in threads of their own: when it is slow, neither the chat nor the pay page is.
    """

    def __init__(self, db: Database, signals: Signals) -> None:
        self._db = db
        self._signals = signals
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="post")
        self._lines: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._again: set[uuid.UUID] = set()
        self._bell: Bell | None = None

    async def run(self) -> None:
        """Post until cancelled."""
        with self._signals.listen(ANY) as bell:
            self._bell = bell
            while True:
                try:
                    await self._look()
                except sa.exc.SQLAlchemyError as error:
                    log.warning("post_waits", error=type(error).__name__)
                await bell.wait(LOOK_EVERY_S)

    async def close(self) -> None:
        """Let the calls under way end. What is unsent is sent by whoever comes next."""
        if self._lines:
            await asyncio.wait(self._lines.values(), timeout=LAST_POST_S)
        self._threads.shutdown(wait=False, cancel_futures=True)
        senders.close()

    async def _look(self) -> None:
        for line in await asyncio.to_thread(outbox.due, self._db):
            key = line.conversation_id or line.delivery_id
            if key in self._lines:
                self._again.add(key)
            else:
                self._lines[key] = asyncio.create_task(self._send(key, line))

    async def _send(self, key: uuid.UUID, line: outbox.Line) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, outbox.post, self._db, line)
        except sa.exc.SQLAlchemyError as error:
            log.warning("post_waits", error=type(error).__name__)
        except Exception as error:
            log.error("post_broke_off", error=type(error).__name__)
        finally:
            del self._lines[key]
            if key in self._again and self._bell is not None:  # more was written as the last piece went out
                self._again.discard(key)
                self._bell.ring()
