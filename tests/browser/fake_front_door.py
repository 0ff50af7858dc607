"""A front door that a test directs: the widget API (design section 8), faults on demand, pages that embed it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, StreamingResponse

WIDGET = Path(__file__).parents[2] / "widget"
T = TypeVar("T")
GREETING = "Hello! I'm the assistant, an automated one. How can I help with your account?"
HOST_PAGE = """<!doctype html>
<html lang="{lang}" dir="{dir}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A page</title>
<style>* {{ color: red !important; font-size: 3px !important; display: inline }} html {{ font-size: 62.5% }}</style>
<h1>A page with loud styles</h1>
<script>{before}</script>
<script src="{script}" {attributes} async></script>
</html>"""

Json = dict[str, Any]
Replies = Callable[[Json], list[Json]]


def no_replies(_message: Json) -> list[Json]:
    """The bot that says nothing."""
    return []


@dataclass
class Conversation:
    """One transcript, its state and who is listening."""

    id: str = field(default_factory=lambda: uuid4().hex)
    messages: list[Json] = field(default_factory=list)
    state: Json = field(default_factory=lambda: {"holder": "bot", "position": None, "agent": None})
    news: asyncio.Event = field(default_factory=asyncio.Event)


class FakeFrontDoor:
    """Serves on a free loopback port from its own thread. What a test may turn:

    `replies` gives the bot's answer to a customer's message; `fail(path, status, times)` answers errors; `lose_answers`
    takes a message and then breaks the connection before the 202; `streams` off answers 404 for events; `repeat` tells
    everything twice; `names_client_ids` off leaves them out of the transcript; `page_size` bounds one answer to a poll.
    `posts` is every message request that came in, repeats included.
    """

    def __init__(self) -> None:
        self.replies: Replies = no_replies
        self.streams = True
        self.repeat = False
        self.names_client_ids = True
        self.greets = True
        self.lose_answers = 0
        self.page_size = 1000
        self.posts: list[Json] = []
        self.sessions: list[Json] = []
        self.polls: list[Json] = []
        self.opened_streams: list[str | None] = []
        self.conversations: dict[str, Conversation] = {}
        self._tokens: dict[str, Conversation] = {}
        self._failures: list[tuple[str, int, Json]] = []
        self._generation = 0
        self._host_page = ""
        self._loop = asyncio.new_event_loop()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._app = self._build()
        self._server = uvicorn.Server(
            uvicorn.Config(self._app, log_level="error", lifespan="on", timeout_graceful_shutdown=1)
        )
        self._up = threading.Event()
        self._happened = threading.Condition()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    # -- for the test

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """The origin of the widget's script and API."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begin to serve; comes back once it answers."""
        self._thread.start()
        if not self._up.wait(20):
            raise TimeoutError("the fake front door did not come up")

    def stop(self) -> None:
        """Close every stream and end."""
        self.drop_streams()
        self._server.should_exit = True
        self._thread.join(10)

    def conversation(self) -> Conversation:
        """The newest conversation."""
        return list(self.conversations.values())[-1]

    def say(self, text: str, *, author: str = "bot", **more: Any) -> Json:
        """Put a message into the newest conversation: `buttons`, `card`, `agent` as keyword arguments."""
        return self._on_loop(lambda: self._append(self.conversation(), author, text, **more))

    def set_state(self, holder: str, position: int | None = None, agent: str | None = None) -> None:
        """Change who holds the newest conversation."""

        def change() -> None:
            conversation = self.conversation()
            conversation.state = {"holder": holder, "position": position, "agent": {"name": agent} if agent else None}
            self._tell(conversation)

        self._on_loop(change)

    def fail(self, path: str, status: int, times: int = 1, message: str = "Not just now.") -> None:
        """Answer the next `times` requests whose path ends so with `status`."""
        self._failures += [(path, status, {"error": {"code": "fault", "message": message}})] * times

    def recover(self) -> None:
        """No more failures."""
        self._failures.clear()

    def drop_streams(self) -> None:
        """Close every open stream and long poll."""

        def drop() -> None:
            self._generation += 1
            for conversation in self.conversations.values():
                self._tell(conversation)

        self._on_loop(drop)

    def wait_until(self, true: Callable[[], bool], seconds: float = 10) -> None:
        """Come back once `true()` holds, looked at with every request. Raises TimeoutError after `seconds`."""
        with self._happened:
            if not self._happened.wait_for(true, seconds):
                raise TimeoutError("what the test waits for did not happen")

    def revoke(self) -> None:
        """Forget every session: tokens are worth nothing from now on."""
        self._tokens.clear()
        self.drop_streams()

    def host_page(self, **parts: str) -> str:
        """The address of a page on another origin with the widget: `attributes`, `before` (script), `lang`, `dir`."""
        page = {
            "attributes": "data-goodterms",
            "before": "",
            "lang": "en",
            "dir": "ltr",
            "script": f"{self.url}/widget.js",
        } | parts
        self._host_page = HOST_PAGE.format(**page)
        return f"http://localhost:{self.port}/host"

    # -- inside

    def _on_loop(self, job: Callable[[], T]) -> T:
        async def run() -> T:
            return job()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve(sockets=[self._socket]))

    def _append(self, conversation: Conversation, author: str, text: str, **more: Any) -> Json:
        message: Json = {
            "id": f"{len(conversation.messages):08d}-{uuid4().hex[:8]}",
            "author": author,
            "text": text,
            "buttons": [],
            "card": None,
        }
        message |= {"created_at": datetime.now(UTC).isoformat()} | more
        conversation.messages.append(message)
        self._tell(conversation)
        return message

    def _tell(self, conversation: Conversation) -> None:
        conversation.news.set()
        conversation.news = asyncio.Event()

    def _after(self, conversation: Conversation, last: str | None) -> list[Json]:
        ids = [message["id"] for message in conversation.messages]
        found = conversation.messages[ids.index(last) + 1 :] if last in ids else conversation.messages
        shown = [
            message if self.names_client_ids else {k: v for k, v in message.items() if k != "client_id"}
            for message in found
        ]
        return shown * 2 if self.repeat else shown

    def _build(self) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            self._up.set()
            yield

        app = FastAPI(lifespan=lifespan)
        app.add_middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
            expose_headers=["Retry-After"],
        )

        def refused(request: Request) -> Response | None:
            for failure in self._failures:
                if request.url.path.endswith(failure[0]):
                    self._failures.remove(failure)
                    return JSONResponse(failure[2], failure[1])
            return None

        @app.middleware("http")
        async def note(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
            response = await proceed(request)
            with self._happened:
                self._happened.notify_all()
            return response

        def of(request: Request) -> Conversation | None:
            return self._tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))

        unknown = JSONResponse({"error": {"code": "not_signed_in", "message": "This chat has ended."}}, 401)

        @app.post("/api/chat/sessions", status_code=201, response_model=None)
        async def begin(request: Request) -> Response | Json:
            body = await request.json()
            self.sessions.append(body)
            if refusal := refused(request):
                return refusal
            conversation = Conversation()
            self.conversations[conversation.id] = conversation
            token = uuid4().hex
            self._tokens[token] = conversation
            if self.greets:
                self._append(conversation, "bot", GREETING)
            return {"conversation_id": conversation.id, "token": token}

        @app.post("/api/chat/messages", status_code=202, response_model=None)
        async def take(request: Request) -> Response | Json:
            body = await request.json()
            if refusal := refused(request):
                return refusal
            if (conversation := of(request)) is None:
                return unknown
            self.posts.append(body)
            known = [message for message in conversation.messages if message.get("client_id") == body["client_id"]]
            text = body.get("text", body.get("title", ""))
            message = known[0] if known else self._append(conversation, "customer", text, client_id=body["client_id"])
            if not known:
                for reply in self.replies(body):
                    self._append(conversation, reply.pop("author", "bot"), reply.pop("text", ""), **reply)
            if self.lose_answers:
                self.lose_answers -= 1
                return StreamingResponse(_broken())
            return {"message_id": message["id"]}

        @app.get("/api/chat/messages", response_model=None)
        async def poll(request: Request, after: str | None = None, wait: float = 0) -> Response | Json:
            self.polls.append({"after": after, "wait": wait})
            if refusal := refused(request):
                return refusal
            if (conversation := of(request)) is None:
                return unknown
            if not self._after(conversation, after) and wait:
                with suppress(TimeoutError):
                    await asyncio.wait_for(conversation.news.wait(), wait)
            return {"messages": self._after(conversation, after)[: self.page_size], "state": conversation.state}

        @app.get("/api/chat/events", response_model=None)
        async def events(request: Request) -> Response:
            if refusal := refused(request):
                return refusal
            if not self.streams:
                return JSONResponse({"error": {"code": "not_found", "message": "No stream here."}}, 404)
            if (conversation := of(request)) is None:
                return unknown
            last = request.headers.get("Last-Event-ID")
            self.opened_streams.append(last)
            return StreamingResponse(self._stream(conversation, last), media_type="text/event-stream")

        @app.get("/widget.js")
        async def script() -> FileResponse:
            return FileResponse(WIDGET / "widget.js")

        @app.get("/shop{rest:path}")
        async def shop(rest: str) -> FileResponse:
            return FileResponse(WIDGET / ("shop.css" if rest == "/shop.css" else "shop.html"))

        @app.get("/host")
        async def host() -> HTMLResponse:
            return HTMLResponse(self._host_page)

        return app

    async def _stream(self, conversation: Conversation, last: str | None) -> AsyncIterator[str]:
        generation = self._generation
        state = ""
        while generation == self._generation:
            news = conversation.news
            for message in self._after(conversation, last):
                yield f"id: {message['id']}\nevent: message\ndata: {json.dumps(message)}\n\n"
                last = message["id"]
            if state != (state := json.dumps(conversation.state)):
                yield f"event: state\ndata: {state}\n\n"
            await news.wait()


async def _broken() -> AsyncIterator[bytes]:
    yield b"{"
    raise ConnectionError("the answer is lost on the way")
