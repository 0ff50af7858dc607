"""The web process's rounds: what a webhook stored is carried into its conversation, soon after the answer to it.

One round at a time for one phone; a webhook that comes meanwhile makes it look once more. What a round does not get
done is left for the worker.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection, Iterator
from functools import partial

import sqlalchemy as sa
import structlog

from bot.channels import media, phone_events
from bot.channels.front_door import FrontDoor
from bot.channels.phone_events import Carried

# So many rounds use the database at once, so that a flood of news leaves room for the chat.
AT_ONCE = 6
LONGEST_WAIT_S = 30.0

log = structlog.get_logger()


class Rounds:
    """One a web process. Event loop only."""

    def __init__(self, door: FrontDoor) -> None:
        self._door = door
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._resting: dict[str, asyncio.Event] = {}
        self._arriving: Counter[str] = Counter()
        self._fetching: set[asyncio.Task[int]] = set()
        self._room = asyncio.Semaphore(AT_ONCE)

    @contextlib.contextmanager
    def arriving(self, object_ids: Collection[str]) -> Iterator[None]:
        """While a webhook about `object_ids` is written down. The rounds begin when none is, so that of two webhooks
        that overlap the one that came first is carried first, whichever the database took first."""
        self._arriving.update(object_ids)
        try:
            yield
        finally:
            self._arriving.subtract(object_ids)
            self._arriving += Counter()  # without those at nought
            for object_id in object_ids:
                self.begin(object_id)

    def begin(self, object_id: str) -> None:
        """Carry what was stored under `object_id` (a phone's number, or a sent message's id), in the background."""
        if object_id in self._arriving:
            return
        if object_id in self._running:
            self._again.add(object_id)
            if object_id in self._resting:  # it may be a stop, which waits for nothing (C4)
                self._resting[object_id].set()
            return
        round_ = asyncio.create_task(self._round(object_id))
        self._running[object_id] = round_
        round_.add_done_callback(partial(self._ended, object_id))

    async def quiet(self) -> None:
        """Return once nothing is under way any more."""
        while under_way := [*self._running.values(), *self._fetching]:
            await asyncio.wait(under_way)

    def _ended(self, object_id: str, round_: asyncio.Task[None]) -> None:
        del self._running[object_id]
        if not round_.cancelled() and (error := round_.exception()) is not None:
            log.error("phone_round_broke_off", error=type(error).__name__)
        if object_id in self._again and not self._door.closing:
            self._again.discard(object_id)
            self.begin(object_id)

    async def _round(self, object_id: str) -> None:
        try:
            while object_id not in self._arriving and not self._door.closing:
                carried = await self._step(object_id)
                if carried is None:
                    return
                if carried.rest is None:
                    self._tell(carried)
                elif carried.rest.total_seconds() <= LONGEST_WAIT_S:
                    await self._rest(object_id, carried.rest.total_seconds())
                else:
                    return
        except sa.exc.SQLAlchemyError as error:
            log.warning("phone_round_waits", error=type(error).__name__)

    async def _rest(self, object_id: str, seconds: float) -> None:
        woken = self._resting[object_id] = asyncio.Event()
        if object_id in self._again:
            woken.set()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), seconds)
        finally:
            del self._resting[object_id]

    async def _step(self, object_id: str) -> Carried | None:
        self._again.discard(object_id)
        async with self._room:
            return await asyncio.to_thread(phone_events.carry, self._door.db, object_id)

    def _tell(self, carried: Carried) -> None:
        if carried.conversation_id is not None:
            self._door.signals.ring(carried.conversation_id, desk=carried.desk)
        if carried.begun is not None:
            self._door.begin_turn(carried.begun)
        if carried.message_id is not None and carried.has_files:
            fetching = asyncio.create_task(self._door.outside(media.fetch_due, self._door.db, carried.message_id))
            self._fetching.add(fetching)
            fetching.add_done_callback(self._fetched)

    def _fetched(self, fetching: asyncio.Task[int]) -> None:
        self._fetching.discard(fetching)
        if not fetching.cancelled() and (error := fetching.exception()) is not None:
            log.warning("attachments_wait", error=type(error).__name__)
