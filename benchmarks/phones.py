"""Phones: webhooks stored and acknowledged in a second, and the time from a text message to the reply at the provider.

`python -m benchmarks.phones` for these alone. The sandbox is the provider: it notes when it took a message.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from dotenv import dotenv_values

from benchmarks.machine import machine
from benchmarks.product import Product, running
from benchmarks.turns import PLAIN, Talk, Times, measure, open_talks
from bot.channels.twilio import sign
from bot.settings import ROOT

WEBHOOKS, AT_ONCE = 2_000, 32
TURNS = {1: 60, 4: 120, 16: 320}
OURS = "+15005550006"


def main() -> None:
    """Start the product, measure, print."""
    print(f"{machine()}; every write durable; one run")
    with running() as product:
        asyncio.run(_alone(product))


async def _alone(product: Product) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as http:
        await tables(product, http, await open_talks(product, http))


async def tables(product: Product, http: aiohttp.ClientSession, talks: list[Talk]) -> None:
    """Print both tables."""
    line = Line(product, http)
    print("\n| webhooks at once | ours: stored and acknowledged/s | a bare durable insert each/s | ratio |")
    print("|---|---|---|---|")
    with _bare() as url:
        for _ in range(2):  # the first round is warm-up
            bare = await _rate(lambda: line.bare(url))
            ours = await _rate(line.report)
    print(f"| {AT_ONCE} | {ours:.0f} | {bare:.0f} | {ours / bare:.2f} x |")
    peer_is = "a turn on the website and a bare call of the provider, p50 ms"
    print(f"\n| phones at once | text to reply at the provider: p50 ms | p95 ms | {peer_is} | ratio |")
    print("|---|---|---|---|---|")
    phones = [Phone(line, f"+1212556{number:04d}") for number in range(max(TURNS))]
    for phone in phones:
        await phone.say(PLAIN)  # greeted once, and warm
    for count, turns in TURNS.items():
        calls = [await line.call() for _ in range(40)]
        web = await measure(talks[:count], PLAIN, turns)
        times = await _times(phones[:count], turns)
        peer = web.p50 + statistics.median(calls)
        print(f"| {count} | {times.p50:.1f} | {times.p95:.1f} | {peer:.1f} | {times.p50 / peer:.2f} x |")


@dataclass
class Line:
    """Twilio's side of the line: signed webhooks to the product, and its own API."""

    product: Product
    http: aiohttp.ClientSession

    def __post_init__(self) -> None:
        kept = dotenv_values(self.product.var / "demo.env")
        self.account, self._token = kept["TWILIO_ACCOUNT_SID"] or "", kept["TWILIO_AUTH_TOKEN"] or ""

    async def post(self, path: str, form: dict[str, str]) -> None:
        """One webhook, signed as Twilio does."""
        url = f"{self.product.url}{path}"
        headers = {"X-Twilio-Signature": sign(url, form.items(), auth_token=self._token)}
        async with self.http.post(url, data=form, headers=headers) as answer:
            assert answer.status < 300, await answer.text()

    async def report(self) -> None:
        """A status of a message that nobody knows."""
        sid = "SM" + secrets.token_hex(16)
        form = {"AccountSid": self.account, "MessageSid": sid, "MessageStatus": "delivered", "To": "+12125560000"}
        await self.post("/webhooks/twilio/status", {**form, "From": OURS, "ApiVersion": "2010-04-01"})

    async def bare(self, url: str) -> None:
        """The same bytes to the peer."""
        form = {"AccountSid": self.account, "MessageSid": secrets.token_hex(17), "MessageStatus": "delivered"}
        async with self.http.post(url, data=form) as answer:
            assert answer.status == 204

    async def call(self) -> float:
        """The provider's answer to a message, milliseconds."""
        url = f"{self.product.sandbox}/2010-04-01/Accounts/{self.account}/Messages.json"
        shown = base64.b64encode(f"{self.account}:{self._token}".encode()).decode()
        headers = {"Authorization": f"Basic {shown}"}
        began = time.perf_counter()
        form = {"To": "+12125569999", "From": OURS, "Body": "A bare call."}
        async with self.http.post(url, data=form, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
        return (time.perf_counter() - began) * 1000


@dataclass
class Phone:
    """One customer with a phone."""

    line: Line
    number: str
    heard: int = 0

    async def say(self, text: str) -> float:
        """Send a text message; milliseconds until the provider has taken the answer to it."""
        form = {
            "AccountSid": self.line.account,
            "ApiVersion": "2010-04-01",
            "Body": text,
            "From": self.number,
            "MessageSid": "SM" + secrets.token_hex(16),
            "NumMedia": "0",
            "NumSegments": "1",
            "To": OURS,
        }
        began = time.time()
        await self.line.post("/webhooks/twilio", form)
        first = self.heard == 0  # a greeting comes before the first answer
        taken = await self._taken(2 if first else 1)
        return (dt.datetime.fromisoformat(taken["at"]).timestamp() - began) * 1000

    async def _taken(self, more: int) -> dict[str, Any]:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            params = {"to": self.number}
            async with self.line.http.get(f"{self.line.product.sandbox}/sandbox/outbox", params=params) as answer:
                kept: list[dict[str, Any]] = await answer.json()
            if len(kept) >= self.heard + more:
                self.heard = len(kept)
                return kept[-1]
            await asyncio.sleep(0.02)
        raise SystemExit(f"No answer came to {self.number}, so nothing was measured.")


async def _times(phones: list[Phone], turns: int) -> Times:
    async def one(phone: Phone) -> list[float]:
        return [await phone.say(PLAIN) for _ in range(turns // len(phones))]

    began = time.perf_counter()
    times = [spent for spents in await asyncio.gather(*map(one, phones)) for spent in spents]
    return Times(times, len(times) / (time.perf_counter() - began))


async def _rate(send: Callable[[], Awaitable[None]]) -> float:
    async def some() -> None:
        for _ in range(WEBHOOKS // AT_ONCE):
            await send()

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return WEBHOOKS // AT_ONCE * AT_ONCE / (time.perf_counter() - began)


@contextlib.contextmanager
def _bare() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="gt-bench-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [sys.executable, "-m", "uvicorn", "benchmarks.bare_webhook:app", "--port", str(port)]
        process = subprocess.Popen(
            [*command, "--log-level", "error"],
            cwd=ROOT,
            env=os.environ | {"BENCH_BARE_DB": str(Path(folder) / "bare.db")},
        )
        try:
            for _ in range(100):
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
