"""The supervisor's view over all: a page, and the numbers that it asks for every few seconds."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from bot.desk.access import Db, DeskRoute, Reader
from bot.desk.page import PageRoute, page
from bot.desk.queue.overview import overview

pages = APIRouter(prefix="/desk/overview", route_class=PageRoute, include_in_schema=False)
api = APIRouter(prefix="/api/desk/overview", route_class=DeskRoute, include_in_schema=False)


@pages.get("")
def show(seat: Reader) -> Response:
    """The page; its numbers come by the call below."""
    return page("overview.html", seat=seat)


@api.get("")
def numbers(db: Db, _seat: Reader) -> dict[str, Any]:
    """How the desk stands now. No customer is in it."""
    with db.reading() as session:
        return overview(session)


router = APIRouter()
router.include_router(pages)
router.include_router(api)
