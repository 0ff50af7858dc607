"""What a customer's phone shows: bubbles of both sides in order, by number and channel, and how far each one got."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.clock import Clock
from sandbox.store import Store

Object = dict[str, Any]
Channel = Literal["sms", "whatsapp"]
Provider = Literal["twilio", "meta"]
WINDOW = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Step:
    """A state that a message reaches `wait_s` seconds of real time after it was taken, with what went wrong."""

    status: str
    wait_s: float = 0.0
    code: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Threads:
    """Kept in the store. A bubble has `id`, `number`, `channel`, `provider`, `side` (phone, business), `kind`, `text`,
    `choices`, `at`, and its `steps`; more by its kind.
    """

    store: Store
    clock: Clock

    def keep(self, bubble: Object, steps: Iterable[Step] = ()) -> Object:
        """Add a bubble at the end of its thread; gives it back."""
        at = self.clock.now().isoformat().replace("+00:00", "Z")
        now = time.time()
        kept = [
            {"status": step.status, "due": now + step.wait_s, "code": step.code, "reason": step.reason}
            for step in steps
        ]
        bubble = {"text": "", "choices": [], **bubble, "at": at, "steps": kept}
        names = ("id", "number", "channel", "provider", "side")
        values = [bubble[name] for name in names]
        statement = "INSERT INTO bubbles (id, number, channel, provider, side, body) VALUES (?, ?, ?, ?, ?, ?)"
        self.store.run(statement, *values, json.dumps(bubble))
        return bubble

    def find(self, id: str) -> Object | None:
        """One bubble, as it stands."""
        rows = self.store.rows("SELECT body FROM bubbles WHERE id = ?", id)
        return _standing(json.loads(rows[0]["body"])) if rows else None

    def change(self, id: str, **fields: Any) -> None:
        """Set fields of a bubble."""
        with self.store.transaction():
            rows = self.store.rows("SELECT body FROM bubbles WHERE id = ?", id)
            body = {**json.loads(rows[0]["body"]), **fields}
            self.store.run("UPDATE bubbles SET body = ? WHERE id = ?", json.dumps(body), id)

    def read(self, number: str, channel: str) -> list[Object]:
        """A thread, oldest first. What the phone sent is `sent`, `delivered` once the business took it, or `read`."""
        query = "SELECT body FROM bubbles WHERE number = ? AND channel = ? ORDER BY seq"
        bubbles = [_standing(json.loads(row["body"])) for row in self.store.rows(query, number, channel)]
        taken = {
            row["subject"]
            for row in self.store.rows(
                "SELECT subject FROM deliveries WHERE kind = 'message' AND state = 'delivered' AND subject IN"
                " (SELECT id FROM bubbles WHERE number = ? AND channel = ? AND side = 'phone')",
                number,
                channel,
            )
        }
        for bubble in bubbles:
            if bubble["side"] == "phone":
                seen = "read" if bubble.get("seen") else "delivered"
                bubble["status"] = seen if bubble["id"] in taken else "sent"
        return bubbles

    def last_written(self, number: str, provider: str) -> dt.datetime | None:
        """When a customer last wrote on WhatsApp to the number that this provider carries."""
        query = """SELECT json_extract(body, '$.at') AS at FROM bubbles WHERE number = ? AND channel = 'whatsapp'
            AND provider = ? AND side = 'phone' ORDER BY seq DESC LIMIT 1"""
        rows = self.store.rows(query, number, provider)
        return dt.datetime.fromisoformat(rows[0]["at"]) if rows else None

    def is_open(self, number: str, provider: str) -> bool:
        """Whether WhatsApp's window is: 24 hours from the customer's last message (T4)."""
        wrote = self.last_written(number, provider)
        return wrote is not None and self.clock.now() < wrote + WINDOW

    def numbers(self) -> list[Object]:
        """Every number with a thread, the latest first: `{number, channel, at}`."""
        query = """SELECT number, channel, max(seq) AS last FROM bubbles GROUP BY number, channel ORDER BY last DESC"""
        return [{"number": row["number"], "channel": row["channel"]} for row in self.store.rows(query)]


def lines(text: str, choices: Iterable[Object]) -> str:
    """A text with what can be chosen below it, numbered, for whoever reads the outbox."""
    offered = [
        f"{place}. {one['title']}" + (f": {one['description']}" if one.get("description") else "")
        for place, one in enumerate(choices, 1)
    ]
    return "\n".join([text, *offered])


def standing(steps: list[Object]) -> Object:
    """The step that has been reached by now."""
    now = time.time()
    return [step for step in steps if step["due"] <= now][-1]


def _standing(bubble: Object) -> Object:
    if bubble["steps"]:
        reached = standing(bubble["steps"])
        bubble |= {"status": reached["status"], "error": reached["code"], "reason": reached["reason"]}
    del bubble["steps"]
    return bubble
