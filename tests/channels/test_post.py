"""The post of a web process: what is written down goes out at once, and a slow provider holds up nobody else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from bot.channels.post import Post
from bot.conversations.signals import Signals
from bot.db import Database
from bot.models import DeliveryStatus
from bot.settings import settings
from tests.channels.phones import NUMBER, Phone, code
from tests.channels.provider import ACCOUNT, TOKEN, Fate, provider
from tests.channels.provider import Provider as Stub


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    with provider() as found:
        for name, value in {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": "+15005550006",
            "TWILIO_API_BASE": found.url,
        }.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        yield found


@pytest.fixture
async def signals(db: Database, stub: Stub) -> AsyncIterator[Signals]:
    rung = Signals(db)
    post = Post(db, rung)
    running = asyncio.create_task(post.run())
    yield rung
    running.cancel()
    await post.close()


async def test_a_ring_sends_what_was_written_before_it(db: Database, stub: Stub, signals: Signals) -> None:
    phone = Phone(db)
    for number in range(1, 4):
        phone.hears(f"Number {number}.")
        signals.ring(phone.id)
        await asyncio.to_thread(stub.wait, number)
    assert stub.bodies() == ["Number 1.", "Number 2.", "Number 3."]


async def test_what_other_processes_wrote_goes_out_without_a_ring(db: Database, stub: Stub, signals: Signals) -> None:
    code(db)
    await asyncio.to_thread(stub.wait, 1)
    assert stub.bodies() == ["Your code is 123456."]


async def test_while_one_conversation_waits_for_its_provider_the_others_go_on(
    db: Database, stub: Stub, signals: Signals
) -> None:
    slow, quick = Phone(db), Phone(db, number="+13125550102")
    slow.hears("Slow.")
    asked, may_go = threading.Event(), threading.Event()

    def once() -> Fate:
        if not asked.is_set():
            asked.set()
            stub.changed.release()  # the server serves others meanwhile
            may_go.wait(10)
            stub.changed.acquire()
        return Fate.TAKEN

    stub.fate = once
    signals.ring(slow.id)
    await asyncio.to_thread(asked.wait, 10)
    quick.hears("Quick.")
    signals.ring(quick.id)
    await asyncio.to_thread(stub.wait, 1)
    assert stub.bodies() == ["Quick."]
    slow.hears("And more.")
    signals.ring(slow.id)
    may_go.set()
    await asyncio.to_thread(stub.wait, 3)
    assert stub.bodies(NUMBER) == ["Slow.", "And more."]


async def test_what_is_under_way_is_written_down_before_it_closes(db: Database, stub: Stub) -> None:
    phone = Phone(db)
    phone.hears("The last one.")
    post = Post(db, Signals(db))
    running = asyncio.create_task(post.run())
    await asyncio.to_thread(stub.wait, 1)
    running.cancel()
    await post.close()
    assert phone.statuses() == [DeliveryStatus.SENT]
