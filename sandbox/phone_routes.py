"""The phone page, its files, and the same as JSON for tests."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from sandbox.outbox import address
from sandbox.pages import render
from sandbox.people import people
from sandbox.phone import Texted
from sandbox.refusal import SandboxRefusal
from sandbox.thread import Channel

if TYPE_CHECKING:
    from sandbox.app import Sandbox

Object = dict[str, Any]
PATIENCE_S = 12.0
STATIC = Path(__file__).parent / "static"
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def routes(sandbox: Sandbox) -> APIRouter:
    """`/sandbox/phone` and what belongs to it."""
    routes = APIRouter(prefix="/sandbox")
    phone = sandbox.phone

    @routes.get("/phone", response_class=HTMLResponse)
    async def page(to: str = "") -> Response:
        answer = render("phone.html", {"to": address(to)})
        answer.headers["Content-Security-Policy"] = _POLICY
        return answer

    @routes.post("/phone/messages")
    async def write(texted: Texted) -> Object:
        bubble = phone.write(texted)
        return {"id": bubble["id"], "webhook": await _outcome(sandbox, bubble), "bubble": bubble}

    @routes.get("/phone/thread")
    async def thread(number: str, channel: Channel = "sms") -> Object:
        return phone.thread(number, channel)

    @routes.get("/phone/people")
    async def everybody() -> Object:
        return {"people": list(people()), "threads": phone.threads.numbers()}

    @routes.get("/media/{id}")
    async def medium(id: str) -> Response:
        found = sandbox.cabinet.find(id)
        if found is None:
            raise SandboxRefusal("There is no such file here.", status=404, code="not_found")
        headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
        return Response(found.bytes, media_type=found.type, headers=headers)

    @routes.get("/static/{name}")
    async def static(name: str) -> Response:
        file = STATIC / name
        if file.parent != STATIC or file.suffix not in (".css", ".js") or not file.is_file():
            raise SandboxRefusal("There is no such file here.", status=404, code="not_found")
        media_type = "text/css" if file.suffix == ".css" else "text/javascript"
        return FileResponse(file, media_type=media_type, headers={"Cache-Control": "no-cache"})

    return routes


async def _outcome(sandbox: Sandbox, bubble: Object) -> Object:
    """What came of the webhook, once it has been tried; after a while, what is known by then."""
    until = time.monotonic() + PATIENCE_S
    while True:
        found = sandbox.courier.about(bubble["id"], "message")
        if (found and (found["attempts"] or found["state"] != "pending")) or time.monotonic() > until:
            return found or {}
        await asyncio.sleep(0.02)
