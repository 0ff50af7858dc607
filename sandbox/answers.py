"""Answers that arrive, and answers that get lost after the work was done."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send


class Lost(Response):
    """Announces an answer and breaks the connection before it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head alone."""
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": [(b"content-length", b"999")]}
        )


def given(body: dict[str, Any], status: int = 200, *, lost: bool = False) -> Response:
    """`body` as JSON, unless it gets lost on the way."""
    return Lost(status_code=status) if lost else JSONResponse(body, status)
