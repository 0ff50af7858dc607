"""Running every process together on one machine: started, watched, restarted when one dies, stopped as a whole."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx

from bot.errors import GoodTermsError
from bot.settings import ROOT

RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
STARTS_IN_A_MINUTE = 5
GENTLE_S = 10.0
LOOK_EVERY_S = 0.25


class StartFailed(GoodTermsError):
    """The processes cannot be started; the sentence says what to do."""

    code = "start_failed"


@dataclass
class Process:
    """One process: its command, and where its output goes."""

    name: str
    command: list[str]
    log: Path
    running: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=deque)

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it in a process group of its own, so that nothing of it outlives `stop`."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        out: IO[bytes] = self.log.open("ab")
        with out:
            self.running = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=dict(environment),
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.starts.append(time.monotonic())

    def died(self) -> bool:
        """Whether it ended by itself."""
        return self.running is not None and self.running.poll() is not None

    def too_often(self) -> bool:
        """Whether it was started more than a few times within a minute."""
        while self.starts and self.starts[0] < time.monotonic() - 60:
            self.starts.popleft()
        return len(self.starts) > STARTS_IN_A_MINUTE

    def signal(self, number: int) -> None:
        """Send a signal to the whole group; one that is gone is no error."""
        if self.running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.running.pid, number)

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


def all_processes(var: Path, *, sandbox: bool, http_host: str, http_port: int) -> list[Process]:
    """The processes of the design, in the order in which they are started."""
    python = sys.executable
    web = [
        "uvicorn", "bot.app:create_app", "--factory", "--host", http_host, "--port", str(http_port),
        "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "3",
    ]  # fmt: skip
    commands = {
        "sandbox": [python, "-m", "sandbox"],
        "rasa": [str(RASA_PYTHON), "-m", "bot.inside_rasa.server"],
        "actions": [python, "-m", "actions"],
        "worker": [python, "-m", "bot.worker"],
        "web": [python, "-m", *web],
    }
    if not sandbox:
        del commands["sandbox"]
    return [Process(name, command, var / "logs" / f"{name}.log") for name, command in commands.items()]


def require_free(host: str, port: int, setting: str) -> None:
    """Raise `StartFailed` when somebody listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartFailed(
                f"Port {port} is in use already, perhaps by another Good Terms. Stop that one, or choose another port: "
                f"{setting}={port + 1} make demo"
            ) from error


def free_port(wanted: int) -> int:
    """`wanted` if it is free on the loopback interface, else some port that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StartFailed("This machine has no free port.")


class Supervisor:
    """Keeps processes running until told to stop."""

    def __init__(self, processes: list[Process], environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._processes = processes
        self._environment = environment
        self._say = say
        self._stopping = False
        self._is_up = False

    def run(self, health_url: str, ready: Callable[[], None], patience_s: float = 120) -> None:
        """Start all, call `ready` once they all answer, and watch until SIGINT or SIGTERM.

        Raises `StartFailed` with the end of the log of what does not come up, after stopping the rest.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            for process in self._processes:
                process.start(self._environment)
            self._await_health(health_url, patience_s)
            self._is_up = True
            if not self._stopping:
                ready()
            while not self._stopping:
                self._restart_dead()
                time.sleep(LOOK_EVERY_S)
        finally:
            self._end()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _await_health(self, url: str, patience_s: float) -> None:
        until = time.monotonic() + patience_s
        silent: object = "everything"
        while not self._stopping:
            self._restart_dead()
            with contextlib.suppress(httpx.HTTPError, ValueError):
                answer = httpx.get(url, timeout=5, trust_env=False)
                if answer.status_code == 200:
                    return
                silent = ", ".join(answer.json().get("silent", ["web"]))
            if time.monotonic() > until:
                raise StartFailed(f"These did not answer in {patience_s:.0f} seconds: {silent}. Their logs tell more.")
            time.sleep(LOOK_EVERY_S)

    def _restart_dead(self) -> None:
        for process in self._processes:
            if self._stopping or not process.died():
                continue
            if process.too_often():
                if not self._is_up:
                    raise StartFailed(f"{process.name} does not stay up. The end of {process.log}:\n{process.tail()}")
                continue  # the others go on serving; it is tried again when the minute is over
            self._say(f"{process.name} ended and is started again; see {process.log}")
            time.sleep(LOOK_EVERY_S)
            process.start(self._environment)

    def _end(self) -> None:
        """Stop all: first kindly, then for good."""
        for process in reversed(self._processes):
            process.signal(signal.SIGTERM)
        until = time.monotonic() + GENTLE_S
        for process in self._processes:
            if process.running is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.running.wait(max(0.1, until - time.monotonic()))
                process.signal(signal.SIGKILL)
                process.running.wait()
