"""The whole way out, with the web process and both providers on real ports, while the providers misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.app import create_app
from bot.channels.front_door import FrontDoor
from bot.conversations import transcript
from bot.conversations.dialogue import Answer, Reply
from bot.db import Database, lock
from bot.models import Author, Conversation, Delivery, DeliveryStatus
from tests.channels.phone_line import set_up
from tests.conftest import SetClock
from tests.sandbox import running
from tests.sandbox.running import Running
from tests.served import served
from tests.voices import Voice

WAYS = (("sms", "twilio", "+12105550101"), ("whatsapp", "twilio", "+13125550102"), ("whatsapp", "meta", "+14155550103"))
ARRIVED = {DeliveryStatus.DELIVERED, DeliveryStatus.READ}
MANY = 12
BUTTONS = [{"title": "My account", "payload": "/a"}, {"title": "Talk to a person", "payload": "/b"}]


class Shop:
    """The product, its address, its front door and its database."""

    def __init__(self, db: Database, url: str, door: FrontDoor) -> None:
        self.db, self.url, self.door = db, url, door

    def hears(self, number: str, text: str) -> None:
        """One more message of ours."""
        with self.db.transaction() as session:
            found = session.scalar(sa.select(Conversation.id).where(Conversation.address == number))
            conversation = lock(session, Conversation, found)
            assert conversation is not None
            transcript.append(session, conversation, author=Author.BOT, text=text, buttons=BUTTONS)

    def statuses(self) -> set[DeliveryStatus]:
        """Of everything that goes out."""
        with self.db.reading() as session:
            return {DeliveryStatus(status) for status in session.scalars(sa.select(Delivery.status))}

    async def until_arrived(self, clock: SetClock) -> None:
        """Time passes, in steps of five seconds, until everything has arrived."""
        for _ in range(600):
            if self.statuses() <= ARRIVED:
                return
            clock.advance(seconds=5)
            self.door.signals.ring("time")
            async with httpx.AsyncClient() as http:  # a round of the loop for everybody
                await http.get(f"{self.url}/healthz")
        raise AssertionError(self.statuses())


@pytest.fixture
async def shop(sqlite_db: Database, clock: SetClock) -> AsyncIterator[Shop]:
    app = create_app(db=sqlite_db, dialogue=Voice(lambda turn: Answer([Reply("Hello.")], "greet", 0.9)))
    async with served(app) as address:
        yield Shop(sqlite_db, address, app.state.front_door)


@pytest.fixture
def sandbox(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running.running(tmp_path / "sandbox", shop.url) as server:
        set_up(
            monkeypatch,
            GT_PUBLIC_URL=shop.url,
            TWILIO_ACCOUNT_SID=running.ACCOUNT,
            TWILIO_AUTH_TOKEN=running.TOKEN,
            TWILIO_FROM=running.FROM,
            TWILIO_WHATSAPP_FROM=running.WHATSAPP_FROM,
            TWILIO_API_BASE=server.url,
            TWILIO_CONTENT_API_BASE=server.url,
            META_ACCESS_TOKEN=running.META_TOKEN,
            META_APP_SECRET=running.META_SECRET,
            META_PHONE_NUMBER_ID=running.META_PHONE_ID,
            META_API_BASE=server.url,
        )
        yield server


def came(sandbox: Running, number: str) -> list[str]:
    """The first lines of what that phone was sent, after the greeting and the answer to it."""
    kept = sandbox.http.get("/sandbox/outbox", params={"to": number}).json()
    return [one["body"].split("\n")[0] for one in kept][2:]


async def test_errors_lost_answers_and_repeated_and_scattered_reports_lose_nothing_and_repeat_nothing(
    shop: Shop, sandbox: Running, clock: SetClock
) -> None:
    for channel, carrier, number in WAYS:
        await asyncio.to_thread(sandbox.write, number, channel=channel, provider=carrier, text="hello")
    await shop.until_arrived(clock)
    for service in ("twilio", "meta"):
        sandbox.faults(
            service, error_percent=10, repeat_percent=20, scatter_webhooks_s=0.2, shuffle=True, lose_answers=2
        )
    said = [f"Number {number} of many." for number in range(MANY)]
    for text in said:
        for _, _, number in WAYS:
            shop.hears(number, text)
    await shop.until_arrived(clock)
    assert {number: came(sandbox, number) for _, _, number in WAYS} == {number: said for _, _, number in WAYS}


async def test_ten_minutes_without_providers_keep_everything_in_order(
    shop: Shop, sandbox: Running, clock: SetClock
) -> None:
    for channel, carrier, number in WAYS:
        await asyncio.to_thread(sandbox.write, number, channel=channel, provider=carrier, text="hello")
    await shop.until_arrived(clock)
    for service in ("twilio", "meta"):
        sandbox.faults(service, down=True)
    said = [f"Minute {minute}." for minute in range(10)]
    for text in said:
        for _, _, number in WAYS:
            shop.hears(number, text)
        clock.advance(minutes=1)
        shop.door.signals.ring("time")
    for service in ("twilio", "meta"):
        sandbox.faults(service)
    await shop.until_arrived(clock)
    assert {number: came(sandbox, number) for _, _, number in WAYS} == {number: said for _, _, number in WAYS}
