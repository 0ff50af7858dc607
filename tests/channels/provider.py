"""A provider on a real port, with Twilio's and Meta's ways to take a message, that fails as it is told to.

The sandbox is the whole stand-in; this one is told what to do with each single request, and keeps every one of them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from bot import clock
from tests.sandbox.specifications import faults

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "twilio-token-0123456789"
META_TOKEN = "meta-token-0123456789"
PHONE_ID = "106540352242922"


class Fate(StrEnum):
    """What becomes of one request that would send something."""

    TAKEN = "taken"
    ERROR = "error"  # 503 in the provider's own form; nothing was taken
    LOST = "lost"  # taken, and the connection breaks before the answer
    GATEWAY = "gateway"  # taken, and a gateway answers 502
    BROKEN = "broken"  # the connection breaks, and nothing was taken
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Message:
    """One message that was taken."""

    id: str
    to: str
    body: str
    reference: str
    request: dict[str, Any]
    created: dt.datetime


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Provider:
    """Listens at `url`. `fate` decides about each request to send; `refuse` answers it with a code and status; `odd`
    answers by the request's method with anything at all, nothing for a page of a stranger's."""

    url: str
    fate: Callable[[], Fate] = lambda: Fate.TAKEN
    refuse: Callable[[dict[str, Any]], tuple[int, int] | None] = lambda _: None
    refuse_content: tuple[int, int] | None = None
    is_down: bool = False
    odd: Callable[[str], tuple[int, Any, dict[str, str]] | None] = lambda _: None
    messages: list[Message] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    calls: list[dict[str, str]] = field(default_factory=list)
    contents: dict[str, dict[str, Any]] = field(default_factory=dict)
    approvals: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ports: set[int] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, enough: int) -> None:
        """Until so many messages were taken. Fails the test after ten seconds."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.messages) >= enough, 10), self.bodies()

    def bodies(self, to: str | None = None) -> list[str]:
        """The texts that were taken, in their order."""
        return [one.body for one in self.messages if to in (None, one.to)]

    def sent(self) -> list[Request]:
        """The requests that asked to send something."""
        return [one for one in self.requests if one.path.endswith(("/Messages.json", "/messages")) and one.body]


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """One on a free port. In the end every call that it got has to fit the providers' own descriptions."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = self.headers.get("Content-Type", "")
            kept.calls.append(_call("POST", self.path, kind, raw.decode()))
            self._serve(
                "POST", json.loads(raw) if "json" in kind else dict(parse_qsl(raw.decode(), keep_blank_values=True))
            )

        def do_GET(self) -> None:
            kept.calls.append(_call("GET", self.path, "", ""))
            self._serve("GET", {})

        def _serve(self, method: str, body: dict[str, Any]) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            with kept.changed:
                kept.ports.add(self.client_address[1])
                kept.requests.append(Request(method, parts.path, query, dict(self.headers.items()), body))
                answer = _answer(kept, method, parts.path, query, body)
                kept.changed.notify_all()
            if answer is None:
                self.close_connection = True
                return
            status, content, headers = answer
            data = json.dumps(content).encode() if content is not None else b"<html>Bad gateway</html>"
            self.send_response(status)
            for name, value in {
                **headers,
                "Content-Length": str(len(data)),
                "Content-Type": "application/json",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert faults(kept.calls) == []


def _call(method: str, address: str, content_type: str, body: str) -> dict[str, str]:
    """As `tests.sandbox.specifications` reads it."""
    path, _, query = address.partition("?")
    service = "content" if path.startswith("/v1/Content") else "meta" if path.endswith("/messages") else "twilio"
    return {
        "service": service,
        "method": method,
        "path": path,
        "query": query,
        "content_type": content_type,
        "body": body,
    }


Answer = tuple[int, Any, dict[str, str]]


def _answer(kept: Provider, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Answer | None:
    is_meta = path.endswith("/messages")
    if (odd := kept.odd(method)) is not None:
        return odd
    if kept.is_down:
        return _error(is_meta, 503, 131016 if is_meta else 20503)
    if path == "/v1/Content":
        if content_refused := kept.refuse_content:
            return _error(False, content_refused[1], content_refused[0])
        sid = f"HX{len(kept.contents) + 1:032x}"
        kept.contents[sid] = body
        return 201, {"sid": sid, **body}, {}
    if approval := re.fullmatch(r"/v1/Content/(HX\w+)/ApprovalRequests/whatsapp", path):
        kept.approvals.append((approval[1], body))
        return 201, {**body, "status": "received"}, {}
    if method == "GET":
        mine = [one for one in kept.messages if one.to == query["To"]]
        return 200, {"messages": [_listed(one) for one in reversed(mine)][: int(query["PageSize"])]}, {}
    if refused := kept.refuse(body):
        return _error(is_meta, refused[1], refused[0])
    match kept.fate():
        case Fate.ERROR:
            return _error(is_meta, 503, 131016 if is_meta else 20503)
        case Fate.LIMITED:
            status, content, _ = _error(is_meta, 429, 130429 if is_meta else 20429)
            return status, content, {"Retry-After": "7"}
        case Fate.BROKEN:
            return None
        case fate:
            message = _taken(kept, is_meta, body)
            if fate == Fate.LOST:
                return None
            return (502, None, {}) if fate == Fate.GATEWAY else _accepted(is_meta, message)


def _taken(kept: Provider, is_meta: bool, body: dict[str, Any]) -> Message:
    number = len(kept.messages) + 1
    if is_meta:
        kind = body["type"]
        text = {"text": lambda: body["text"]["body"], "interactive": lambda: body["interactive"]["body"]["text"]}
        said = text.get(kind, lambda: body["template"]["name"])()
        message = Message(
            f"wamid.{number:08}", f"+{body['to']}", said, body["biz_opaque_callback_data"], body, clock.now()
        )
    else:
        said = body.get("Body") or _filled(kept.contents[body["ContentSid"]], json.loads(body["ContentVariables"]))
        callback = dict(parse_qsl(urlsplit(body.get("StatusCallback", "")).query))
        message = Message(f"SM{number:032x}", body["To"], said, callback.get("delivery", ""), body, clock.now())
    kept.messages.append(message)
    return message


def _filled(content: dict[str, Any], variables: dict[str, str]) -> str:
    (kind,) = content["types"].values()
    return re.sub(r"\{\{(\w+)\}\}", lambda found: variables[found[1]], kind["body"])


def _accepted(is_meta: bool, message: Message) -> Answer:
    if is_meta:
        contacts = [{"input": message.to, "wa_id": message.to.removeprefix("+")}]
        return 200, {"messaging_product": "whatsapp", "contacts": contacts, "messages": [{"id": message.id}]}, {}
    return 201, _listed(message), {}


def _listed(message: Message) -> dict[str, Any]:
    created = email.utils.format_datetime(message.created.replace(microsecond=0))
    return {
        "sid": message.id,
        "to": message.to,
        "body": message.body,
        "direction": "outbound-api",
        "date_created": created,
        "status": "queued",
    }


def _error(is_meta: bool, status: int, code: int) -> Answer:
    if is_meta:
        return status, {"error": {"message": "no", "type": "OAuthException", "code": code}}, {}
    return status, {"code": code, "message": "no", "status": status, "more_info": ""}, {}
