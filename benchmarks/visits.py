"""One web process of ours on a database, an agent's browser before it, and how long it waits."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from bot.db import Database
from bot.desk.access import CSRF_HEADER, cookie_name
from bot.settings import ROOT

HOW = ("--host", "127.0.0.1", "--log-level", "error", "--no-access-log")
START_S = 180
REPETITIONS = 40


@dataclass(frozen=True)
class Times:
    """What one thing took, in milliseconds, and how large its answer was."""

    taken: list[float]
    bytes: int = 0

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.taken)

    @property
    def p95(self) -> float:
        """Nineteen of twenty are no slower."""
        return statistics.quantiles(self.taken, n=20)[-1]


@contextmanager
def web(db: Database, port: int) -> Iterator[None]:
    """The web process as the product starts it, on this database, until the end of the block."""
    url = db.engine.url.render_as_string(hide_password=False)
    with tempfile.TemporaryDirectory(prefix="gt-bench-") as var:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "--factory", "bot.app:create_app", *HOW, "--port", str(port)],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": url, "GT_VAR": var, "GT_LOG_LEVEL": "ERROR"},
        )
        try:
            _await(process, port)
            yield
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def browser(port: int, seat: tuple[str, str]) -> Iterator[httpx.Client]:
    """An agent's, signed in by this cookie with this CSRF token."""
    token, csrf = seat
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}",
        cookies={cookie_name(): token},
        headers={CSRF_HEADER: csrf},
        timeout=60,
        trust_env=False,
    ) as http:
        yield http


def visits(http: httpx.Client, *addresses: str) -> Times:
    """Open them one after the other, again and again; all of them together are one visit."""
    answers = [http.get(each).raise_for_status() for each in addresses]
    taken = timed(lambda: [http.get(each).raise_for_status() for each in addresses])
    return Times(taken.taken, sum(len(answer.content) for answer in answers))


def searched(http: httpx.Client, words: str) -> None:
    """Look for `words` once."""
    http.post("/api/desk/search", json={"words": words}).raise_for_status()


def timed(do: Callable[[], object], repetitions: int = REPETITIONS) -> Times:
    """Do it again and again; the first two times are not counted where there are many."""
    taken = []
    for _ in range(repetitions):
        began = time.perf_counter()
        do()
        taken.append((time.perf_counter() - began) * 1000)
    return Times(taken[2:] if repetitions > 10 else taken)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            httpx.get(f"http://127.0.0.1:{port}/desk/sign-in", trust_env=False).raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("the web process did not answer")
