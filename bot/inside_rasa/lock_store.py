"""One turn at a time for a conversation that several Rasa processes serve, by a lock in Redis."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import asynccontextmanager
from typing import AsyncGenerator

import redis.asyncio
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LockError, LockStore

LIFETIME_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 20.0
POLL_SECONDS = 0.02
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class RedisLocks(LockStore):
    """Rasa's own lock in Redis reads, changes and writes a list of tickets in three steps: two processes that do so at
    once lose tickets and wait for ever. This one is a single `SET NX` with an expiry, given back only by its holder.

    A process that dies holds its lock until it expires; should a turn outlast it, the tracker store refuses whichever
    of the two turns is saved second.
    """

    def __init__(self, url: str) -> None:
        """Takes the address of Redis; nothing is connected yet."""
        super().__init__()
        self._redis: redis.asyncio.Redis = redis.asyncio.Redis.from_url(url)

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LIFETIME_SECONDS,
        wait_time_in_seconds: float = POLL_SECONDS,
    ) -> AsyncGenerator[TicketLock, None]:
        """Holds the conversation's lock; raises LockError when it is not free within `LONGEST_WAIT_SECONDS`."""
        key, token = f"goodterms:turn:{conversation_id}", uuid.uuid4().hex
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while not await self._redis.set(key, token, nx=True, px=int(lock_lifetime * 1000)):
            if time.monotonic() > deadline:
                raise LockError("The conversation is being served by somebody else.")
            await asyncio.sleep(wait_time_in_seconds)
        try:
            yield TicketLock(conversation_id)
        finally:
            await self._redis.eval(RELEASE, 1, key, token)

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.close()
