"""Where Rasa's memory of a conversation is kept: one row each, short, committed after every turn."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, TypeVar

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateTable

from bot.inside_rasa.history import Reach, compact

POSTGRESQL_CONNECTIONS = 8
SQLITE_WAIT_SECONDS = 5
OURS_ALONE = ("model_id", "assistant_id")

metadata = sa.MetaData()
rows = sa.Table(
    "rasa_conversations",
    metadata,
    sa.Column("conversation_id", sa.String(255), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("saved_at", sa.Float, nullable=False),
    sa.PrimaryKeyConstraint("conversation_id", name="pk_rasa_conversations"),
)
SELECT = sa.select(rows.c.version, rows.c.state).where(rows.c.conversation_id == sa.bindparam("id"))
INSERT = rows.insert()
UPDATE = (
    rows.update()
    .where(rows.c.conversation_id == sa.bindparam("id"), rows.c.version == sa.bindparam("read"))
    .values(version=sa.bindparam("next"), state=sa.bindparam("text"), saved_at=sa.bindparam("at"))
)

Result = TypeVar("Result")


class SavedMeanwhile(Exception):
    """Another process saved the conversation between our reading and our saving: nothing was written."""


class Conversation(DialogueStateTracker):
    """A tracker that knows which version of its row it was read from and how the last message was answered."""

    version: int = 0
    last_message_id: Optional[str] = None
    last_answer: Optional[Dict[str, Any]] = None


class ConversationStore(TrackerStore):
    """Keeps trackers in SQLite or PostgreSQL.

    Reading and writing happen in threads of their own. Nothing is cached: any number of Rasa processes may serve a
    conversation in turn. A save that fails is raised, unlike in Rasa's own stores, which then go on in memory.
    """

    def __init__(
        self,
        domain: Optional[Domain],
        host: Optional[str] = None,
        event_broker: Optional[EventBroker] = None,
        **kwargs: Any,
    ) -> None:
        """Opens the database at `host` (an SQLAlchemy URL) and makes the table; raises ValueError without a URL."""
        if not host:
            raise ValueError("The tracker store has no address: set GT_TRACKER_URL, e.g. sqlite:///var/tracker.db.")
        super().__init__(domain, event_broker, **kwargs)
        self.reach = Reach()
        self._engine = open_engine(host)
        threads = 1 if self._engine.dialect.name == "sqlite" else POSTGRESQL_CONNECTIONS
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="tracker-store")
        _make_table(self._engine)

    def init_tracker(self, sender_id: str) -> Conversation:
        """A new tracker, not yet saved."""
        return Conversation(sender_id, self.domain.slots, max_event_history=self.max_event_history)

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A new tracker; it is first saved with its first turn."""
        return self.init_tracker(sender_id)

    async def retrieve(self, sender_id: str) -> Optional[Conversation]:
        """The tracker of a conversation as last saved, or None."""
        row = await self._in_thread(lambda database: database.execute(SELECT, {"id": sender_id}).first())
        return self._revived(sender_id, row.version, json.loads(row.state)) if row else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Compacts and commits a tracker; raises SavedMeanwhile, or what the database raises."""
        await self.stream_events(tracker)
        conversation = tracker if isinstance(tracker, Conversation) else None
        read = conversation.version if conversation else await self._stored_version(tracker.sender_id)
        kept = compact(tracker, self.reach)
        state: Dict[str, Any] = {"events": [_as_dict(event) for event in kept]}
        if conversation and conversation.last_message_id:
            state["answered"] = [conversation.last_message_id, conversation.last_answer]
        text = json.dumps(state, separators=(",", ":"))
        await self._in_thread(lambda database: _write(database, tracker.sender_id, read, text))
        if conversation:
            conversation.version = read + 1

    async def keys(self) -> List[str]:
        """The ids of all conversations."""
        found = await self._in_thread(lambda database: database.execute(sa.select(rows.c.conversation_id)).all())
        return [row.conversation_id for row in found]

    async def close(self) -> None:
        """Waits for what is being written and closes the connections."""
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        self._engine.dispose()

    async def _stored_version(self, sender_id: str) -> int:
        row = await self._in_thread(lambda database: database.execute(SELECT, {"id": sender_id}).first())
        return row.version if row else 0

    async def _in_thread(self, work: Callable[[Connection], Result]) -> Result:
        def run() -> Result:
            with self._engine.begin() as database:
                return work(database)

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def _revived(self, sender_id: str, version: int, state: Dict[str, Any]) -> Conversation:
        tracker = self.init_tracker(sender_id)
        events = (Event.from_parameters(written) for written in state["events"])
        tracker.events.extend(event for event in events if event is not None)
        tracker.replay_events()
        tracker.version = version
        tracker.last_message_id, tracker.last_answer = state.get("answered", (None, None))
        return tracker


def open_engine(url: str) -> Engine:
    """The database of a URL: SQLite in WAL mode with a synchronous log (its folder is made), or PostgreSQL."""
    address = sa.engine.make_url(url)
    if address.get_backend_name() != "sqlite":
        address = address.set(drivername="postgresql+psycopg2")
        return sa.create_engine(address, pool_size=POSTGRESQL_CONNECTIONS, max_overflow=0, pool_pre_ping=True)
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        address,
        poolclass=StaticPool,
        connect_args={"check_same_thread": False, "timeout": SQLITE_WAIT_SECONDS},
    )
    with engine.connect() as database:
        database.exec_driver_sql("PRAGMA journal_mode=WAL")
        database.exec_driver_sql("PRAGMA synchronous=FULL")
    return engine


def _make_table(engine: Engine) -> None:
    """Makes the table unless it exists; another process that makes it at the same moment is no error."""
    try:
        with engine.begin() as database:
            database.execute(CreateTable(rows, if_not_exists=True))
    except (sa.exc.IntegrityError, sa.exc.ProgrammingError):
        if not sa.inspect(engine).has_table(rows.name):
            raise


def _write(database: Connection, sender_id: str, read: int, text: str) -> None:
    now = time.time()
    if read:
        values = {"id": sender_id, "read": read, "next": read + 1, "text": text, "at": now}
        written = database.execute(UPDATE, values).rowcount
    else:
        values = {"conversation_id": sender_id, "version": 1, "state": text, "saved_at": now}
        try:
            written = database.execute(INSERT, values).rowcount
        except sa.exc.IntegrityError:
            written = 0
    if written != 1:
        raise SavedMeanwhile(sender_id)


def _as_dict(event: Event) -> Dict[str, Any]:
    """An event without the ids that Rasa adds to each (they would be a third of the row)."""
    written: Dict[str, Any] = event.as_dict()
    kept = {name: value for name, value in event.metadata.items() if name not in OURS_ALONE}
    if kept:
        written["metadata"] = kept
    else:
        written.pop("metadata", None)
    if "parse_data" in written:
        written["parse_data"] = {name: value for name, value in written["parse_data"].items() if name != "metadata"}
    return written
