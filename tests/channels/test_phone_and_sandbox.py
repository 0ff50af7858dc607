"""Every kind of message that a phone can send, by both providers as the sandbox plays them, files and all."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.app import create_app
from bot.channels import senders
from bot.channels.media_fetch import fetcher
from bot.conversations.dialogue import Answer, Reply, Turn
from bot.db import Database
from bot.models import Attachment, AttachmentStatus, Channel, Conversation, Delivery, DeliveryStatus, Provider
from bot.words import say
from tests.channels.phone_line import MAYA, Line, set_up
from tests.sandbox import running
from tests.sandbox.running import Running
from tests.served import served
from tests.voices import Voice

WAYS = [("sms", "twilio"), ("whatsapp", "twilio"), ("whatsapp", "meta")]
ARRIVED = {DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ}
BUTTONS = [{"title": "My account", "payload": "/check_balance"}, {"title": "Talk to a person", "payload": "/person"}]


@pytest.fixture
def voice() -> Voice:
    """Repeats what it heard and offers two things."""
    return Voice(lambda turn: Answer([Reply(_repeated(turn), buttons=BUTTONS)], "greet", 0.9))


@pytest.fixture
def _connections() -> Iterator[None]:
    """What this process keeps open to the providers ends with the test."""
    yield
    for _, sender in senders._made.values():
        sender.close()  # type: ignore[attr-defined]
    senders._made.clear()
    fetcher().close()
    fetcher.cache_clear()


@pytest.fixture
async def line(sqlite_db: Database, voice: Voice, _connections: None) -> AsyncIterator[Line]:
    """The product on a port of its own."""
    app = create_app(db=sqlite_db, dialogue=voice)
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        yield Line(http, app)


@pytest.fixture
def sandbox(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Both providers, set up with the product's address and it with theirs."""
    public_url = str(line.http.base_url).rstrip("/")
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
            META_ACCESS_TOKEN=running.META_TOKEN,
            META_APP_SECRET=running.META_SECRET,
            META_PHONE_NUMBER_ID=running.META_PHONE_ID,
            META_API_BASE=server.url,
        )
        yield server


async def write(sandbox: Running, way: tuple[str, str], **what: Any) -> dict[str, Any]:
    """The customer sends something; the product's answer to the webhook has come when this returns."""
    channel, provider = way
    sent = await asyncio.to_thread(sandbox.write, MAYA, channel=channel, provider=provider, **what)
    assert sent["webhook"]["state"] == "delivered", sent["webhook"]
    return sent


@pytest.mark.parametrize("way", WAYS)
async def test_words_are_answered(line: Line, sandbox: Running, way: tuple[str, str]) -> None:
    await write(sandbox, way, text="Hello, ¿qué tal? & 1+1=2 🙂")
    await line.answered("You said: Hello, ¿qué tal? & 1+1=2 🙂")
    (conversation,) = line.all(Conversation)
    assert (conversation.channel, conversation.provider) == (Channel(way[0]), Provider(way[1]))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["photo", "document", "voice"])
async def test_files_are_fetched_and_kept_for_the_agent_t5(
    line: Line, sandbox: Running, way: tuple[str, str], kind: str
) -> None:
    await write(sandbox, way, media=kind)
    await line.rounds.quiet()
    (file,) = line.all(Attachment)
    assert (file.status, file.provider) == (AttachmentStatus.KEPT, Provider(way[1]))
    assert file.size == len(file.body or b"") > 0
    assert line.heard() == [
        say({"photo": "media_image", "document": "media_document", "voice": "media_audio"}[kind], "en")
    ]


@pytest.mark.parametrize("way", WAYS[1:])
async def test_a_place_a_sticker_and_the_unknown_are_answered_kindly_and_a_reaction_is_not(
    line: Line, sandbox: Running, way: tuple[str, str]
) -> None:
    first = await write(sandbox, way, location={"latitude": 29.4241, "longitude": -98.4936, "name": "The office"})
    await write(sandbox, way, media="sticker")
    if way[1] == "meta":  # only there it is told
        await write(sandbox, way, unsupported=True)
    await line.rounds.quiet()
    kind = [text for _, text in line.said()]
    assert kind[0].startswith("[location] The office")
    for name in ("location", "sticker", "unsupported")[: 3 if way[1] == "meta" else 2]:
        assert say(f"{name}_received", "en") in kind
    if way[1] == "twilio":
        return
    await write(sandbox, way, reaction={"emoji": "👍", "message": first["id"]})
    await line.rounds.quiet()
    assert [text for _, text in line.said()] == kind


async def test_who_moves_to_another_number_is_noted(line: Line, sandbox: Running) -> None:
    await write(sandbox, WAYS[2], text="Hello")
    await line.answered("You said: Hello")
    await write(sandbox, WAYS[2], new_number="+12105550191")
    await line.rounds.quiet()
    assert line.heard() == ["Hello"]
    assert all(event.processed_at is not None for event in line.events() if event.kind != "status")


def _repeated(turn: Turn) -> str:
    return f"You said: {turn.text or turn.payload}"


@pytest.mark.parametrize("way", WAYS[1:])
async def test_a_tap_is_the_choice_that_was_offered(
    line: Line, sandbox: Running, voice: Voice, way: tuple[str, str]
) -> None:
    await write(sandbox, way, text="Hello")
    await line.answered("You said: Hello")
    (conversation,) = line.all(Conversation)
    with line.door.signals.listen(conversation.id) as bell:
        while not all(delivery.status in ARRIVED for delivery in line.all(Delivery)):
            assert await bell.wait(20), [delivery.status for delivery in line.all(Delivery)]
    await write(sandbox, way, choice="Talk to a person")
    await line.answered("You said: /person")
    assert [(turn.text, turn.payload) for turn in voice.turns] == [("Hello", None), (None, "/person")]


async def test_t1_t3_what_becomes_of_our_answer_comes_back_to_it(line: Line, sandbox: Running) -> None:
    for way in WAYS:
        await write(sandbox, way, text="Hello")
    await line.rounds.quiet()
    for conversation in line.all(Conversation):
        with line.door.signals.listen(conversation.id) as bell:
            while not _all_told(line, conversation.id):
                assert await bell.wait(20), [(delivery.channel, delivery.status) for delivery in line.all(Delivery)]


def _all_told(line: Line, conversation_id: uuid.UUID) -> bool:
    own = [delivery for delivery in line.all(Delivery) if delivery.conversation_id == conversation_id]
    return len(own) >= 2 and all(delivery.status in ARRIVED - {DeliveryStatus.SENT} for delivery in own)
