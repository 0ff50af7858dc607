"""One round at a time for one phone, in the order in which its messages came, whatever the database took first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.channels import phone_events, twilio_webhook
from bot.channels.front_door import FrontDoor
from bot.channels.rounds import Rounds
from bot.db import Database
from bot.models import Author, ExternalEvent, Message
from tests.channels.phone_line import MAYA, set_up
from tests.voices import Voice


@pytest.fixture
async def rounds(db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rounds]:
    """A front door's rounds; nobody comes to it, so that the test alone says what arrives."""
    set_up(monkeypatch)
    door = FrontDoor(db, Voice())
    made = Rounds(door)
    yield made
    await made.quiet()
    await door.close()


def came(number: int) -> ExternalEvent:
    """A text message that is being taken in."""
    fields = [("MessageSid", f"SM{number:032x}"), ("From", MAYA), ("Body", f"number {number}")]
    (event,) = twilio_webhook.message_events(fields)
    return event


def store(db: Database, event: ExternalEvent) -> None:
    db.in_transaction(lambda session: phone_events.take_in(session, [event]))


def heard(db: Database) -> list[str]:
    with db.reading() as session:
        rows = session.query(Message).filter_by(author=Author.CUSTOMER).order_by(Message.seq)
        return [message.text for message in rows]


async def test_of_two_webhooks_that_overlap_the_first_is_carried_first(rounds: Rounds, db: Database) -> None:
    one, two = came(1), came(2)
    first = rounds.arriving([MAYA])
    first.__enter__()
    with rounds.arriving([MAYA]):
        store(db, two)
    await rounds.quiet()
    assert heard(db) == [], "an earlier one is still being written down"
    store(db, one)
    first.__exit__(None, None, None)
    await rounds.quiet()
    assert heard(db) == ["number 1", "number 2"]


async def test_what_comes_during_a_round_is_carried_too(rounds: Rounds, db: Database) -> None:
    for number in range(8):
        with rounds.arriving([MAYA]):
            store(db, came(number))
        await asyncio.wait(set(rounds._running.values()), timeout=0.01)
    await rounds.quiet()
    assert heard(db) == [f"number {number}" for number in range(8)]


async def test_a_webhook_that_could_not_be_written_down_blocks_nobody(rounds: Rounds, db: Database) -> None:
    with pytest.raises(RuntimeError), rounds.arriving([MAYA]):
        raise RuntimeError("the database was away")
    with rounds.arriving([MAYA]):
        store(db, came(1))
    await rounds.quiet()
    assert heard(db) == ["number 1"]
