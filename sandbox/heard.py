"""The calls that the stand-ins for Twilio and Meta have accepted, so that tests can hold them to the specifications."""

from __future__ import annotations

from collections import deque
from typing import Any

from fastapi import Request

KEPT = 5_000


class Heard:
    """The newest calls of this process, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def note(self, service: str, request: Request, body: bytes = b"") -> None:
        """Remember one call: the `service` that it was for (twilio, content, meta) and what it said."""
        call = {"service": service, "method": request.method, "path": request.url.path, "query": request.url.query}
        kind = request.headers.get("content-type", "")
        self._calls.append({**call, "content_type": kind, "body": body.decode(errors="replace")})

    def read(self, service: str = "") -> list[dict[str, Any]]:
        """`[{service, method, path, query, content_type, body}]`, of one service or of all."""
        return [call for call in self._calls if service in ("", call["service"])]
