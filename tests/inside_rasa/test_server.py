"""The process itself: how it starts, what it says when it cannot, what it logs, and that it stops."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import TOKEN, ActionServer, Door, free_port

from bot.inside_rasa.settings import Settings

ROOT = Path(__file__).parents[2]


def started(folder: Path, **environment: str) -> "subprocess.Popen[str]":
    """The server as a process of its own, in an empty folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot.inside_rasa.server"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GT_RASA_TOKEN": TOKEN, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"GT_RASA_TOKEN": ""}, "GT_RASA_TOKEN is missing or too short"),
        ({"GT_RASA_MODEL": "nowhere"}, "There is no trained model at nowhere"),
    ],
)
def test_a_missing_secret_or_model_stops_the_start_with_a_sentence(
    tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    server = started(tmp_path, **environment)
    said, _ = server.communicate(timeout=60)
    assert server.returncode == 1
    assert sentence in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("GT_RASA_PORT", "http", "must be a port number"),
        ("GT_RASA_PORT", "70000", "must be a port number"),
        ("GT_ACTIONS_URL", "127.0.0.1:5055", "must be an address that begins with http:// or https://"),
        ("GT_TRACKER_URL", "var/tracker.db", "must be an address that begins with sqlite://"),
        ("REDIS_URL", "localhost", "must be an address that begins with redis://"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_expected(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SystemExit, match=f"{name} {sentence}"):
        Settings.read({"GT_RASA_TOKEN": TOKEN, name: value})


def test_the_defaults_are_those_of_the_design() -> None:
    settings = Settings.read({"GT_RASA_TOKEN": TOKEN})
    assert (settings.port, settings.actions_url) == (5005, "http://127.0.0.1:5055/webhook")
    assert (settings.tracker_url, settings.redis_url) == ("sqlite:///var/tracker.db", None)


@pytest.fixture
def running(model: Path, tmp_path: Path, actions: ActionServer) -> Iterator[Any]:
    """A started server and its port."""
    port = free_port()
    server = started(
        tmp_path,
        GT_RASA_PORT=str(port),
        GT_RASA_MODEL=str(model),
        GT_ACTIONS_URL=f"http://127.0.0.1:{actions.port}/webhook",
    )
    ready = f"http://127.0.0.1:{port}/webhooks/goodterms/ready"
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(ready, timeout=1)
            break
        except urllib.error.URLError:
            os.sched_yield()
    yield server, port
    if server.poll() is None:
        server.kill()
        server.communicate()


def loaded_by(server: "subprocess.Popen[str]") -> str:
    """The files that a process has mapped."""
    return Path(f"/proc/{server.pid}/maps").read_text()


async def test_it_serves_without_tensorflow_logs_nothing_private_and_stops_when_told(
    running: Any, actions: ActionServer, open_door: Any
) -> None:
    server, port = running
    client: Door = await open_door()
    client.address = f"http://127.0.0.1:{port}/webhooks/goodterms"
    actions.answers["action_fail"] = lambda call: {"events": [{"event": "SECRETEVENT"}], "responses": []}
    secrets = ["SECRETWORD I owe", "/SECRETWORD{}", "how much do I owe SECRETWORD"]
    for said in secrets:
        await client.say("c1", said)
    await client.say("c1", payload='/make_payment{"amount": "SECRETWORD", "SECRETENTITY": "x"}')
    assert (await client.say("c1", payload="/fail"))["failed"]
    await client.say("c1", payload="/SECRETINTENT")
    await client.say("c1", payload="/request_plan")
    await client.say("c1", "SECRETWORD 50", slots={"pay_day": "SECRETWORD"})
    assert "tensorflow" not in loaded_by(server)
    server.send_signal(signal.SIGTERM)
    said, _ = server.communicate(timeout=20)
    assert server.returncode == 0
    assert f"Ready on 127.0.0.1:{port}" in said
    assert "Action 'action_fail' failed" in said
    assert "SECRET" not in said


def test_it_listens_on_loopback_alone(running: Any) -> None:
    server, port = running
    listening = [line.split() for line in Path(f"/proc/{server.pid}/net/tcp").read_text().splitlines()[1:]]
    addresses = {
        local.split(":")[0] for _, local, _, state, *_ in listening if local.endswith(f":{port:04X}") and state == "0A"
    }
    assert addresses == {"0100007F"}
