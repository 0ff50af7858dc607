"""The sandbox as a real server on a free port, and a receiver for its webhooks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from sandbox.app import create_app
from sandbox.settings import Settings
from tests.sandbox.specifications import faults

KEY = "sk_test_sandbox_0123456789"
SECRET = "whsec_sandbox_0123456789"
ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "twilio-token-0123456789"
FROM = "+15005550006"
WHATSAPP_FROM = "+15005550010"
META_TOKEN = "meta-token-0123456789"
META_SECRET = "meta-secret-0123456789"
META_PHONE_ID = "106540352242922"


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Takes webhooks; answers `statuses` in turn, and 200 when they are used up."""

    url: str
    statuses: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, webhook: Received) -> int:
        """Keep it; gives the status to answer with."""
        with self.changed:
            self.received.append(webhook)
            self.changed.notify_all()
            return self.statuses.pop(0) if self.statuses else 200

    def wait(self, enough: Callable[[list[Received]], bool], timeout: float = 10) -> list[Received]:
        """What has come in, once there is `enough` of it. Fails the test after `timeout` seconds."""
        with self.changed:
            assert self.changed.wait_for(lambda: enough(self.received), timeout), [w.path for w in self.received]
            return list(self.received)


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that answers at `url`."""

    url: str
    settings: Settings
    http: httpx.Client

    def faults(self, service: str = "stripe", **faults: Any) -> None:
        """Switch faults on; the others off."""
        self.http.post(f"/sandbox/{service}/faults", json=faults).raise_for_status()

    def act(self, session: str, act: str, **how: Any) -> dict[str, Any]:
        """Be the customer (or the bank): complete, decline, expire, settle, fail, refund."""
        return self.switch(f"checkout/{session}/{act}", **how)

    def switch(self, path: str, **how: Any) -> dict[str, Any]:
        """Be the bank, by the id of Stripe's object: `charges/ch_3…/dispute`, `cards/pm_1…/behaviour` …"""
        answer = self.http.post(f"/sandbox/{path}", json=how)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def write(self, number: str, **what: Any) -> dict[str, Any]:
        """Be the customer on the phone: `text=`, `choice=`, `media=` …; gives the answer, webhook and all."""
        return self.switch("phone/messages", **{"from": number, **what})

    def thread(self, number: str, channel: str = "sms") -> list[dict[str, Any]]:
        """What that phone shows, oldest first."""
        answer = self.http.get("/sandbox/phone/thread", params={"number": number, "channel": channel})
        found: list[dict[str, Any]] = answer.json()["bubbles"]
        return found


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = kept.take(Received(self.path, dict(self.headers.items()), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def running(var: Path, public_url: str = "http://127.0.0.1:9", mail_port: int = 0) -> Iterator[Running]:
    """A sandbox over the state in `var`, sending webhooks to `public_url`. In the end every call that it has taken for
    Twilio and Meta is held to the providers' own descriptions, whoever sent it.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings = settings_for(var, port=port, public_url=public_url, mail_port=mail_port)
        started = threading.Event()

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                started.set()

        app = create_app(settings)
        server = Server(uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert started.wait(15), "the sandbox did not start"
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, verify=False) as client:
            yield Running(f"http://127.0.0.1:{port}", settings, client)
        server.should_exit = True
        thread.join(10)
        assert faults(app.state.sandbox.heard.read()) == []


def settings_for(
    var: Path, *, port: int = 8010, public_url: str = "http://127.0.0.1:9", mail_port: int = 0
) -> Settings:
    """Settings by value, whatever the environment says."""
    return Settings.model_validate(
        {
            "GT_VAR": var,
            "GT_SANDBOX_PORT": port,
            "GT_SANDBOX_URL": f"http://127.0.0.1:{port}",
            "GT_PUBLIC_URL": public_url,
            "STRIPE_API_KEY": KEY,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": FROM,
            "TWILIO_WHATSAPP_FROM": WHATSAPP_FROM,
            "META_ACCESS_TOKEN": META_TOKEN,
            "META_APP_SECRET": META_SECRET,
            "META_PHONE_NUMBER_ID": META_PHONE_ID,
            "GT_SMTP_HOST": "127.0.0.1",
            "GT_SMTP_PORT": mail_port,
        }
    )
