"""Faults on demand: what each stand-in does wrong until it is told to stop."""

from __future__ import annotations

import json
import random
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.store import Store

Service = Literal["stripe", "twilio", "meta"]


class FailRequests(BaseModel):
    """The next `count` API calls fail with `status` before anything is done; `code` is the provider's own number."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=0)
    status: Literal[400, 402, 429, 500, 503] = 500
    code: int | None = None


class Faults(BaseModel):
    """Everything that may be asked for; a field that is left out is not wrong."""

    model_config = ConfigDict(extra="forbid")

    down: bool = Field(default=False, description="every API call fails with 503")
    error_percent: float = Field(default=0, ge=0, le=100, description="so many API calls in a hundred fail with 500")
    requests_per_s: int = Field(default=0, ge=0, description="API calls beyond so many in a second are refused")
    lose_answers: int = Field(default=0, ge=0, description="so many API calls do their work and lose the answer")
    repeat_webhooks: int = Field(default=0, ge=0, le=100, description="each webhook is sent this many times more")
    repeat_percent: float = Field(default=0, ge=0, le=100, description="so many webhooks in a hundred are sent twice")
    scatter_webhooks_s: float = Field(default=0, ge=0, description="each webhook waits its own time up to so long")
    delay_webhooks_s: float = Field(default=0, ge=0, description="webhooks wait so many seconds of real time")
    shuffle: bool = Field(default=False, description="webhooks of one happening go out last first")
    drop_webhooks: bool = Field(default=False, description="webhooks are never sent, and never will be")
    fail_requests: FailRequests | None = None
    hang_s: float = Field(default=0, ge=0, le=120, description="API calls do their work and answer so much later")
    blocked: list[str] = Field(default_factory=list, description="Twilio: numbers that have sent STOP (21610)")
    undelivered: list[str] = Field(default_factory=list, description="numbers that cannot be reached (30003, 131026)")
    read_receipts: bool = Field(default=True, description="WhatsApp says when a message was read")
    closed_window: Literal["refuse", "fail"] | None = Field(
        default=None, description="WhatsApp's closed window: at once, or in a later webhook; by default as each does"
    )
    advanced_opt_out: bool = Field(default=False, description="Twilio answers START and HELP too, and tells us")


@dataclass(frozen=True, slots=True)
class Failure:
    """How a call fails: an HTTP status, and the provider's own number when one was asked for."""

    status: int
    code: int | None = None


class FaultBox:
    """The faults of one service, kept in the store."""

    def __init__(self, store: Store, service: Service) -> None:
        self._store = store
        self._service = service
        self._calls: deque[float] = deque()

    def read(self) -> Faults:
        """What is wrong at present."""
        rows = self._store.rows("SELECT body FROM faults WHERE service = ?", self._service)
        return Faults(**json.loads(rows[0]["body"])) if rows else Faults()

    def set(self, faults: Faults) -> Faults:
        """Replace them all; gives what now holds."""
        statement = "INSERT INTO faults VALUES (?, ?) ON CONFLICT (service) DO UPDATE SET body = excluded.body"
        self._store.run(statement, self._service, faults.model_dump_json())
        return faults

    def take_failure(self) -> Failure | None:
        """How the present call fails before anything is done, or None; each one that was asked for is used up."""
        faults = self.read()
        if faults.down:
            return Failure(503)
        if self._too_fast(faults.requests_per_s):
            return Failure(429)
        if faults.fail_requests and faults.fail_requests.count > 0:
            with self._store.transaction():
                faults.fail_requests.count -= 1
                self.set(faults)
            return Failure(faults.fail_requests.status, faults.fail_requests.code)
        return Failure(500) if random.uniform(0, 100) < faults.error_percent else None

    def take_loss(self) -> bool:
        """Whether the answer of the present call gets lost; each one that was asked for is used up."""
        faults = self.read()
        if faults.lose_answers < 1:
            return False
        faults.lose_answers -= 1
        self.set(faults)
        return True

    def clear(self) -> dict[str, Any]:
        """All is well again."""
        return self.set(Faults()).model_dump()

    def _too_fast(self, limit: int) -> bool:
        if not limit:
            return False
        now = time.monotonic()
        while self._calls and self._calls[0] <= now - 1:
            self._calls.popleft()
        if len(self._calls) >= limit:
            return True
        self._calls.append(now)
        return False
