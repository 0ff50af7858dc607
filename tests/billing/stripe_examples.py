"""Stripe as far as its published examples go: a server that answers each call with the example of its object.

It keeps what was asked, held against what the official library says may be sent. No answer is the sandbox's.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sandbox import form

FILE = Path(__file__).resolve().parents[3] / "shared" / "specs" / "stripe_fixtures3.json"
_KINDS = {
    "checkout/sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "payment_methods": "payment_method",
    "refunds": "refund",
    "disputes": "dispute",
    "events": "event",
}
Body = dict[str, Any]


@dataclass
class Examples:
    """`asked` are the operations and their parameters, in order; `answers` stand in for the example of an operation."""

    url: str = ""
    asked: list[tuple[str, Body]] = field(default_factory=list)
    answers: dict[str, tuple[int, Body]] = field(default_factory=dict)

    def answer(self, method: str, path: str, encoded: str) -> tuple[int, Body]:
        """Status and body. A call that the library does not know is an error of the test."""
        [operation] = [each for each in form.OPERATIONS if re.fullmatch(_pattern(each), f"{method} {path}")]
        self.asked.append((operation, form.read(operation, encoded)))
        if operation in self.answers:
            return self.answers[operation]
        [collection] = [each for each in _KINDS if path.startswith(f"/v1/{each}")]
        found = example(_KINDS[collection])
        if method == "GET" and path == f"/v1/{collection}":
            return 200, {"object": "list", "data": [found], "has_more": False, "url": path}
        return 200, found


def example(kind: str) -> Body:
    """Stripe's own example of an object, in dollars where it leaves the currency open."""
    found: Body = json.loads(FILE.read_text())["resources"][kind]
    return {**found, "currency": found["currency"] or "usd"} if "currency" in found else found


@contextmanager
def examples() -> Iterator[Examples]:
    """The server on a free port."""
    kept = Examples()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            self._send(*kept.answer("GET", path, query))

        def do_POST(self) -> None:
            encoded = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._send(*kept.answer("POST", self.path, encoded))

        def _send(self, status: int, body: Body) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


def _pattern(operation: str) -> str:
    return re.escape(operation).replace(re.escape("{id}"), "[^/]+")
