"""The sandbox's mailboxes: what the product sends arrives there, and what their owners answer comes back to it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.channels import outbox, senders
from bot.db import Database
from bot.models import Author, Channel, DeliveryStatus, Message, Provider
from bot.settings import settings
from tests.channels.mail_server import ADDRESS, FROM
from tests.channels.phones import Phone
from tests.conftest import SetClock
from tests.sandbox.running import Running, running

HTML = re.compile(r"<(?:script|img)|url\(", re.I)


@pytest.fixture
def sandbox(tmp_path: Path, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A sandbox that takes the product's e-mail."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    for name, value in (("HOST", "127.0.0.1"), ("PORT", str(port)), ("TLS", "off"), ("FROM", FROM)):
        monkeypatch.setenv(f"GT_SMTP_{name}", value)
    settings.cache_clear()
    with running(tmp_path, mail_port=port) as found:
        yield found
    senders.close()
    settings.cache_clear()


@pytest.fixture
def mailbox(sqlite_db: Database, clock: SetClock) -> Phone:
    return Phone(sqlite_db, channel=Channel.EMAIL, provider=Provider.SMTP, number=ADDRESS)


def said(mailbox: Phone) -> list[str]:
    with mailbox.db.reading() as session:
        query = sa.select(Message.text).where(Message.author == Author.CUSTOMER).order_by(Message.seq)
        return list(session.scalars(query))


def test_what_the_product_sends_is_in_the_outbox_and_in_the_mailbox(sandbox: Running, mailbox: Phone) -> None:
    mailbox.hears("There's a message for you.", unasked=True)
    assert outbox.send_due(mailbox.db) == 1
    assert mailbox.statuses() == [DeliveryStatus.SENT]
    (kept,) = sandbox.http.get("/sandbox/outbox", params={"to": "Maya@Example.com"}).json()
    assert (kept["to"], kept["channel"]) == (ADDRESS, "email")
    assert kept["body"].startswith("There's a message for you.")
    (mail,) = sandbox.http.get("/sandbox/mail", params={"to": ADDRESS}).json()
    assert mail["subject"] == "A message from Juniper & Finch Home"
    assert mail["unsubscribe"].startswith("https://pay.example/unsubscribe/")
    page = sandbox.http.get(f"/sandbox/mail/{mail['id']}")
    assert "There&#39;s a message for you." in page.text
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert ADDRESS in sandbox.http.get("/sandbox/mailbox", params={"to": ADDRESS}).text
    assert not HTML.search(page.text)


def test_an_answer_comes_back_into_the_same_conversation(sandbox: Running, mailbox: Phone) -> None:
    mailbox.hears("There's a message for you.", unasked=True)
    outbox.send_due(mailbox.db)
    (mail,) = sandbox.http.get("/sandbox/mail").json()
    answer = {"from": ADDRESS, "text": "Hello, what is it?", "answers": mail["id"]}
    assert sandbox.http.post("/sandbox/mail", json=answer, timeout=60).json() == {"said": "taken"}
    assert said(mailbox) == ["Hello, what is it?"]


def test_a_person_answers_from_the_page(sandbox: Running, mailbox: Phone) -> None:
    mailbox.hears("There's a message for you.", unasked=True)
    outbox.send_due(mailbox.db)
    (mail,) = sandbox.http.get("/sandbox/mail").json()
    form = {"to": ADDRESS, "text": "From the page", "answers": mail["id"]}
    shown = sandbox.http.post("/sandbox/mailbox", data=form, timeout=60, follow_redirects=True)
    assert '<p class="note" role="status">taken</p>' in shown.text
    assert said(mailbox) == ["From the page"]


def test_a_message_that_comes_twice_is_shown_once(sandbox: Running, mailbox: Phone) -> None:
    mailbox.hears("Once.", unasked=True)
    outbox.send_due(mailbox.db)
    with mailbox.db.transaction() as session:
        for delivery in mailbox.deliveries():
            again = session.merge(delivery)
            again.status, again.next_at = DeliveryStatus.QUEUED, again.created_at
    assert outbox.send_due(mailbox.db) == 1
    assert len(sandbox.http.get("/sandbox/mail").json()) == 1


def test_an_answer_to_nothing_is_refused(sandbox: Running) -> None:
    for body in ({"from": ADDRESS, "text": "x", "answers": "none"}, {"from": ADDRESS, "text": "x"}):
        assert sandbox.http.post("/sandbox/mail", json=body).status_code in (404, 409)
    assert sandbox.http.get("/sandbox/mail/none").status_code == 404


def test_without_a_server_of_ours_the_sandbox_opens_no_port(tmp_path: Path) -> None:
    with running(tmp_path) as found, httpx.Client(base_url=found.url) as client:
        assert client.get("/healthz").status_code == 200
        assert not found.settings.plays_mail
