"""The address `/files/<token>`: a file that an agent sent, or a kind page that implies no debt (P1)."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot import document_page
from bot.channels.front_door import FrontDoor
from bot.conversations import sent_files
from bot.errors import Expired, NotFound

routes = APIRouter(prefix="/files")

# Alone in a window it is a page of nobody's: no script, no form, no other resource. A browser's viewer of PDF is a page
# of its own, which a sandbox would keep from showing it.
SHUT = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@routes.api_route("/{token}", methods=["GET", "HEAD"])
def show(token: str, request: Request) -> Response:
    """The file, shown in the browser (200); else a page: unknown (404), run out (410)."""
    door: FrontDoor = request.app.state.front_door
    try:
        with door.db.reading() as session:
            file = sent_files.find(session, token)
            name, kind, body = file.file_name, file.content_type, file.body
    except NotFound:
        return document_page.instead("unknown", request, 404)
    except Expired:
        return document_page.instead("expired", request, 410)
    policy = "frame-ancestors 'none'" if kind == "application/pdf" else SHUT
    headers = document_page.HEADERS | {
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": policy,
        "Content-Type": kind,
    }
    return Response(body, headers=headers)
