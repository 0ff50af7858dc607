"""The front of Stripe's API: key, faults on demand, parameters, idempotency. What is then done is in `calls.py`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import form, objects
from sandbox.call import Call
from sandbox.calls import Calls
from sandbox.clock import Clock
from sandbox.declines import DECLINES
from sandbox.events import Cause
from sandbox.faults import FaultBox
from sandbox.refusal import StripeRefusal
from sandbox.store import Store

Object = dict[str, Any]
KEY_LIFE_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers to send back."""

    status: int
    body: Object
    headers: dict[str, str]


class StripeApi:
    """The API over the store."""

    def __init__(self, key: str, store: Store, clock: Clock, calls: Calls, faults: FaultBox) -> None:
        self._key = key
        self._store = store
        self._clock = clock
        self._faults = faults
        self._calls = calls
        self._patterns = [(operation, _pattern(operation)) for operation in form.OPERATIONS]

    def answer(self, method: str, path: str, encoded: str, headers: Mapping[str, str]) -> Answer:
        """Everything between the raw request and the answer; refusals are answers too."""
        cause = Cause(
            request_id=objects.new_id("req_", 14),
            idempotency_key=headers.get("idempotency-key") or None,
            api_version=headers.get("stripe-version") or form.API_VERSION,
        )
        out = {"Request-Id": str(cause.request_id), "Stripe-Version": cause.api_version}
        if cause.idempotency_key:
            out["Idempotency-Key"] = cause.idempotency_key
        try:
            self._authorise(headers.get("authorization", ""))
            self._fail_on_demand()
            if method == "POST" and cause.idempotency_key:
                status, body, replayed = self._once(method, path, encoded, cause)
                return Answer(status, body, {**out, "Idempotent-Replayed": "true"} if replayed else out)
            return Answer(200, self._perform(method, path, encoded, cause), out)
        except StripeRefusal as refusal:
            return Answer(refusal.status, refusal.body(), out)

    def _authorise(self, header: str) -> None:
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                value = ""
        if scheme.lower() not in ("bearer", "basic") or not value:
            message = "You did not provide an API key. You need to provide your API key in the Authorization header."
            raise StripeRefusal(message, status=401)
        if not hmac.compare_digest(value.encode(), self._key.encode()):
            raise StripeRefusal(f"Invalid API Key provided: {value[:8]}****{value[-4:]}", status=401)

    def _fail_on_demand(self) -> None:
        failure = self._faults.take_failure()
        status = failure and failure.status
        if status == 402:
            decline = DECLINES["generic_decline"]
            raise StripeRefusal(decline.message, status=402, type="card_error", **decline.fields())
        if status == 429:
            message = "Request rate limit exceeded. You can learn more at https://stripe.com/docs/rate-limits."
            raise StripeRefusal(message, status=429, code="rate_limit")
        if status:
            raise StripeRefusal("An unknown error occurred", status=status, type="api_error")

    def _once(self, method: str, path: str, encoded: str, cause: Cause) -> tuple[int, Object, bool]:
        """Do it, or answer as the first time. Calls that never got as far as doing something are not remembered."""
        key = str(cause.idempotency_key)
        if len(key) > 255:
            raise StripeRefusal("Idempotency keys may be at most 255 characters.", type="idempotency_error")
        mark = hashlib.sha256(json.dumps([method, path, sorted(encoded.split("&"))]).encode()).hexdigest()
        now = self._clock.now().timestamp()
        with self._store.transaction():
            self._store.run("DELETE FROM idempotency WHERE at < ?", now - KEY_LIFE_S)
            first = self._store.rows("SELECT * FROM idempotency WHERE key = ?", key)
            if first and first[0]["fingerprint"] != mark:
                message = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                    f"Try using a key other than '{key}' if you meant to execute a different request."
                )
                raise StripeRefusal(message, type="idempotency_error")
            if first:
                return first[0]["status"], json.loads(first[0]["body"]), True
            try:
                status, body = 200, self._perform(method, path, encoded, cause)
            except StripeRefusal as refusal:
                if refusal.status != 402:
                    raise
                status, body = 402, refusal.body()
            self._store.run("INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)", key, mark, status, json.dumps(body), now)
        return status, body, False

    def _perform(self, method: str, path: str, encoded: str, cause: Cause) -> Object:
        for operation, pattern in self._patterns:
            found = pattern.fullmatch(f"{method} {path}")
            if found:
                parameters = form.read(operation, encoded)
                return self._calls.perform(operation, Call(found.groupdict().get("id", ""), path, parameters, cause))
        message = f"Unrecognized request URL ({method}: {path}). The sandbox plays: {', '.join(form.OPERATIONS)}."
        raise StripeRefusal(message, status=404)


def _pattern(operation: str) -> re.Pattern[str]:
    return re.compile(re.escape(operation).replace(r"\{id\}", r"(?P<id>[A-Za-z0-9_]+)"))
