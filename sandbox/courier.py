"""Deliveries of webhooks in the background: signed, retried with growing pauses, kept over a restart.

Times here are the system's, not the demo's: a receiver judges the age of a signature by the system's clock.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import httpx

from sandbox.faults import Faults
from sandbox.objects import new_id
from sandbox.store import Store

PAUSES_S = (0.5, 1, 2, 4, 8, 15, 30, 60, 60, 60, 60, 60, 120, 120, 120)
TIMEOUT_S = 10.0
IDLE_S = 5.0
# What a customer writes does not queue behind the news of what we wrote.
LANES = ("kind = 'message'", "kind <> 'message'")
Headers = dict[str, str]
Sign = Callable[[str, str], Headers]
log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    # Reading them takes longer than everything else at the start.
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class Parcel:
    """One webhook to be sent: `subject` is the id of what it tells of, `kind` what happened to it.

    It waits `wait_s` seconds first.
    """

    subject: str
    kind: str
    url: str
    payload: str
    wait_s: float = 0.0


class Courier:
    """Sends what is due. `sign` by service takes (url, payload) and gives the headers of that very attempt."""

    def __init__(self, store: Store, sign: dict[str, Sign], client: httpx.AsyncClient | None = None) -> None:
        self._store = store
        self._sign = sign
        self._client = client or httpx.AsyncClient(timeout=TIMEOUT_S, verify=_certificates())
        self._woken = {lane: asyncio.Event() for lane in LANES}

    def send(self, service: str, parcels: Iterable[Parcel], faults: Faults) -> None:
        """Take in what one happening causes, in its order unless `faults` say otherwise."""
        batch = new_id("batch_", 12)
        ordered = list(parcels)
        last = max((parcel.wait_s for parcel in ordered), default=0.0)
        if faults.shuffle:
            ordered.reverse()
        state = "dropped" if faults.drop_webhooks else "pending"
        now = time.time() + faults.delay_webhooks_s
        for round in range(2 + faults.repeat_webhooks):
            for parcel in ordered:
                if round > faults.repeat_webhooks and random.uniform(0, 100) >= faults.repeat_percent:
                    continue
                wait = last if faults.shuffle else parcel.wait_s
                if faults.scatter_webhooks_s:
                    # Each goes its own way then, whatever it belongs to.
                    batch, wait = new_id("batch_", 12), wait + random.uniform(0, faults.scatter_webhooks_s)
                self._store.run(
                    "INSERT INTO deliveries (batch, service, subject, kind, url, payload, state, due)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    batch,
                    service,
                    parcel.subject,
                    parcel.kind,
                    parcel.url,
                    parcel.payload,
                    state,
                    now + wait,
                )
        for woken in self._woken.values():
            woken.set()

    def deliveries(self, service: str) -> list[dict[str, Any]]:
        """Every delivery of a service, oldest first."""
        rows = self._store.rows(
            "SELECT id, subject, kind, url, state, attempts, response, note, due FROM deliveries"
            " WHERE service = ? ORDER BY id",
            service,
        )
        return [dict(row) for row in rows]

    def pending(self, subject: str) -> int:
        """How many deliveries about `subject` have not arrived yet."""
        query = "SELECT count(*) FROM deliveries WHERE subject = ? AND state = 'pending'"
        return int(self._store.rows(query, subject)[0][0])

    def about(self, subject: str, kind: str) -> dict[str, Any] | None:
        """How far the first webhook of this kind about `subject` got: `{state, attempts, response, note}`."""
        query = (
            "SELECT state, attempts, response, note FROM deliveries WHERE subject = ? AND kind = ? ORDER BY id LIMIT 1"
        )
        found = self._store.rows(query, subject, kind)
        return dict(found[0]) if found else None

    async def run(self, before: Callable[[], None]) -> None:
        """Deliver until cancelled; `before` each round, what time alone has brought about is done."""
        await asyncio.gather(*(self._run(lane, woken, before) for lane, woken in self._woken.items()))

    async def deliver_due(self, now: float | None = None, lane: str = "true") -> int:
        """Try everything that is due once, happenings side by side and each in its order; gives the number of tries."""
        query = f"SELECT * FROM deliveries WHERE state = 'pending' AND due <= ? AND {lane} ORDER BY batch, id"
        due = [dict(row) for row in self._store.rows(query, time.time() if now is None else now)]
        batches = [list(parcels) for _, parcels in groupby(due, key=lambda row: row["batch"])]
        await asyncio.gather(*(self._deliver_in_turn(batch) for batch in batches))
        return len(due)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _run(self, lane: str, woken: asyncio.Event, before: Callable[[], None]) -> None:
        while True:
            woken.clear()
            try:
                before()
                await self.deliver_due(lane=lane)
            except Exception:
                # One bad parcel must not stop the post.
                log.exception("a round of deliveries failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), self._next_due_in(lane))

    async def _deliver_in_turn(self, batch: list[dict[str, Any]]) -> None:
        for row in batch:
            await self._deliver(row)

    async def _deliver(self, row: dict[str, Any]) -> None:
        headers = self._sign[row["service"]](row["url"], row["payload"])
        response, note = None, None
        try:
            answer = await self._client.post(row["url"], content=row["payload"].encode(), headers=headers)
            response = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            note = type(error).__name__
        attempts = row["attempts"] + 1
        if response is not None and 200 <= response < 300:
            state, due = "delivered", row["due"]
        elif attempts > len(PAUSES_S):
            state, due = "given_up", row["due"]
        else:
            state, due = "pending", time.time() + PAUSES_S[attempts - 1]
        self._store.run(
            "UPDATE deliveries SET state = ?, attempts = ?, due = ?, response = ?, note = ? WHERE id = ?",
            state,
            attempts,
            due,
            response,
            note,
            row["id"],
        )

    def _next_due_in(self, lane: str) -> float:
        next_due = self._store.rows(f"SELECT min(due) FROM deliveries WHERE state = 'pending' AND {lane}")[0][0]
        return IDLE_S if next_due is None else min(IDLE_S, max(0.0, next_due - time.time()))
