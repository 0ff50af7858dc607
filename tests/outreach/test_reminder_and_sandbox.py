"""A reminder on its way to a phone, and the answer back: by the providers as the sandbox plays them (C3, T4, P1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from bot.app import create_app
from bot.channels import outbox, senders
from bot.conversations.dialogue import Answer, Reply
from bot.db import Database
from bot.models import Channel, Conversation, Delivery, DeliveryStatus, Message, ReminderStatus
from bot.outreach import reminders
from tests import factories
from tests.channels.phone_line import MAYA, Line, set_up
from tests.conftest import SetClock
from tests.outreach.reminded import rows, says_yes
from tests.sandbox import running
from tests.sandbox.running import Running
from tests.served import served
from tests.voices import Voice

WAYS = [(Channel.SMS, "twilio"), (Channel.WHATSAPP, "twilio"), (Channel.WHATSAPP, "meta")]


@pytest.fixture
def _connections() -> Iterator[None]:
    """What this process keeps open to the providers ends with the test."""
    yield
    senders.close()


@pytest.fixture
async def line(sqlite_db: Database, clock: SetClock, _connections: None) -> AsyncIterator[Line]:
    """The product on a port of its own, with an assistant that says one thing."""
    voice = Voice(lambda turn: Answer([Reply(f"You said: {turn.text}")], "affirm", 0.9))
    app = create_app(db=sqlite_db, dialogue=voice)
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        yield Line(http, app)


@pytest.fixture(params=WAYS, ids=["sms", "whatsapp", "meta"])
def way(request: pytest.FixtureRequest) -> tuple[Channel, str]:
    """The medium, and who carries it."""
    found: tuple[Channel, str] = request.param
    return found


@pytest.fixture
def sandbox(line: Line, way: tuple[Channel, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Both providers, set up with the product's address and it with theirs; Meta only where it is to carry it."""
    public_url = str(line.http.base_url).rstrip("/")
    is_meta = way[1] == "meta"
    with running.running(tmp_path / "sandbox", public_url) as server:
        set_up(
            monkeypatch,
            GT_PUBLIC_URL=public_url,
            TWILIO_ACCOUNT_SID=running.ACCOUNT,
            TWILIO_AUTH_TOKEN=running.TOKEN,
            TWILIO_FROM=running.FROM,
            TWILIO_WHATSAPP_FROM=running.WHATSAPP_FROM,
            TWILIO_API_BASE=server.url,
            TWILIO_CONTENT_API_BASE=server.url,
            META_ACCESS_TOKEN=running.META_TOKEN if is_meta else "",
            META_APP_SECRET=running.META_SECRET if is_meta else "",
            META_PHONE_NUMBER_ID=running.META_PHONE_ID if is_meta else "",
            META_API_BASE=server.url,
        )
        yield server


async def posted(line: Line) -> None:
    """Wait until all that may go out has been taken, by this test or by the product's own post."""
    async with asyncio.timeout(20):
        going = {DeliveryStatus.QUEUED, DeliveryStatus.UNCERTAIN}
        while any(delivery.status in going for delivery in line.all(Delivery)):
            await asyncio.to_thread(outbox.send_due, line.db)


async def test_a_reminder_arrives_says_how_to_stop_and_its_answer_lands_in_the_same_conversation(
    line: Line, sandbox: Running, way: tuple[Channel, str]
) -> None:
    channel, provider = way
    with line.db.transaction() as session:
        maya = factories.customer(session, phone=MAYA)
        factories.invoice(session, maya, late=3)
        says_yes(session, maya, channel)
    (told,) = await asyncio.to_thread(reminders.sweep, line.db)
    await posted(line)
    (arrived,) = await asyncio.to_thread(sandbox.thread, MAYA, channel)
    assert "STOP" in arrived["text"]
    for word in ("Robin", "$", "owe", "invoice", "balance"):
        assert word not in arrived["text"]
    sent = await asyncio.to_thread(sandbox.write, MAYA, channel=channel, provider=provider, text="ok")
    assert sent["webhook"]["state"] == "delivered", sent["webhook"]
    await line.answered("You said: ok")
    (conversation,) = line.all(Conversation)
    assert conversation.id == told
    (reminder,) = rows(line.db, ReminderStatus.SENT)
    assert [message.conversation_id for message in line.all(Message) if message.id == reminder.message_id] == [told]
    if channel == Channel.WHATSAPP:  # the window was closed: a template knocked, and the words come now
        await posted(line)
        bodies = [each["text"] for each in await asyncio.to_thread(sandbox.thread, MAYA, channel)]
        assert any("message for you" in body for body in bodies), bodies
    assert DeliveryStatus.FAILED not in {delivery.status for delivery in line.all(Delivery)}
