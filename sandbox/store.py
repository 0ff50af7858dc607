"""State that survives a restart: one SQLite file, shared by everything the sandbox plays."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS open_sessions ON objects (json_extract(body, '$.expires_at'))
    WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open';
CREATE TABLE IF NOT EXISTS idempotency (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY, batch TEXT NOT NULL, service TEXT NOT NULL,
    subject TEXT NOT NULL, kind TEXT NOT NULL, url TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, response INTEGER, note TEXT);
CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (state, due);
CREATE INDEX IF NOT EXISTS deliveries_by_subject ON deliveries (subject);
CREATE TABLE IF NOT EXISTS bubbles (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, number TEXT NOT NULL,
    channel TEXT NOT NULL, provider TEXT NOT NULL, side TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS bubbles_by_number ON bubbles (number, channel, seq);
CREATE TABLE IF NOT EXISTS media (id TEXT PRIMARY KEY, parent TEXT NOT NULL, type TEXT NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, recipient TEXT NOT NULL, channel TEXT NOT NULL,
    body TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS faults (service TEXT PRIMARY KEY, body TEXT NOT NULL);
"""


class Store:
    """A connection with a lock around it. `":memory:"` is fine for tests that restart nothing."""

    def __init__(self, path: Path | str) -> None:
        if isinstance(path, Path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.RLock()
        self._depth = 0
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one inside another belongs to the outer one."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def run(self, statement: str, *values: Any) -> int:
        """Execute one statement; gives the number of rows that it touched."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Every row of a query."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def save(self, thing: dict[str, Any]) -> dict[str, Any]:
        """Insert or replace an object by its `id`, under its `object` kind; gives it back."""
        self.run(
            "INSERT INTO objects (id, kind, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            thing["id"],
            thing["object"],
            json.dumps(thing),
        )
        return thing

    def find(self, id: str, kind: str | None = None) -> dict[str, Any] | None:
        """The object with this id, of this kind when one is named."""
        found = self.rows("SELECT kind, body FROM objects WHERE id = ?", id)
        if not found or (kind and found[0]["kind"] != kind):
            return None
        thing: dict[str, Any] = json.loads(found[0]["body"])
        return thing

    def every(self, kind: str) -> list[dict[str, Any]]:
        """All objects of a kind, newest first."""
        return [
            json.loads(row["body"])
            for row in self.rows("SELECT body FROM objects WHERE kind = ? ORDER BY seq DESC", kind)
        ]

    def remove(self, id: str) -> bool:
        """Forget an object; whether it was there."""
        return self.run("DELETE FROM objects WHERE id = ?", id) > 0

    def lapsed_sessions(self, now: int) -> list[dict[str, Any]]:
        """Open Checkout Sessions whose time has passed at `now` (seconds since 1970), oldest first."""
        query = """SELECT body FROM objects WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'
            AND json_extract(body, '$.expires_at') <= ? ORDER BY seq"""
        return [json.loads(row["body"]) for row in self.rows(query, now)]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()
