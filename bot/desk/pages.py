"""The console, the door and the desk's files. What the console shows comes by the JSON calls; it holds only who is
signed in."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from bot.desk.access import DeskRoute, Reader, Visitor
from bot.desk.door.oidc import provider
from bot.desk.page import PageRoute, page, static_files
from bot.desk.queue.filters import choices
from bot.desk.thread import wrap_up
from bot.errors import NotFound

FOREVER = "public, max-age=31536000, immutable"

router = APIRouter(prefix="/desk", route_class=PageRoute, include_in_schema=False)
files = APIRouter(prefix="/desk/static", route_class=DeskRoute, include_in_schema=False)


@router.get("")
def desk(seat: Reader) -> Response:
    """The console."""
    return page(
        "desk.html",
        agent=seat.agent,
        supervises=seat.supervises,
        csrf_token=seat.csrf_token,
        choices=choices(),
        wrap_ups=wrap_up.choices(),
    )


@router.get("/conversations/{conversation_id}")
def desk_at(conversation_id: str, seat: Reader) -> Response:
    """The console with one conversation open: an address that a colleague can be sent."""
    return desk(seat)


@router.get("/sign-in")
def sign_in(visitor: Visitor, next: str = "/desk") -> Response:
    """The sign-in page. `next` leads to a page of the desk, and nowhere else."""
    if visitor is not None:
        return RedirectResponse(quote(inside(next)), status_code=303)
    return page("sign_in.html", next=inside(next), single_sign_on=provider() is not None)


def inside(next: str) -> str:
    """The page of the desk that `next` names, or the console."""
    return next if next == "/desk" or next.startswith("/desk/") else "/desk"


@files.get("/{version}/{name}")
def static_file(version: str, name: str) -> Response:
    """A script, style or picture of the desk. Raises `NotFound`."""
    now, there = static_files()
    file = there.get(name)
    if file is None:
        raise NotFound("There is no such file.")
    caching = {"Cache-Control": FOREVER} if version == now else {}
    return Response(file.body, media_type=file.kind, headers=caching)
