"""A dialogue in the test's hand: it says what it is told to, fails when told to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

from bot.conversations.dialogue import Answer, Reply, Turn
from bot.errors import DialogueFailed


class Voice:
    """Echoes by default. `fails` holds what to raise, once each; `hold` keeps turns waiting until `release`."""

    def __init__(self, says: Callable[[Turn], Answer] | None = None) -> None:
        self.says = says or (lambda turn: Answer([Reply(f"You said: {turn.text or turn.payload}")], "greet", 0.9))
        self.turns: list[Turn] = []
        self.resets: list[uuid.UUID] = []
        self.fails: list[DialogueFailed] = []
        self.down = False
        self.begun = asyncio.Event()
        self._gate = asyncio.Event()
        self._gate.set()

    async def converse(self, turn: Turn) -> Answer:
        """The scripted answer."""
        self.turns.append(turn)
        self.begun.set()
        await self._gate.wait()
        if self.down:
            raise unreachable()
        if self.fails:
            raise self.fails.pop(0)
        return self.says(turn)

    async def reset(self, conversation_id: uuid.UUID, locale: str) -> None:
        """Remembered."""
        if self.down:
            raise unreachable()
        self.resets.append(conversation_id)

    async def ready(self) -> bool:
        """Unless it is down."""
        return not self.down

    async def aclose(self) -> None:
        """Nothing to let go of."""

    def hold(self) -> None:
        """Turns wait from now on."""
        self._gate.clear()

    def release(self) -> None:
        """They go on."""
        self._gate.set()


def unreachable() -> DialogueFailed:
    """Rasa does not answer."""
    return DialogueFailed("The assistant cannot be reached.", service="rasa", retryable=True)


def empty() -> DialogueFailed:
    """Rasa answered nothing: an action failed."""
    return DialogueFailed("The assistant could not answer.", service="rasa", retryable=False)
