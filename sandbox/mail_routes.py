"""The mailbox page, and the same as JSON for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from sandbox.mail import Written
from sandbox.outbox import address
from sandbox.pages import render
from sandbox.refusal import SandboxRefusal

if TYPE_CHECKING:
    from sandbox.app import Sandbox

Object = dict[str, Any]
# The mail itself is shown in a frame that may do nothing; its links open beside it.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def routes(sandbox: Sandbox) -> APIRouter:
    """`/sandbox/mail` and `/sandbox/mailbox`."""
    routes = APIRouter(prefix="/sandbox")
    mailboxes = sandbox.mailboxes

    @routes.get("/mail")
    async def read(to: str | None = None) -> list[Object]:
        return mailboxes.read(to)

    @routes.post("/mail")
    async def write(written: Written) -> Object:
        return {"said": await mailboxes.write(written)}

    @routes.get("/mail/{id}", response_class=HTMLResponse)
    async def one(id: str) -> Response:
        found = next((each for each in mailboxes.read() if each["id"] == id), None)
        if found is None:
            raise SandboxRefusal("There is no such e-mail.", status=404, code="not_found")
        headers = {"Content-Security-Policy": _MAIL_POLICY, "X-Content-Type-Options": "nosniff"}
        return HTMLResponse(found["html"].replace("<head>", '<head><base target="_blank">'), headers=headers)

    @routes.get("/mailbox", response_class=HTMLResponse)
    async def page(to: str = "", said: str = "") -> Response:
        every = mailboxes.read()
        owners = sorted({each["to"] for each in every})
        view = {
            "to": address(to),
            "owners": owners,
            "mails": mailboxes.read(to)[::-1] if to else [],
            "said": said[:300],
        }
        answer = render("mailbox.html", view)
        answer.headers["Content-Security-Policy"] = _POLICY
        return answer

    @routes.post("/mailbox")
    async def reply(
        to: Annotated[str, Form()], text: Annotated[str, Form()], answers: Annotated[str, Form()]
    ) -> Response:
        try:
            said = await mailboxes.write(Written(**{"from": to, "text": text, "answers": answers}))
        except SandboxRefusal as refusal:
            said = str(refusal)
        place = f"/sandbox/mailbox?{urlencode({'to': to, 'said': said})}"
        return RedirectResponse(place, status_code=303)

    return routes
