"""A trained assistant, an action server that does as it is told, and the door between them."""

import asyncio
import functools
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("rasa") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    from bot.inside_rasa import quick_start  # noqa: F401  isort: skip
    import aiohttp
    from aiohttp import web
    from sanic import Sanic
    from sanic.touchup.service import TouchUp

    from bot.inside_rasa import server as rasa_server
    from bot.inside_rasa import tuning
    from bot.inside_rasa.processor import TurnProcessor
    from bot.inside_rasa.settings import Settings

    tuning.apply()

    # Sanic rewrites its own methods when an app starts, which works once a process; the tests start many apps.
    _rewrite = TouchUp.run
    _rewritten: list[Any] = []

    def rewrite_once(app: Sanic) -> None:
        if not _rewritten:
            _rewritten.append(_rewrite(app))

    TouchUp.run = rewrite_once  # type: ignore[assignment,method-assign]
    # A model is read once for all tests: what is read has no state.
    TurnProcessor._load_model = staticmethod(functools.cache(TurnProcessor._load_model))  # type: ignore[method-assign]

ASSISTANT = Path(__file__).parent / "assistant"
TOKEN = "a-token-for-tests-only"
POSTGRESQL = Path("/usr/lib/postgresql/15/bin")


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assistant's model, trained by the project's own entry."""
    folder = tmp_path_factory.mktemp("assistant")
    shutil.copytree(ASSISTANT, folder, dirs_exist_ok=True)
    root = str(Path(__file__).parents[2])
    trained = subprocess.run(
        [sys.executable, "-m", "bot.inside_rasa.train"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": root, "GT_RASA_MODEL": str(folder / "models")},
        capture_output=True,
        text=True,
    )
    assert trained.returncode == 0, trained.stdout + trained.stderr
    return folder / "models" / "goodterms.tar.gz"


Answering = Callable[[dict[str, Any]], Any]


class ActionServer:
    """An action server on loopback. `answers` maps an action's name to what it answers for a call."""

    def __init__(self) -> None:
        self.port = free_port()
        self.calls: list[dict[str, Any]] = []
        self.connections: list[Any] = []
        self.answers: dict[str, Answering] = {}
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(client_max_size=2**22)
        app.router.add_post("/webhook", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: "web.Request") -> "web.Response":
        call = await request.json()
        self.calls.append(call)
        self.connections.append(request.transport)
        answer = self.answers[call["next_action"]](call)
        if asyncio.iscoroutine(answer):
            answer = await answer
        return answer if isinstance(answer, web.Response) else web.json_response(answer)


def says(text: str, **also: Any) -> Answering:
    """An action that utters one thing."""
    return lambda call: {"events": [], "responses": [{"text": text, **also}]}


def validates_amount(call: dict[str, Any]) -> Any:
    """A form's validation: an amount must hold a digit."""
    value = call["tracker"]["slots"]["amount"]
    if call["tracker"]["slots"]["requested_slot"] != "amount" or value is None or any(c.isdigit() for c in value):
        return {"events": [], "responses": []}
    return {
        "events": [{"event": "slot", "name": "amount", "value": None}],
        "responses": [{"text": "That is not an amount."}],
    }


@pytest.fixture
async def actions() -> AsyncIterator[ActionServer]:
    """A running action server that knows the assistant's actions."""
    server = ActionServer()
    server.answers = {
        "action_balance": says("You owe 200.50.", custom={"card": {"kind": "invoices"}}),
        "action_quiet": lambda call: {"events": [], "responses": []},
        "action_submit_plan": lambda call: {
            "events": [{"event": "slot", "name": name, "value": None} for name in ("amount", "pay_day")],
            "responses": [],
        },
        "validate_plan_form": validates_amount,
    }
    await server.start()
    yield server
    await server.stop()


class Door:
    """A client of the channel."""

    def __init__(self, app: "Sanic", port: int, session: "aiohttp.ClientSession") -> None:
        self.app = app
        self.address = f"http://127.0.0.1:{port}/webhooks/goodterms"
        self.session = session

    async def post(self, body: Any, token: str | None = TOKEN, raw: bytes | None = None) -> Any:
        """Status and answer of a request."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        sent = {"data": raw} if raw is not None else {"json": body}
        async with self.session.post(f"{self.address}/webhook", headers=headers, **sent) as answer:
            return answer.status, await answer.json()

    async def say(self, conversation_id: str, text: str | None = None, **more: Any) -> Any:
        """The answer to a message, which must be 200."""
        body = {"conversation_id": conversation_id, "message_id": uuid.uuid4().hex, **more}
        status, answer = await self.post({**body, "text": text} if text is not None else body)
        assert status == 200, answer
        return answer


@pytest.fixture
async def open_door(model: Path, actions: ActionServer, tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Opens doors: each is a Rasa of its own (by default all of them on the same tracker store)."""
    opened = []
    session = aiohttp.ClientSession()

    async def open_one(**changed: str) -> Door:
        Sanic._app_registry.clear()
        port = free_port()
        environment = {
            "GT_RASA_PORT": str(port),
            "GT_RASA_TOKEN": TOKEN,
            "GT_ACTIONS_URL": f"http://127.0.0.1:{actions.port}/webhook",
            "GT_TRACKER_URL": f"sqlite:///{tmp_path}/tracker.db",
            "GT_RASA_MODEL": str(model),
            **changed,
        }
        app = rasa_server.make_app(Settings.read(environment))
        running = await app.create_server("127.0.0.1", port, return_asyncio_server=True, access_log=False)
        await running.startup()
        await running.after_start()
        opened.append(running)
        return Door(app, port, session)

    yield open_one
    await session.close()
    for running in opened:
        await running.before_stop()
        await running.close()
        await running.after_stop()


@pytest.fixture
async def door(open_door: Callable[..., Any]) -> Door:
    """One open door."""
    return await open_door()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty PostgreSQL database: GT_TEST_POSTGRES_URL, or a server made for these tests."""
    if os.environ.get("GT_TEST_POSTGRES_URL"):
        yield os.environ["GT_TEST_POSTGRES_URL"]
        return
    folder = Path(f"/tmp/goodterms-postgresql-{uuid.uuid4().hex[:8]}")
    folder.mkdir(mode=0o755)
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    port = free_port()
    as_user = {"user": user, "cwd": folder, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        made = [POSTGRESQL / "initdb", "-D", folder / "data", "-U", "goodterms", "-A", "trust", "--no-sync"]
        subprocess.run(made, **as_user)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        control = [POSTGRESQL / "pg_ctl", "-D", folder / "data", "-w"]
        subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], **as_user)
        yield f"postgresql://goodterms@127.0.0.1:{port}/postgres"
        subprocess.run([*control, "-m", "immediate", "stop"], **as_user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
