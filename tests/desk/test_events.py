"""Live news: what happens reaches the page by itself, once, and only while it may."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.conversations import transcript
from bot.conversations.assignment import offers, presence
from bot.conversations.assignment.matching import Waits
from bot.db import Database, lock
from bot.desk import access, agents, auth, events
from bot.models import Agent, AgentSession, AuditEntry, Author, Availability, Conversation
from bot.settings import settings
from tests.desk.desks import Desk, served


class Page:
    """One signed-in page on a real server: reads a stream, and acts beside it."""

    def __init__(self, url: str, desk: Desk, email: str) -> None:
        with desk.db.transaction() as session:
            agent = session.scalars(sa.select(Agent).where(Agent.email == email)).one()
            token, self.seat = auth.open_session(session, agent)
        self.http = httpx.Client(base_url=url, timeout=20, cookies={access.cookie_name(): token})
        self.http.headers[access.CSRF_HEADER] = self.seat.csrf_token

    @contextmanager
    def stream(self, query: str = "", **headers: str) -> Iterator[Iterator[tuple[str, Any, str]]]:
        """The events that come: kind, data, id."""
        with self.http.stream("GET", f"/api/desk/events{query}", headers=headers) as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield _events(answer.iter_lines())

    def post(self, path: str, body: Any = None) -> httpx.Response:
        """Write."""
        return self.http.post(f"/api/desk/{path}", json=body or {})


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Any, str]]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield fields["event"], json.loads(fields["data"]), fields["id"]
            fields = {}


def until(events: Iterator[tuple[str, Any, str]], kind: str) -> tuple[Any, str]:
    """The next event of a kind."""
    return next((data, id_) for each, data, id_ in events if each == kind)


class Live:
    """A desk on a real server, and the pages that look at it."""

    def __init__(self, desk: Desk, url: str, pages: ExitStack) -> None:
        self.desk, self._url, self._pages = desk, url, pages

    def page(self, name: str) -> Page:
        """A page of an agent."""
        page = Page(self._url, self.desk, f"{name}@example.com")
        self._pages.enter_context(page.http)
        return page


@pytest.fixture
def live(db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A desk on a real server; agents reach it by plain http here."""
    monkeypatch.setenv("GT_PUBLIC_URL", "http://127.0.0.1")
    settings.cache_clear()
    desk = Desk(db)
    with served(desk.app) as url, ExitStack() as pages:
        yield Live(desk, url, pages)
    settings.cache_clear()


def customer_says(desk: Desk, conversation_id: uuid.UUID, text: str) -> None:
    """As another process would write it: nobody here is told."""
    with desk.db.transaction() as session:
        row = lock(session, Conversation, conversation_id)
        assert row is not None
        transcript.append(session, row, author=Author.CUSTOMER, text=text)


def test_a_new_waiting_customer_appears_and_a_claim_moves_them(live: Live) -> None:
    desk = live.desk
    ana, ben = live.page("ana"), live.page("ben")
    with ana.stream() as news:
        empty = until(news, "queue")[0]
        assert (empty["waiting"], empty["mine"]) == ([], [])
        conversation_id = desk.waiting()
        assert [item["id"] for item in until(news, "queue")[0]["waiting"]] == [str(conversation_id)]
        assert ben.post(f"conversations/{conversation_id}/claim").status_code == 200
        assert until(news, "queue")[0] == empty


def test_what_a_customer_writes_reaches_the_open_thread_at_once_and_once(live: Live) -> None:
    desk = live.desk
    ana, conversation_id = live.page("ana"), desk.waiting()
    ana.post(f"conversations/{conversation_id}/claim")
    seq = desk.conversation(conversation_id).last_seq
    with ana.stream(f"?conversation={conversation_id}&after={seq}") as news:
        assert until(news, "conversation")[0]["messages"] == []
        customer_says(desk, conversation_id, "<b>One</b>")
        data, position = until(news, "conversation")
        assert [message["text"] for message in data["messages"]] == ["<b>One</b>"]
        customer_says(desk, conversation_id, "Two")
        assert [message["text"] for message in until(news, "conversation")[0]["messages"]] == ["Two"]
    with ana.stream(f"?conversation={conversation_id}&after={seq}", **{"Last-Event-ID": position}) as again:
        assert [message["text"] for message in until(again, "conversation")[0]["messages"]] == ["Two"]


def test_a_second_viewer_is_told_when_what_stands_beside_the_thread_changes(live: Live) -> None:
    desk = live.desk
    ana, sol, conversation_id = live.page("ana"), live.page("sol"), desk.waiting()
    where = f"conversations/{conversation_id}"
    ana.post(f"{where}/claim")
    seq = desk.conversation(conversation_id).last_seq
    with sol.stream(f"?conversation={conversation_id}&after={seq}") as news:
        until(news, "conversation")
        once = {"client_id": str(uuid.uuid4())}
        hold = once | {"kind": "hardship", "on": "customer", "reason": "They lost their job"}
        case = once | {"kind": "complaint", "summary": "The letter came late"}
        for path, body in ((f"{where}/holds", hold), (f"{where}/cases", case)):
            assert ana.post(path, body).status_code == 200, path
            data, position = until(news, "beside")
            assert data == {"id": str(conversation_id)}, path
    ana.post(f"{where}/holds", hold | {"client_id": str(uuid.uuid4()), "kind": "cease"})
    with sol.stream(f"?conversation={conversation_id}&after={seq}", **{"Last-Event-ID": position}) as again:
        assert until(again, "beside")[0] == {"id": str(conversation_id)}, "a page that was away hears of it"


def test_a_thread_that_somebody_else_claims_is_taken_from_the_readers_page(live: Live) -> None:
    desk = live.desk
    ana, ben, conversation_id = live.page("ana"), live.page("ben"), desk.waiting()
    with ana.stream(f"?conversation={conversation_id}") as news:
        until(news, "conversation")
        ben.post(f"conversations/{conversation_id}/claim")
        assert until(news, "gone")[0] == {"id": str(conversation_id), "message": "Ben has this conversation."}
        ben.post(f"conversations/{conversation_id}/messages", {"client_id": str(uuid.uuid4()), "text": "Not for Ana"})
        ben.post(f"conversations/{conversation_id}/return")
        desk.waiting()
        rest = [next(news) for _ in range(1)]
    assert "Not for Ana" not in json.dumps(rest)


def test_the_stream_ends_with_the_session(live: Live) -> None:
    ana = live.page("ana")
    with ana.stream() as news:
        until(news, "queue")
        assert ana.http.delete("/api/desk/session").status_code == 204
        assert [kind for kind, _, _ in news] == ["end"]


def test_watching_is_on_record_once_and_does_not_keep_a_session_alive(live: Live) -> None:
    desk = live.desk
    ana, conversation_id = live.page("ana"), desk.waiting()
    with ana.stream(f"?conversation={conversation_id}") as news:
        until(news, "conversation")
        until(news, "queue")
        customer_says(desk, conversation_id, "More")
        until(news, "queue")
    with desk.db.reading() as session:
        seen = session.scalars(
            sa.select(AuditEntry.action).where(AuditEntry.agent_id == desk.ana.id).order_by(AuditEntry.id)
        )
        assert list(seen) == ["sign_in", "conversation.follow", "queue.read"]
        assert session.scalars(sa.select(AgentSession)).one().expires_at == ana.seat.expires_at


def test_a_conversation_that_is_not_ours_to_read_is_not_streamed(live: Live) -> None:
    desk = live.desk
    ana, ben, conversation_id = live.page("ana"), live.page("ben"), desk.waiting()
    ben.post(f"conversations/{conversation_id}/claim")
    assert ana.http.get(f"/api/desk/events?conversation={conversation_id}").status_code == 403
    assert ana.http.get(f"/api/desk/events?conversation={uuid.uuid4()}").status_code == 404
    assert ana.http.get("/api/desk/events?conversation=x").status_code == 422
    for after in ("-1", str(2**31), "9" * 30):
        assert ana.http.get(f"/api/desk/events?after={after}").status_code == 422


def test_a_stream_ends_within_a_second_of_a_session_that_was_ended_elsewhere(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 3600.0)
    with live.page("ana").stream() as news:
        until(news, "queue")
        for _ in range(2):  # past its first looks: from here on it waits to be rung
            live.desk.waiting(verified=False)
            until(news, "queue")
        with live.desk.db.transaction() as session:  # as `goodterms agents disable` does, in another process
            agents.disable(session, "ana@example.com")
        assert until(news, "end")[0] == {}


def test_an_open_desk_is_a_sign_of_life_and_an_offer_of_another_process_reaches_it_at_once(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 3600.0)
    desk, ana = live.desk, live.page("ana")
    with ana.stream() as news:
        assert until(news, "own")[0]["presence"] == {"chosen": "away", "now": "away", "held": 0, "capacity": 5}
        conversation_id = desk.waiting()
        until(news, "queue")
        with desk.db.transaction() as session:
            presence.choose(session, desk.ana, Availability.AVAILABLE)
            handoff_id = session.get_one(Conversation, conversation_id).handoff_id
            assert handoff_id is not None
            offers.make(session, Waits(conversation_id, handoff_id, "general", None), desk.ana.id)
        for own in iter(lambda: until(news, "own")[0], None):
            if own["offer"]:
                break
        assert own["offer"]["conversation_id"] == str(conversation_id)
        ana.post(f"conversations/{conversation_id}/claim")
        for own in iter(lambda: until(news, "own")[0], None):
            if own["offer"] is None:
                break
        assert own["presence"]["held"] == 1
