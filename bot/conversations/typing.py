"""Who is writing at this moment. Kept in the memory of one process and nowhere else: it is seen where both sides are
served by the same one, and is not worth a row in a database."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from bot.models import Author

LASTS_S = 6.0
SOON_S = 1.0
MOST = 10_000


class Typing:
    """Signs of writing, by conversation and side. Called on the event loop only."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._signs: dict[tuple[uuid.UUID, Author], tuple[int, float]] = {}

    def sign(self, conversation_id: uuid.UUID, author: Author) -> bool:
        """`author` has just touched a key; whether that is news: what comes too soon after the last sign is not."""
        if len(self._signs) >= MOST:
            self._forget()
        count, until = self._signs.get((conversation_id, author), (0, 0.0))
        if count and until - self._now() > LASTS_S - SOON_S:
            return False
        self._signs[conversation_id, author] = (count + 1, self._now() + LASTS_S)
        return True

    def stop(self, conversation_id: uuid.UUID, author: Author) -> None:
        """What was being written is said."""
        self._signs.pop((conversation_id, author), None)

    def of(self, conversation_id: uuid.UUID, author: Author) -> int:
        """0 while `author` is not writing; another number for each sign, so that who looks knows a fresh one."""
        count, until = self._signs.get((conversation_id, author), (0, 0.0))
        return count if self._now() < until else 0

    def _forget(self) -> None:
        self._signs = {key: sign for key, sign in self._signs.items() if sign[1] > self._now()}
