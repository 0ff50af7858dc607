"""A database that somebody else has locked: the customer is told, nothing is lost, nothing comes twice."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest

from bot import db as databases
from bot.app import create_app
from bot.db import Database
from tests.billing.fake_gateway import FakeGateway
from tests.served import Visitor, served
from tests.voices import Voice


@pytest.fixture
async def impatient(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Visitor, str]]:
    """A visitor whose front door waits for a lock a tenth of a second only, and the database's file."""
    monkeypatch.setattr(databases, "BUSY_MS", 100)
    db = Database(sqlite_db.url)
    app = create_app(db=db, dialogue=Voice(), payments=FakeGateway())
    async with served(app) as address, httpx.AsyncClient(base_url=address) as client:
        yield await Visitor(client).open(), sqlite_db.url.removeprefix("sqlite:///")
    db.dispose()


async def test_a_locked_database_is_said_kindly_and_the_same_message_is_taken_once_later(
    impatient: tuple[Visitor, str],
) -> None:
    visitor, path = impatient
    same = str(uuid.uuid4())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = await visitor.post("hello", client_id=same)
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "busy"
    assert "Nothing is lost" in refused.json()["error"]["message"]
    assert refused.headers["Retry-After"]
    assert (await visitor.read())["messages"][-1]["author"] == "bot"  # who only reads waits for nobody
    other.execute("ROLLBACK")
    other.close()
    after = await visitor.say("hello", client_id=same)
    assert [message["text"] for message in (await visitor.read(after, wait=20))["messages"]] == ["You said: hello"]
