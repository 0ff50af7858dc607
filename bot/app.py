"""The web process: the only public one. Widget API, webhooks, pay pages, desk, health."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from bot import (
    chat_page,
    clock,
    document_page,
    file_page,
    health,
    logs,
    pay_page,
    policies,
    unsubscribe_page,
    webhooks,
    words,
)
from bot.billing.gateway import PaymentGateway
from bot.billing.stripe import gateway
from bot.body_limit import BodyLimit
from bot.channels import phone_routes, web
from bot.channels.front_door import FrontDoor
from bot.channels.rounds import Rounds
from bot.conversations.dialogue import Dialogue, Rasa
from bot.db import Database, database
from bot.desk.headers import DeskHeaders
from bot.desk.routes import router as desk
from bot.desk.thread import sent_file_routes
from bot.errors import GoodTermsError, OutsideService, TooMany
from bot.help_lines import help_lines
from bot.settings import ROOT, Settings, settings

BODY_LIMIT = 2_000_000
# Meta's batches have up to 3 MB; agents send files.
WIDER_LIMITS = {
    re.compile(r"/webhooks/whatsapp"): 3_500_000,
    re.compile(r"/api/desk/conversations/[\w-]+/files"): sent_file_routes.LARGEST,
}
HTTP_ERRORS = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
}

log = structlog.get_logger()


def create_app(
    *,
    db: Database | None = None,
    dialogue: Dialogue | None = None,
    payments: PaymentGateway | None = None,
) -> FastAPI:
    """The application. Tests pass what they want to hold themselves; otherwise all comes from the settings."""
    own = settings()
    logs.configure(own.log_level)
    policies.check_all()
    words.check()
    help_lines()
    pay_page.check()
    if own.sandbox:
        clock.follow(own.clock_file)
    app = FastAPI(
        title="Good Terms",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.db = db or database()
    app.state.front_door = FrontDoor(app.state.db, dialogue or Rasa(own))
    app.state.signals = app.state.front_door.signals
    app.state.rounds = Rounds(app.state.front_door)
    app.state.gateway = payments or _gateway(own)
    pages = (pay_page, document_page, file_page, unsubscribe_page, chat_page)
    own_routes = (web, phone_routes, webhooks, *pages, health)
    for routes in (*(module.routes for module in own_routes), desk):
        app.include_router(routes)
    _files(app, own)
    _errors(app)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=own.allowed_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        expose_headers=["Retry-After"],
        max_age=86_400,
    )
    app.add_middleware(BodyLimit, limit=BODY_LIMIT, refusal=_too_large, wider=WIDER_LIMITS)
    app.add_middleware(DeskHeaders)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    door: FrontDoor = app.state.front_door
    door.start()
    yield
    await door.close()


def _gateway(own: Settings) -> PaymentGateway | None:
    try:
        return gateway(own)
    except OutsideService as error:
        log.warning("payments_off", reason=error.message)
        return None


def _files(app: FastAPI, own: Settings) -> None:
    folder = ROOT / "widget"

    @app.get("/widget.js", include_in_schema=False)
    async def widget() -> FileResponse:
        headers = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
        return FileResponse(folder / "widget.js", media_type="text/javascript", headers=headers)

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/shop" if own.sandbox else "/desk")

    if own.sandbox:

        @app.get("/shop", include_in_schema=False)
        async def shop() -> FileResponse:
            return FileResponse(folder / "shop.html")

        @app.get("/shop/{name}", include_in_schema=False)
        async def shop_file(name: str) -> FileResponse:
            path = (folder / name).resolve()
            if path.parent != folder or path.suffix not in {".css", ".svg", ".js"} or not path.is_file():
                raise HTTPException(404)
            return FileResponse(path)


def _errors(app: FastAPI) -> None:
    @app.exception_handler(GoodTermsError)
    async def known(request: Request, error: GoodTermsError) -> Response:
        if error.status >= 500:
            log.error("request_failed", code=error.code, path=request.scope.get("route_path", ""))
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
        if error.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return _error(error.status, error.code, error.message, headers)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        return _error(422, "invalid_input", _sentence(error))

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> Response:
        code, sentence = HTTP_ERRORS.get(error.status_code, ("error", "This request cannot be served."))
        return _error(error.status_code, code, sentence)

    @app.exception_handler(OperationalError)
    async def busy(_: Request, error: OperationalError) -> Response:
        log.error("database_unavailable", error=type(error.orig).__name__)
        sentence = "We're very busy at this moment. Nothing is lost; please try again in a few seconds."
        return _error(503, "busy", sentence, {"Retry-After": "2"})

    @app.exception_handler(Exception)
    async def unknown(_: Request, error: Exception) -> Response:
        log.error("unexpected_error", error=type(error).__name__)
        return _error(500, "error", "Something went wrong on our side. Nothing was changed; please try again.")


def _too_large(limit: int) -> Response:
    return _error(413, "too_large", f"A request may hold {limit // 1000:,} kB at most. Nothing was stored.")


def _sentence(error: RequestValidationError) -> str:
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return "The body is not valid JSON."
    named = [f"{'.'.join(str(part) for part in fault['loc'][1:]) or 'body'}: {fault['msg']}" for fault in faults[:5]]
    return "; ".join(named)


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    body: dict[str, Any] = {"error": {"code": code, "message": message}}
    return JSONResponse(body, status_code=status, headers=headers)
