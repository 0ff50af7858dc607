"""Waking those who wait for news of a conversation: long polls, event streams, the desk.

Within a process a change rings at once. Changes made by other processes (receipts, the worker, a second web process)
are noticed by a cheap look at the database, four times a second, while somebody waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
import structlog

from bot.conversations.typing import Typing
from bot.db import Database
from bot.models import AgentSession, Conversation, HandoffTarget, Holder, Notice, Offer, Presence

LOOK_EVERY_S = 0.25
DESK = "desk"
ANY = "any"
_NEVER = object()

log = structlog.get_logger()

# The newest of what happens to offers, to agents' presence and to targets; each is the end of an index.
_ASSIGNMENT = sa.select(
    *(
        sa.select(sa.func.max(column)).scalar_subquery()
        for column in (
            Offer.made_at,
            Offer.ended_at,
            Presence.changed_at,
            Notice.at,
            HandoffTarget.warned_at,
            HandoffTarget.breached_at,
        )
    )
)


class Bell:
    """One listener's bell. `wait` tells whether it rang before the time was over; it is silent again then."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake the listener."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most so long. Rings since the last wait count."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        rang = self._event.is_set()
        self._event.clear()
        return rang


class Signals:
    """The bells of one process, by topic: a conversation's id, `DESK` for anything that concerns the desk, or `ANY` for
    whatever changes in this process. `typing` is who writes at this moment."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._bells: dict[str, set[Bell]] = defaultdict(set)
        self._seen: dict[str, Any] = {}
        self.typing = Typing()

    @contextlib.contextmanager
    def listen(self, topic: uuid.UUID | str) -> Iterator[Bell]:
        """A bell for `topic`. Listen first, look second, wait third: then no change slips through between."""
        key, bell = str(topic), Bell()
        self._bells[key].add(bell)
        try:
            yield bell
        finally:
            self._bells[key].discard(bell)
            if not self._bells[key]:
                del self._bells[key]
                self._seen.pop(key, None)

    async def wait(self, topic: uuid.UUID | str, seconds: float) -> bool:
        """Wait so long for a change of `topic`; whether there was one."""
        with self.listen(topic) as bell:
            return await bell.wait(seconds)

    def ring(self, topic: uuid.UUID | str, *, desk: bool = False) -> None:
        """Tell this process's listeners that `topic` changed, and the desk's if it concerns them. Event loop only."""
        for key in (str(topic), DESK, ANY) if desk else (str(topic), ANY):
            for bell in tuple(self._bells.get(key, ())):
                bell.ring()

    async def watch(self) -> None:
        """Look for other processes' changes until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            topics = [topic for topic in self._bells if topic != ANY]
            if not topics:
                continue
            try:
                marks = await asyncio.to_thread(self._marks, topics)
            except sa.exc.SQLAlchemyError as error:
                log.warning("signals_look_failed", error=type(error).__name__)
                continue
            for topic, mark in marks.items():
                # The first look rings too: what changed between the listener's own look and this one is not missed.
                if self._seen.get(topic, _NEVER) != mark:
                    self._seen[topic] = mark
                    self.ring(topic)

    def _marks(self, topics: list[str]) -> dict[str, Any]:
        ids = [uuid.UUID(topic) for topic in topics if topic != DESK]
        marks: dict[str, Any] = {}
        with self._db.reading() as session:
            if ids:
                columns = (Conversation.id, Conversation.last_seq, Conversation.holder, Conversation.agent_id)
                for row in session.execute(sa.select(*columns).where(Conversation.id.in_(ids))):
                    marks[str(row.id)] = tuple(row)[1:]
            if DESK in topics:
                marks[DESK] = [
                    tuple(row)
                    for row in session.execute(
                        sa.select(
                            Conversation.holder,
                            sa.func.count(),
                            sa.func.sum(Conversation.last_seq),
                            sa.func.max(Conversation.waiting_since),
                        )
                        .where(Conversation.holder != Holder.BOT)
                        .group_by(Conversation.holder)
                        .order_by(Conversation.holder)
                    )
                ]
                # A session that was ended elsewhere ends its streams.
                marks[DESK].append(session.scalar(sa.select(sa.func.max(AgentSession.revoked_at))))
                marks[DESK].append(tuple(session.execute(_ASSIGNMENT).one()))
        return marks
