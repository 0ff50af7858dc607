"""The whole product as `make demo` starts it, on free ports, with state of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.settings import ROOT
from tests.sandbox.specifications import faults


@dataclass(frozen=True)
class Running:
    """Where the product answers, where its state is, and the process that watches over the others."""

    url: str
    sandbox: str
    var: Path
    pid: int


@contextlib.contextmanager
def demo(environment: dict[str, str]) -> Iterator[Running]:
    """`goodterms demo` until the end of the block; it is stopped as Ctrl-C would."""
    var = Path(tempfile.mkdtemp(prefix="gt-demo-"))
    http, sandbox = free_port(), free_port()
    ours = ("GT_", "STRIPE_", "TWILIO_", "META_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    clean |= {"GT_VAR": str(var), "GT_HTTP_PORT": str(http), "GT_SANDBOX_PORT": str(sandbox), "PYTHONUNBUFFERED": "1"}
    clean |= {"GT_RASA_PORT": str(free_port()), "GT_ACTIONS_PORT": str(free_port())}
    clean |= {"DATABASE_URL": "", "REDIS_URL": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "demo"],
        cwd=ROOT,
        env=clean | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said = _until_up(process)
        assert "Good Terms is up" in said, said + _logs(var)
        yield Running(f"http://127.0.0.1:{http}", f"http://127.0.0.1:{sandbox}", var, process.pid)
        assert process.poll() is None, _logs(var)
        asked = httpx.get(f"http://127.0.0.1:{sandbox}/sandbox/calls", trust_env=False).json()
        assert faults(asked) == [], "not what the providers themselves describe"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    shutil.rmtree(var, ignore_errors=True)


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """A Redis server of our own that keeps nothing."""
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("GT_TEST_REQUIRE_ALL"):
            pytest.fail("redis-server is missing")
        pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)")
    port = free_port()
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_up(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Good Terms is up" in line:
            break
    return said


def _logs(var: Path) -> str:
    return "\n".join(f"--- {path.name}\n{path.read_text()[-3000:]}" for path in sorted((var / "logs").glob("*.log")))
