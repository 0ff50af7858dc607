"""Live news for the desk's page, as server-sent events: the lists, and what happens in the open conversation.

`queue` carries the lists of `GET queue`; `conversation` its state and the messages since the last one; `gone` says that
the conversation is no longer this agent's to read; `beside` that a hold, a case or who they are has changed, so that
the page reads it again; `own` carries what concerns this agent alone; `end` says that the session has ended. An event's
id is the position in all of this, so that a page that was away (`Last-Event-ID`) gets what it missed and nothing twice.
Each look is a sign that the agent's desk is open.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from bot.conversations.assignment import offering, presence
from bot.conversations.signals import DESK, Bell, Signals
from bot.db import Database
from bot.desk import audit, auth
from bot.desk.access import Db, DeskRoute, Watcher
from bot.desk.auth import Seat
from bot.desk.own import own
from bot.desk.queue.filters import NONE, Asked, Filters
from bot.desk.queue.inbox import Inbox, Item, inbox, of_customers
from bot.desk.thread import beside
from bot.desk.thread.dossier import find, state
from bot.desk.thread.lines import lines
from bot.errors import NotAllowed, NotFound, NotSignedIn
from bot.models import Author, Availability

HEARTBEAT_S = 15.0
# Other processes' changes are noticed against a first look of the bells' own; one that falls before it shows by ours.
SETTLE_S = 0.6
RETRY_MS = 2_000

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a page has read: the open conversation's last message, what list and state it was shown, and what stood
    beside the thread then."""

    seq: int = 0
    queue: str = ""
    state: str = ""
    beside: str = ""

    @classmethod
    def read(cls, text: str | None, after: int) -> Position:
        """From `Last-Event-ID`; anything else than one of ours means from message `after` on."""
        parts = (text or "").split(".")
        if len(parts) == 4 and parts[0].isascii() and parts[0].isdigit() and len(parts[0]) < 10:
            return cls(int(parts[0]), *parts[1:])
        return cls(after)

    def __str__(self) -> str:
        return f"{self.seq}.{self.queue}.{self.state}.{self.beside}"


@dataclass(slots=True)
class Watch:
    """One page that watches: whose, which conversation is open, how far it has read, and what it was shown before."""

    db: Database
    digest: str
    conversation_id: uuid.UUID | None
    position: Position
    filters: Filters = NONE
    shown: set[str] = field(default_factory=set)
    own: str = ""
    sign: int = 0

    def look(self) -> list[bytes]:
        """The news since the last look, as events. Raises `NotSignedIn` when the session has ended."""
        news: list[bytes] = []
        with self.db.reading() as session:
            seat = auth.seat_of(session, self.digest)
            lists, mine = inbox(session, seat, self.filters), own(session, seat)
            if self.conversation_id is not None:
                try:
                    conversation = find(session, seat, self.conversation_id, to_read=True)
                    self._beside(news, conversation.id, _mark(beside.newest(session, conversation)))
                    self._conversation(
                        news, state(session, seat, conversation), lines(session, conversation.id, self.position.seq)
                    )
                except (NotAllowed, NotFound) as error:
                    gone, self.conversation_id = {"id": str(self.conversation_id), "message": error.message}, None
                    news.append(_event("gone", gone, self.position))
        self._own(news, mine)
        self._queue(news, seat, lists)
        presence.sign(self.db, seat.agent.id)
        if news and mine["presence"]["now"] == Availability.AVAILABLE:
            offering.round_of(self.db)
        return news

    def _conversation(self, news: list[bytes], now: Item, said: list[Item]) -> None:
        if said or _mark(now) != self.position.state:
            seq = said[-1]["seq"] if said else self.position.seq
            self.position = replace(self.position, seq=seq, state=_mark(now))
            news.append(_event("conversation", {"conversation": now, "messages": said}, self.position))

    def _beside(self, news: list[bytes], conversation_id: uuid.UUID, mark: str) -> None:
        """What stands there at a page's first look, it has just read."""
        before, self.position = self.position.beside, replace(self.position, beside=mark)
        if before not in ("", mark):
            news.append(_event("beside", {"id": str(conversation_id)}, self.position))

    def _own(self, news: list[bytes], mine: Item) -> None:
        """Told anew on every page: what counts is how it is now."""
        mark = _mark(mine | {"offer": mine["offer"] and mine["offer"]["id"]})
        if mark != self.own:
            self.own = mark
            news.append(_event("own", mine, self.position))

    def _queue(self, news: list[bytes], seat: Seat, lists: Inbox) -> None:
        mark = _mark({name: _unaged(shown) for name, shown in lists.items()})
        if mark == self.position.queue:
            return
        fresh = of_customers(lists) - self.shown
        if fresh:
            with self.db.transaction() as session:
                audit.record(session, seat.agent, "queue.read", "queue", conversations=sorted(fresh))
            self.shown |= fresh
        self.position = replace(self.position, queue=mark)
        news.append(_event("queue", lists, self.position))


@router.get("/events")
async def events(
    request: Request,
    db: Db,
    seat: Watcher,
    filters: Asked,
    conversation: uuid.UUID | None = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """The stream of one page; `conversation` is the one that is open there, read up to message `after`."""
    if conversation is not None:
        await asyncio.to_thread(_follow, db, seat, conversation)
    await asyncio.to_thread(presence.sign, db, seat.agent.id)
    watch = Watch(db, seat.digest, conversation, Position.read(last_event_id, after), filters)
    return StreamingResponse(
        _stream(watch, request.app.state.signals),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _stream(watch: Watch, signals: Signals) -> AsyncIterator[bytes]:
    """Listen, look, wait: nothing that happens in between is missed. Ends with the session."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    with contextlib.ExitStack() as listening:
        topics: list[uuid.UUID | str] = [DESK, *([watch.conversation_id] if watch.conversation_id else [])]
        bells = [listening.enter_context(signals.listen(topic)) for topic in topics]
        patience = SETTLE_S
        while True:
            try:
                news = await asyncio.to_thread(watch.look)
            except NotSignedIn:
                yield _event("end", {}, watch.position)
                return
            for event in [*news, *_writing(watch, signals)] or [b": still here\n\n"]:
                yield event
            await _first(bells, patience)
            patience = HEARTBEAT_S


def _writing(watch: Watch, signals: Signals) -> list[bytes]:
    """That the customer writes, once for each sign of it."""
    if watch.conversation_id is None:
        return []
    sign = signals.typing.of(watch.conversation_id, Author.CUSTOMER)
    if sign in (0, watch.sign):
        return []
    watch.sign = sign
    return [_event("typing", {"id": str(watch.conversation_id)}, watch.position)]


async def _first(bells: Sequence[Bell], patience: float) -> None:
    waits = [asyncio.ensure_future(bell.wait(patience)) for bell in bells]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


def _follow(db: Database, seat: Seat, conversation_id: uuid.UUID) -> None:
    """May this agent read it? Then that they do is written down before the first word leaves."""
    with db.reading() as session:
        find(session, seat, conversation_id, to_read=True)
    with db.transaction() as session:
        audit.record(session, seat.agent, "conversation.follow", audit.conversation(conversation_id))


def _unaged(shown: Any) -> Any:
    """A list without the ages of its rows, which the page reckons on."""
    return [{**item, "waiting_s": None} for item in shown] if isinstance(shown, list) else shown


def _event(kind: str, data: Any, position: Position) -> bytes:
    return f"id: {position}\nevent: {kind}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"


def _mark(data: Any) -> str:
    return hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
