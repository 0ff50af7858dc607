"""One application: Stripe, Twilio, the outbox, the clock, the phones, and the switches that make them misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from sandbox import checkout, dashboard, events, twilio
from sandbox.amounts import worded
from sandbox.calls import Calls
from sandbox.clock import Clock
from sandbox.courier import Courier
from sandbox.disputes import Disputes
from sandbox.events import Events
from sandbox.faults import FaultBox
from sandbox.outbox import Outbox, address
from sandbox.pages import render
from sandbox.payment_methods import PaymentMethods
from sandbox.payments import Payments
from sandbox.refunds import Refunds
from sandbox.refusal import SandboxRefusal, StripeRefusal, TwilioRefusal
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.stripe import StripeApi
from sandbox.switches import bank_switches, service_switches


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
        self.methods = PaymentMethods(self.store, self.clock)
        self.payments = Payments(self.store, self.clock, stripe_events, self.methods, f"{pages}/receipts")
        self.refunds = Refunds(self.store, self.clock, stripe_events, self.methods)
        self.disputes = Disputes(self.store, self.clock, stripe_events)
        calls = Calls(self.store, self.payments, self.refunds, self.courier, f"{pages}/checkout")
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
    app.include_router(checkout.router(checkout.Checkout(sandbox.payments, sandbox.refunds)))
    app.include_router(service_switches(sandbox))
    app.include_router(bank_switches(sandbox))
    app.include_router(dashboard.router(dashboard.Dashboard(sandbox.payments, sandbox.refunds, sandbox.disputes)))
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


def _pages(sandbox: Sandbox) -> APIRouter:
    routes = APIRouter()

    @routes.get("/sandbox/phone", response_class=HTMLResponse)
    async def phone(to: str = "") -> Response:
        return render("phone.html", {"to": address(to), "addresses": sandbox.outbox.addresses()})

    @routes.get("/sandbox/receipts/{charge}", response_class=HTMLResponse)
    async def receipt(charge: str) -> Response:
        found = sandbox.store.find(charge, "charge")
        if found is None:
            raise SandboxRefusal("There is no such receipt.", status=404, code="not_found")
        amount = worded(found["amount"], found["currency"], None)
        return render("receipt.html", {"charge": found, "amount": amount})

    @routes.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return routes
