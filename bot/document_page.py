"""The address `/documents/<token>`: the PDF of a receipt or a statement, or a kind page that implies no debt (P1).

Every opening reads the ledger and sets the pages anew, in threads of its own, so that the chat does not wait for it.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import structlog
from babel import negotiate_locale
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot import policies
from bot.channels.front_door import FrontDoor
from bot.db import Database
from bot.documents import links
from bot.documents.letter import written_in
from bot.documents.paper import PaperFailed
from bot.errors import Expired, NotFound
from bot.models import Document, DocumentKind

routes = APIRouter(prefix="/documents")
log = structlog.get_logger()

# So many documents are made at once, and so many may wait for it; the rest is asked to come again.
PRESSES = 2
WAITING = 50
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# The viewer of a browser is a page of its own, which a stricter policy would keep from showing the document.
PDF_HEADERS = HEADERS | {"Content-Security-Policy": "frame-ancestors 'none'"}
PAGE_HEADERS = HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'none'"
    ),
}

_presses = ThreadPoolExecutor(PRESSES, thread_name_prefix="press")
_room = threading.BoundedSemaphore(PRESSES + WAITING)


@routes.api_route("/{token}", methods=["GET", "HEAD"])
async def show(token: str, request: Request) -> Response:
    """The document, shown in the browser (200); else a page: unknown (404), run out (410), too many at once (503)."""
    door: FrontDoor = request.app.state.front_door
    if not _room.acquire(blocking=False):
        return _page("busy", _asked(request), 503, {"Retry-After": "60"})
    try:
        document, pdf = await asyncio.get_running_loop().run_in_executor(_presses, _made, door.db, token)
    except NotFound:
        return _page("unknown", _asked(request), 404)
    except Expired as error:
        return _page("expired", error.about.locale, 410)
    except PaperFailed as error:
        log.error("document_failed", template=error.about)
        return _page("busy", _asked(request), 503, {"Retry-After": "60"})
    finally:
        _room.release()
    words = policies.documents().words[written_in(document.locale).language]
    name = words.receipt_file if document.kind == DocumentKind.RECEIPT else words.statement_file
    headers = PDF_HEADERS | {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def _made(db: Database, token: str) -> tuple[Document, bytes]:
    with db.reading() as session:
        document = links.find(session, token)
        facts = links.read(session, document)
    return document, links.render(facts)


def instead(state: str, request: Request, status: int) -> HTMLResponse:
    """The kind page for `state` (unknown, expired, busy) in the language that the browser asks for."""
    return _page(state, _asked(request), status)


def _asked(request: Request) -> str:
    """The language that the browser asks for, where no document tells the customer's."""
    asked = [part.split(";")[0].strip() for part in request.headers.get("Accept-Language", "").split(",")]
    return negotiate_locale(asked, sorted(policies.documents().words), sep="-") or "en"


def _page(state: str, locale: str, status: int, headers: dict[str, str] | None = None) -> HTMLResponse:
    written = written_in(locale)
    words = policies.documents().words[written.language]
    html = (
        _templates()
        .get_template("document.html")
        .render(
            brand=policies.brand_name(),
            locale=str(written).replace("_", "-"),
            title=getattr(words, f"{state}_title"),
            body=getattr(words, f"{state}_body"),
        )
    )
    return HTMLResponse(html, status_code=status, headers=PAGE_HEADERS | (headers or {}))


@lru_cache(maxsize=1)
def _templates() -> Environment:
    folder = Path(__file__).resolve().parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
