"""Turn time as the widget has it: from sending a message to reading the bot's answer on the open event stream."""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
import uuid
from dataclasses import dataclass
from typing import Any

import aiohttp

from benchmarks.product import CUSTOMERS, Product, account

PLAIN = "are you a robot?"  # answered from the domain
WITH_ACTION = "how much do I owe?"  # a custom action reads the balance from the database


@dataclass(frozen=True)
class Times:
    """Turn times in milliseconds, and how many turns a second they made together."""

    milliseconds: list[float]
    per_second: float

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        """Nineteen of twenty are quicker."""
        return statistics.quantiles(self.milliseconds, n=20)[-1]


class Talk:
    """One customer's chat, on a kept connection."""

    def __init__(self, product: Product, http: aiohttp.ClientSession) -> None:
        self._product = product
        self._http = http
        self.conversation_id = ""
        self._headers: dict[str, str] = {}
        self._stream: aiohttp.ClientResponse | None = None

    async def open(self, number: int) -> Talk:
        """Open a session and prove to be the benchmark's customer `number`."""
        async with self._http.post(f"{self._product.url}/api/chat/sessions", json={}) as answer:
            opened = await answer.json()
        self.conversation_id = opened["conversation_id"]
        self._headers = {"Authorization": f"Bearer {opened['token']}"}
        url = f"{self._product.url}/api/chat/events"
        self._stream = await self._http.get(url, headers=self._headers, timeout=aiohttp.ClientTimeout(total=None))
        name, phone = account(number)
        await self.turn(WITH_ACTION)
        await self.turn(name)
        params = {"to": phone}
        sent: list[dict[str, str]] = []
        while not sent:
            async with self._http.get(f"{self._product.sandbox}/sandbox/outbox", params=params) as answer:
                sent = await answer.json()
        found = re.search(r"\b\d{6}\b", sent[-1]["body"])
        assert found is not None
        await self.turn(found.group())
        return self

    async def turn(self, text: str) -> float:
        """Say `text`, wait for the bot's answer; the time in milliseconds."""
        began = time.perf_counter()
        body = {"client_id": str(uuid.uuid4()), "text": text}
        url = f"{self._product.url}/api/chat/messages"
        async with self._http.post(url, json=body, headers=self._headers) as answer:
            assert answer.status == 202, await answer.text()
            sent = (await answer.json())["message_id"]
        is_sent = False
        while True:
            message = await self._next_message()
            is_sent = is_sent or message["id"] == sent
            if is_sent and message["author"] != "customer":
                if message["author"] != "bot" or "sorry" in message["text"]:
                    raise SystemExit(f"A turn failed, so nothing was measured: {message}")
                return (time.perf_counter() - began) * 1000

    async def _next_message(self) -> dict[str, Any]:
        assert self._stream is not None
        while True:
            event = await self._stream.content.readuntil(b"\n\n")
            if b"event: message" in event:
                found: dict[str, Any] = json.loads(event.partition(b"data: ")[2])
                return found

    async def bare(self, text: str) -> float:
        """The same said to Rasa's own channel, without the front door; milliseconds."""
        began = time.perf_counter()
        body = {
            "conversation_id": self.conversation_id,
            "message_id": str(uuid.uuid4()),
            "text": text,
            "locale": "en-US",
        }
        headers = {"Authorization": f"Bearer {self._product.rasa_token}"}
        async with self._http.post(f"{self._product.rasa}/webhook", json=body, headers=headers) as answer:
            said = await answer.json()
        assert said["replies"], said
        return (time.perf_counter() - began) * 1000


async def open_talks(product: Product, http: aiohttp.ClientSession) -> list[Talk]:
    """A chat for every customer of the benchmark, verified."""
    return [await Talk(product, http).open(number) for number in range(CUSTOMERS)]


async def measure(talks: list[Talk], text: str, turns: int, *, bare: bool = False) -> Times:
    """`turns` turns in all, by all `talks` at once."""

    async def one(talk: Talk) -> list[float]:
        say = talk.bare if bare else talk.turn
        return [await say(text) for _ in range(turns // len(talks))]

    began = time.perf_counter()
    times = [spent for spents in await asyncio.gather(*map(one, talks)) for spent in spents]
    return Times(times, len(times) / (time.perf_counter() - began))


async def growth(product: Product, http: aiohttp.ClientSession, block: int = 20) -> dict[int, tuple[float, float]]:
    """Median turn time (ms) of the `block` turns up to each mark of one conversation, and beside it that of a fresh
    conversation whose turns alternate with these, so that the machine's moods cancel out."""
    long = await Talk(product, http).open(0)
    found: dict[int, tuple[float, float]] = {}
    said = 0
    for mark in (block, 50, 100, 200):
        while said < mark - block:
            await long.turn(WITH_ACTION)
            said += 1
        fresh = await Talk(product, http).open(1)
        pairs = [(await long.turn(WITH_ACTION), await fresh.turn(WITH_ACTION)) for _ in range(block)]
        said += block
        found[mark] = statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs)
    return found
