"""The desk's pages and their files. What is shown comes by the JSON calls; a page holds only who is signed in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.desk.access import DeskRoute, Visitor
from bot.errors import NotFound

HERE = Path(__file__).parent
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"

router = APIRouter(prefix="/desk", route_class=DeskRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of the desk, read once."""

    body: bytes
    kind: str


@lru_cache(maxsize=1)
def static_files() -> tuple[str, dict[str, StaticFile]]:
    """Every file by its name, and a version made from all: a new release has new addresses, so caches never lie."""
    files = {
        path.name: StaticFile(path.read_bytes(), KINDS[path.suffix])
        for path in sorted((HERE / "static").iterdir())
        if path.suffix in KINDS
    }
    digest = hashlib.sha256()
    for name, file in files.items():
        digest.update(name.encode() + b"\0" + file.body + b"\0")
    return digest.hexdigest()[:12], files


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@router.get("")
def desk(visitor: Visitor, request: Request) -> Response:
    """The console, or the way to sign in."""
    if visitor is None:
        return RedirectResponse(f"/desk/sign-in?next={quote(request.url.path)}", status_code=303)
    return _page("desk.html", agent=visitor.agent, supervises=visitor.supervises, csrf_token=visitor.csrf_token)


@router.get("/conversations/{conversation_id}")
def desk_at(conversation_id: str, visitor: Visitor, request: Request) -> Response:
    """The console with one conversation open: an address that a colleague can be sent."""
    return desk(visitor, request)


@router.get("/sign-in")
def sign_in(visitor: Visitor, next: str = "/desk") -> Response:
    """The sign-in page. `next` leads to a page of the desk, and nowhere else."""
    inside = next if next == "/desk" or next.startswith("/desk/") else "/desk"
    if visitor is not None:
        return RedirectResponse(quote(inside), status_code=303)
    return _page("sign_in.html", next=inside)


@router.get("/static/{version}/{name}")
def static_file(version: str, name: str) -> Response:
    """A script, style or picture of the desk. Raises `NotFound`."""
    now, files = static_files()
    file = files.get(name)
    if file is None:
        raise NotFound("There is no such file.")
    caching = {"Cache-Control": FOREVER} if version == now else {}
    return Response(file.body, media_type=file.kind, headers=caching)


def _page(template: str, **values: Any) -> HTMLResponse:
    version, _ = static_files()
    return HTMLResponse(_templates().get_template(template).render(static=f"/desk/static/{version}", **values))
