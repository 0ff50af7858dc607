"""Faults on demand: what each stand-in does wrong until it is told to stop."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.store import Store

Service = Literal["stripe", "twilio"]


class FailRequests(BaseModel):
    """The next `count` API calls fail with `status` before anything is done."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=0)
    status: Literal[402, 429, 500, 503] = 500


class Faults(BaseModel):
    """Everything that may be asked for; a field that is left out is not wrong."""

    model_config = ConfigDict(extra="forbid")

    repeat_webhooks: int = Field(default=0, ge=0, le=100, description="each webhook is sent this many times more")
    delay_webhooks_s: float = Field(default=0, ge=0, description="webhooks wait so many seconds of real time")
    shuffle: bool = Field(default=False, description="webhooks of one happening go out last first")
    drop_webhooks: bool = Field(default=False, description="webhooks are never sent, and never will be")
    fail_requests: FailRequests | None = None
    hang_s: float = Field(default=0, ge=0, le=120, description="API calls do their work and answer so much later")
    blocked: list[str] = Field(default_factory=list, description="Twilio: numbers that have sent STOP (21610)")
    undelivered: list[str] = Field(default_factory=list, description="Twilio: numbers that cannot be reached (30003)")


class FaultBox:
    """The faults of one service, kept in the store."""

    def __init__(self, store: Store, service: Service) -> None:
        self._store = store
        self._service = service

    def read(self) -> Faults:
        """What is wrong at present."""
        rows = self._store.rows("SELECT body FROM faults WHERE service = ?", self._service)
        return Faults(**json.loads(rows[0]["body"])) if rows else Faults()

    def set(self, faults: Faults) -> Faults:
        """Replace them all; gives what now holds."""
        statement = "INSERT INTO faults VALUES (?, ?) ON CONFLICT (service) DO UPDATE SET body = excluded.body"
        self._store.run(statement, self._service, faults.model_dump_json())
        return faults

    def take_failure(self) -> int | None:
        """The status with which the present call fails, or None; each one is used up."""
        with self._store.transaction():
            faults = self.read()
            failing = faults.fail_requests
            if failing is None or failing.count < 1:
                return None
            failing.count -= 1
            self.set(faults)
            return failing.status

    def clear(self) -> dict[str, Any]:
        """All is well again."""
        return self.set(Faults()).model_dump()
