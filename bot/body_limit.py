"""No request body is larger than the limit. Starlette's own limit answers in plain text; our errors are JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Answers with `refusal` of the limit when a body is declared, or turns out, to be above `limit` bytes; the paths
    that a pattern of `wider` matches whole have limits of their own."""

    def __init__(
        self,
        app: ASGIApp,
        limit: int,
        refusal: Callable[[int], ASGIApp],
        wider: Mapping[re.Pattern[str], int] | None = None,
    ) -> None:
        self._app = app
        self._limit = limit
        self._refusal = refusal
        self._wider = wider or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request within the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = next((own for path, own in self._wider.items() if path.fullmatch(scope["path"])), self._limit)
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or int(declared) > limit:
            await self._refusal(limit)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _TooLarge
            return message

        try:
            await self._app(scope, counted, send)
        except _TooLarge:
            await self._refusal(limit)(scope, receive, send)


class _TooLarge(Exception):
    """A body that went on past the limit."""
