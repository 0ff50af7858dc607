"""How a call at the desk is let in: the session's cookie, the role, the CSRF token, the same origin; and what every
answer carries."""

from __future__ import annotations

import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from bot.db import Database
from bot.desk import auth, roles
from bot.desk.auth import Seat
from bot.desk.headers import with_headers
from bot.errors import NotAllowed, NotSignedIn
from bot.settings import settings

CSRF_HEADER = "X-CSRF-Token"
BACKGROUND_HEADER = "X-Background"


class DeskRoute(APIRoute):
    """A route whose every answer, errors included, carries the desk's headers and is kept by no cache."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, adding what the answer does not say itself."""

        await super().handle(scope, receive, with_headers(send))


def cookie_name() -> str:
    """With https the name itself makes browsers insist on Secure, this host and the whole path."""
    return "__Host-goodterms_desk" if secure() else "goodterms_desk"


def secure() -> bool:
    """Whether agents reach us by https."""
    return settings().public_url.startswith("https://")


def give_cookie(response: Response, token: str) -> None:
    """Sign this browser in: no script reads the cookie, no other site's form sends it, no plain http carries it."""
    response.set_cookie(
        cookie_name(),
        token,
        max_age=int(auth.LONGEST.total_seconds()),
        path="/",
        secure=secure(),
        httponly=True,
        samesite="lax",
    )


def take_cookie(response: Response) -> None:
    """Forget it."""
    response.delete_cookie(cookie_name(), path="/", secure=secure(), httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    """The network address that tries are counted for."""
    return request.client.host if request.client else "unknown"


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
    """Who watches, in a role that may (`roles.LEAST`). Raises `NotSignedIn`, `NotAllowed`.

    Watching alone does not keep an idle session alive.
    """
    with db.reading() as session:
        seat = auth.seat(session, request.cookies.get(cookie_name()))
    roles.require(request, seat)
    return seat


def reader(request: Request, db: Annotated[Database, Depends(db_of)]) -> Seat:
    """Who reads. Raises `NotSignedIn`, `NotAllowed`. What a page fetches by itself (`X-Background`) is watching."""
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
