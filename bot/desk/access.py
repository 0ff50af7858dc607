"""Who may call what at the desk: the session's cookie, the CSRF token, the same origin, the headers of every answer."""

from __future__ import annotations

import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from bot.db import Database
from bot.desk import auth
from bot.desk.auth import Seat
from bot.errors import NotAllowed, NotSignedIn
from bot.settings import settings

CSRF_HEADER = "X-CSRF-Token"
BACKGROUND_HEADER = "X-Background"

# No inline script or style, no frame, nobody else's resources; and no string becomes markup (trusted types).
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class DeskRoute(APIRoute):
    """A route whose every answer, errors included, carries the desk's headers and is kept by no cache."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, adding what the answer does not say itself."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await super().handle(scope, receive, with_headers)


def cookie_name() -> str:
    """With https the name itself makes browsers insist on Secure, this host and the whole path."""
    return "__Host-goodterms_desk" if secure() else "goodterms_desk"


def secure() -> bool:
    """Whether agents reach us by https."""
    return settings().public_url.startswith("https://")


def db_of(request: Request) -> Database:
    """The database of the app that serves this request."""
    database: Database = request.app.state.db
    return database


def own_page(request: Request) -> None:
    """The call comes from a page of ours, or from no page at all. Raises `NotAllowed` for another site's."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise NotAllowed("This call came from another site.")
    origin = request.headers.get("Origin")
    ours = (request.headers.get("Host"), urlsplit(settings().public_url).netloc)
    if site is None and origin is not None and urlsplit(origin).netloc not in ours:
        raise NotAllowed("This call came from another site.")


def watcher(request: Request, db: Annotated[Database, Depends(db_of)]) -> Seat:
    """Who watches. Raises `NotSignedIn`. Watching alone does not keep an idle session alive."""
    with db.reading() as session:
        return auth.seat(session, request.cookies.get(cookie_name()))


def reader(request: Request, db: Annotated[Database, Depends(db_of)]) -> Seat:
    """Who reads. Raises `NotSignedIn`. What the page fetches by itself (`X-Background`) counts as watching."""
    seat = watcher(request, db)
    if BACKGROUND_HEADER not in request.headers:
        auth.stay(db, seat)
    return seat


def writer(request: Request, seat: Annotated[Seat, Depends(reader)], _own: Annotated[None, Depends(own_page)]) -> Seat:
    """Who writes: signed in, from our page, with the session's CSRF token. Raises `NotSignedIn`, `NotAllowed`."""
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), seat.csrf_token.encode()):
        raise NotAllowed("This page is out of date. Reload it and try again.")
    return seat


def visitor(request: Request, db: Annotated[Database, Depends(db_of)]) -> Seat | None:
    """Who looks at a page, signed in or not."""
    try:
        return reader(request, db)
    except NotSignedIn:
        return None


Db = Annotated[Database, Depends(db_of)]
Watcher = Annotated[Seat, Depends(watcher)]
Reader = Annotated[Seat, Depends(reader)]
Writer = Annotated[Seat, Depends(writer)]
OwnPage = Annotated[None, Depends(own_page)]
Visitor = Annotated[Seat | None, Depends(visitor)]
