"""The web application on a real port, and a customer's browser in front of it."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI


@contextlib.asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The application at the address that it gives, until the end of the block."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.wait({task}, timeout=0.01)
        if task.done():
            task.result()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class Visitor:
    """A customer's browser: one chat session."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.conversation_id = ""
        self.last: str | None = None

    async def open(self, **body: Any) -> Visitor:
        """Open a session."""
        answer = await self.client.post("/api/chat/sessions", json=body)
        assert answer.status_code == 201, answer.text
        self.conversation_id = answer.json()["conversation_id"]
        self.client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return self

    async def post(self, text: str | None = None, **body: Any) -> httpx.Response:
        """Send a message; the raw answer."""
        body = {"client_id": str(uuid.uuid4()), **({"text": text} if text is not None else {}), **body}
        return await self.client.post("/api/chat/messages", json=body)

    async def say(self, text: str, **body: Any) -> str:
        """Send a text; its message id."""
        answer = await self.post(text, **body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["message_id"])

    async def read(self, after: str | None = None, wait: float = 0) -> dict[str, Any]:
        """What there is after a message."""
        params = {"wait": wait, **({"after": after} if after else {})}
        answer = await self.client.get("/api/chat/messages", params=params, timeout=60)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ask(self, text: str) -> list[dict[str, Any]]:
        """Send a text and wait for what is answered."""
        after = await self.say(text)
        messages: list[dict[str, Any]] = (await self.read(after, wait=20))["messages"]
        return messages
