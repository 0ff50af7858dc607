"""Stripe's events: recorded, signed, handed to the courier."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

from sandbox import objects
from sandbox.clock import Clock
from sandbox.courier import Courier, Headers, Parcel, Sign
from sandbox.faults import FaultBox
from sandbox.form import API_VERSION
from sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Cause:
    """The API call that an event stems from; the customer's own doings have none."""

    request_id: str | None = None
    idempotency_key: str | None = None
    api_version: str = API_VERSION


@dataclass(frozen=True, slots=True)
class Events:
    """Keeps events and sends them to the one webhook address."""

    store: Store
    clock: Clock
    courier: Courier
    faults: FaultBox
    url: str

    def emit(self, cause: Cause, *happenings: tuple[str, dict[str, Any]]) -> None:
        """Record what happened, in order, and send a webhook for each. Call inside the transaction that made it so."""
        parcels = []
        for kind, thing in happenings:
            request = {"id": cause.request_id, "idempotency_key": cause.idempotency_key}
            event = objects.event(
                kind, thing, created=self.clock.timestamp(), api_version=cause.api_version, request=request
            )
            self.store.save(event)
            parcels.append(Parcel(event["id"], kind, self.url, json.dumps(event, indent=2)))
        self.courier.send("stripe", parcels, self.faults.read())


def signer(secret: str) -> Sign:
    """Stripe's signature of a webhook, made anew for each attempt: https://docs.stripe.com/webhooks/signatures"""

    def sign(url: str, payload: str) -> Headers:
        at = int(time.time())
        digest = hmac.new(secret.encode(), f"{at}.{payload}".encode(), hashlib.sha256).hexdigest()
        return {"Stripe-Signature": f"t={at},v1={digest}", "Content-Type": "application/json; charset=utf-8"}

    return sign
