"""One application: Stripe, Twilio, the outbox, the clock, the phones, and the switches that make them misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict

from sandbox import checkout, events, twilio
from sandbox.calls import Calls
from sandbox.clock import Clock
from sandbox.courier import Courier
from sandbox.events import Events
from sandbox.faults import FaultBox, Faults
from sandbox.outbox import Outbox, address
from sandbox.pages import render
from sandbox.payments import Payments
from sandbox.refusal import SandboxRefusal, StripeRefusal, TwilioRefusal
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.stripe import StripeApi


class Advance(BaseModel):
    """How far the clock moves."""

    model_config = ConfigDict(extra="forbid")

    advance: str


class Sandbox:
    """The parts, wired."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store(settings.var / "sandbox.db")
        self.clock = Clock(settings.var / "clock")
        signers = {
            "stripe": events.signer(settings.stripe_webhook_secret),
            "twilio": twilio.signer(settings.twilio_auth_token),
        }
        self.courier = Courier(self.store, signers)
        self.stripe_faults = FaultBox(self.store, "stripe")
        self.twilio_faults = FaultBox(self.store, "twilio")
        stripe_events = Events(self.store, self.clock, self.courier, self.stripe_faults, settings.stripe_webhook_url)
        pages = f"{settings.sandbox_url}/sandbox"
        self.payments = Payments(self.store, self.clock, stripe_events, f"{pages}/receipts")
        calls = Calls(self.store, self.clock, self.payments, self.courier, f"{pages}/checkout")
        self.stripe = StripeApi(settings.stripe_api_key, self.store, self.clock, calls, self.stripe_faults)
        self.outbox = Outbox(self.store, self.clock)
        self.twilio = twilio.TwilioApi(
            settings.twilio_account_sid,
            settings.twilio_auth_token,
            self.store,
            self.clock,
            self.outbox,
            self.courier,
            self.twilio_faults,
        )


def create_app(settings: Settings) -> FastAPI:
    """The sandbox over its state in `GT_VAR`. Webhooks go out while the application runs."""
    sandbox = Sandbox(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        post = asyncio.create_task(sandbox.courier.run(sandbox.payments.expire_due))
        yield
        post.cancel()
        with suppress(asyncio.CancelledError):
            await post
        await sandbox.courier.close()
        sandbox.store.close()

    app = FastAPI(title="Good Terms sandbox", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.sandbox = sandbox
    app.include_router(_stripe(sandbox))
    app.include_router(_twilio(sandbox))
    app.include_router(checkout.router(checkout.Checkout(sandbox.payments)))
    app.include_router(_switches(sandbox))
    app.include_router(_pages(sandbox))

    @app.exception_handler(StripeRefusal)
    @app.exception_handler(TwilioRefusal)
    @app.exception_handler(SandboxRefusal)
    async def refuse(request: Request, refusal: StripeRefusal | TwilioRefusal | SandboxRefusal) -> JSONResponse:
        return JSONResponse(refusal.body(), refusal.status)

    return app


def _stripe(sandbox: Sandbox) -> APIRouter:
    routes = APIRouter()

    @routes.api_route("/v1/{path:path}", methods=["GET", "POST", "DELETE"])
    async def call(request: Request, path: str) -> Response:
        encoded = (await request.body()).decode(errors="replace") if request.method == "POST" else request.url.query
        answer = sandbox.stripe.answer(request.method, request.url.path, encoded, request.headers)
        # After the work is done: a caller that gives up waiting does not know whether it was.
        await asyncio.sleep(sandbox.stripe_faults.read().hang_s)
        return JSONResponse(answer.body, answer.status, answer.headers)

    return routes


def _twilio(sandbox: Sandbox) -> APIRouter:
    routes = APIRouter(prefix="/2010-04-01/Accounts/{account}")

    @routes.post("/Messages.json")
    async def send(request: Request, account: str) -> Response:
        sandbox.twilio.authorise(account, request.headers)
        message = sandbox.twilio.create((await request.body()).decode(errors="replace"))
        await asyncio.sleep(sandbox.twilio_faults.read().hang_s)
        return JSONResponse(message, 201)

    @routes.get("/Messages/{sid}.json")
    async def fetch(request: Request, account: str, sid: str) -> Response:
        sandbox.twilio.authorise(account, request.headers)
        return JSONResponse(sandbox.twilio.fetch(sid))

    return routes


def _switches(sandbox: Sandbox) -> APIRouter:
    routes = APIRouter(prefix="/sandbox")
    boxes = {"stripe": sandbox.stripe_faults, "twilio": sandbox.twilio_faults}

    def box(service: str) -> FaultBox:
        if service not in boxes:
            raise SandboxRefusal("There is no such service here.", status=404, code="not_found")
        return boxes[service]

    @routes.get("/{service}/faults")
    async def read_faults(service: str) -> Faults:
        return box(service).read()

    @routes.post("/{service}/faults")
    async def set_faults(service: str, faults: Faults) -> Faults:
        return box(service).set(faults)

    @routes.delete("/{service}/faults")
    async def clear_faults(service: str) -> dict[str, Any]:
        return box(service).clear()

    @routes.get("/{service}/webhooks")
    async def webhooks(service: str) -> list[dict[str, Any]]:
        box(service)
        return sandbox.courier.deliveries(service)

    @routes.get("/clock")
    async def read_clock() -> dict[str, Any]:
        return {"now": sandbox.clock.now().isoformat(), "offset_s": sandbox.clock.offset().total_seconds()}

    @routes.post("/clock")
    async def advance(step: Advance) -> dict[str, Any]:
        try:
            now = sandbox.clock.advance(step.advance)
        except ValueError as error:
            raise SandboxRefusal(f"The clock stays: {error}.", status=422, code="invalid_input") from error
        sandbox.payments.expire_due()
        return {"now": now.isoformat()}

    @routes.get("/outbox")
    async def read_outbox(to: str | None = None) -> list[dict[str, Any]]:
        return sandbox.outbox.read(to)

    return routes


def _pages(sandbox: Sandbox) -> APIRouter:
    routes = APIRouter()

    @routes.get("/", response_class=HTMLResponse)
    async def index() -> Response:
        sessions = sandbox.store.every("checkout.session")[:20]
        return render("index.html", {"now": sandbox.clock.now().isoformat(timespec="seconds"), "sessions": sessions})

    @routes.get("/sandbox/phone", response_class=HTMLResponse)
    async def phone(to: str = "") -> Response:
        return render("phone.html", {"to": address(to), "addresses": sandbox.outbox.addresses()})

    @routes.get("/sandbox/receipts/{charge}", response_class=HTMLResponse)
    async def receipt(charge: str) -> Response:
        found = sandbox.store.find(charge, "charge")
        if found is None:
            raise SandboxRefusal("There is no such receipt.", status=404, code="not_found")
        amount = checkout.worded(found["amount"], found["currency"], None)
        return render("receipt.html", {"charge": found, "amount": amount})

    @routes.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return routes
