"""The ids of contents that Twilio keeps for us, remembered in the database (`StoredContent`)."""

from __future__ import annotations

from bot.db import Database
from bot.models.delivery import StoredContent


class StoredContents:
    """Each call is a transaction of its own: a sender calls between transactions."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, str] = {}

    def find(self, key: str) -> str | None:
        """The id under `key`."""
        if key not in self._known:
            with self._db.reading() as session:
                kept = session.get(StoredContent, key)
            if kept is None:
                return None
            self._known[key] = kept.provider_id
        return self._known[key]

    def keep(self, key: str, content_sid: str) -> None:
        """Remember it. Two that keep the same at once do no harm: the later one stands."""
        with self._db.transaction() as session:
            session.merge(StoredContent(key=key, provider_id=content_sid))
        self._known[key] = content_sid

    def forget(self, key: str) -> None:
        """It is no good any more."""
        self._known.pop(key, None)
        with self._db.transaction() as session:
            kept = session.get(StoredContent, key)
            if kept is not None:
                session.delete(kept)
