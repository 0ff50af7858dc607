"""A desk to test: the real application on a real database, with agents, customers who wait, and browsers of a kind."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any

import httpx
import sqlalchemy as sa
import uvicorn
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from sqlalchemy.orm import Session

from bot import clock
from bot.app import create_app
from bot.conversations import handoff, transcript
from bot.conversations.dialogue import Answer, Reply, Turn
from bot.db import Database
from bot.desk import access, auth
from bot.desk.door import passwords
from bot.models import Agent, Author, Conversation, Customer, Role
from tests import factories

PASSWORD = "kind-words-only"
HERE = "https://pay.example"


class Echo:
    """A voice that is there and says one thing."""

    async def converse(self, turn: Turn) -> Answer:
        """The one thing."""
        return Answer([Reply("I hear you.")], "greet", 1.0)

    async def reset(self, conversation_id: uuid.UUID, locale: str) -> None:
        """Nothing is remembered."""

    async def ready(self) -> bool:
        """Always."""
        return True

    async def aclose(self) -> None:
        """Nothing is held."""


class Browser:
    """Requests to the application itself, with cookies, as over https; no server and no network between."""

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE)
        self._portal = portal

    @property
    def headers(self) -> httpx.Headers:
        """Sent with every request."""
        return self._client.headers

    @property
    def cookies(self) -> httpx.Cookies:
        """The jar."""
        return self._client.cookies

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; redirects are not followed."""
        return self._portal.call(partial(self._client.request, method, path, **options))


class Visit:
    """One browser at the desk: keeps the cookie, and sends the CSRF token once signed in."""

    def __init__(self, http: Browser) -> None:
        self.http = http

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Read `/api/desk/<path>`."""
        return self.http.request("GET", f"/api/desk/{path}", **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Write to `/api/desk/<path>`."""
        return self.http.request("POST", f"/api/desk/{path}", json={} if body is None else body, **options)

    def sign_out(self, **options: Any) -> httpx.Response:
        """Leave."""
        return self.http.request("DELETE", "/api/desk/session", **options)

    def say(self, conversation_id: uuid.UUID, text: str, client_id: str | None = None) -> httpx.Response:
        """Answer the customer."""
        body = {"client_id": client_id or str(uuid.uuid4()), "text": text}
        return self.post(f"conversations/{conversation_id}/messages", body)


class Desk:
    """The application with Ana (agent), Ben (agent) and Sol (supervisor)."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.app: FastAPI = create_app(db=db, dialogue=Echo())
        with db.transaction() as session:
            self.ana = _agent(session, "Ana", Role.AGENT)
            self.ben = _agent(session, "Ben", Role.AGENT)
            self.sol = _agent(session, "Sol", Role.SUPERVISOR)

    @contextmanager
    def visit(self, email: str | None = None, role: Role | None = None) -> Iterator[Visit]:
        """A browser, signed in as `email` (who gets `role`, with all that it asks for) or as nobody."""
        with start_blocking_portal() as portal:
            http = Browser(self.app, portal)
            if email is not None:
                with self.db.transaction() as session:
                    agent = session.scalars(sa.select(Agent).where(Agent.email == email)).one()
                    if role is not None:
                        agent.role, agent.totp_confirmed_at = role, clock.now()
                    token, seat = auth.open_session(session, agent)
                http.cookies.set(access.cookie_name(), token)
                http.headers[access.CSRF_HEADER] = seat.csrf_token
            yield Visit(http)

    def waiting(self, *, verified: bool = True, said: str = "Can I talk to somebody?", **given: Any) -> uuid.UUID:
        """A customer who asked for a person: Robin Park with 100.00 overdue, or somebody unknown."""
        with self.db.transaction() as session:
            customer = None
            if verified:
                customer = factories.customer(session)
                factories.invoice(session, customer)
            return waiting(session, customer, said, **given)

    def conversation(self, conversation_id: uuid.UUID) -> Conversation:
        """The row as it is now."""
        with self.db.reading() as session:
            return session.get_one(Conversation, conversation_id)


def waiting(session: Session, customer: Customer | None, said: str, **given: Any) -> uuid.UUID:
    """A conversation in the queue; `given` goes to the hand-over (reason, skill, summary, priority)."""
    proof = {"customer_id": customer.id, "verified_until": clock.now() + dt.timedelta(minutes=30)} if customer else {}
    conversation = factories.conversation(session, **proof)
    transcript.append(session, conversation, author=Author.CUSTOMER, text=said)
    asked: dict[str, Any] = {"reason": "request_human", "skill": "general", "summary": {"wish": "a person"}}
    handoff.request(session, conversation.id, **(asked | given))
    return conversation.id


def _agent(session: Session, name: str, role: Role) -> Agent:
    agent = Agent(email=f"{name.lower()}@example.com", name=name, role=role, password_hash=_kind_words_only())
    session.add(agent)
    session.flush()
    return agent


@lru_cache(maxsize=1)
def _kind_words_only() -> str:
    # A good hash is slow on purpose: one for all tests.
    return passwords.hashed(PASSWORD)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application as a real server on a free loopback port; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
