"""How a page of the desk is made: its template, its files, and what is shown to whom it is not for."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot import policies
from bot.desk.access import DeskRoute
from bot.desk.roles import SignInUnfinished
from bot.errors import GoodTermsError, NotSignedIn, TooMany

HERE = Path(__file__).parent
UNREADABLE = "This address can't be read. It may have been cut short on the way."
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class PageRoute(DeskRoute):
    """A page: who is not signed in is led to the door and back, who has something to do first to their own page. What
    is wrong is said on a page, too: a person reads it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What serves the page."""
        serve = super().get_route_handler()

        async def lead(request: Request) -> Response:
            try:
                return await serve(request)
            except NotSignedIn:
                return RedirectResponse(f"/desk/sign-in?next={quote(request.url.path)}", status_code=303)
            except SignInUnfinished:
                return RedirectResponse("/desk/me", status_code=303)
            except RequestValidationError:
                return page("refused.html", status=422, message=UNREADABLE)
            except GoodTermsError as error:
                if error.status == 500:
                    raise
                waiting = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
                return page("refused.html", status=error.status, headers=waiting, message=error.message)

        return lead


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of the desk, read once."""

    body: bytes
    kind: str


def page(template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> HTMLResponse:
    """The page that `template` makes of `values`. All of them are text: nothing becomes markup."""
    version, _ = static_files()
    made = _templates().get_template(template).render(static=f"/desk/static/{version}", **values)
    return HTMLResponse(made, status_code=status, headers=headers)


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
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = moment
    return made


def moment(instant: dt.datetime) -> str:
    """An instant as the desk's own clocks say it: "Mar 2, 2026, 10:00:07 EST"."""
    return f"{instant.astimezone(policies.desk().zone):%b %-d, %Y, %H:%M:%S %Z}"
