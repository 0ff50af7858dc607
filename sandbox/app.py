"""One application: Stripe, Twilio, Meta, mail, the outbox, the clock, the phones, and the switches of their faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from sandbox import checkout, dashboard, events, mail_routes, meta_routes, meta_webhooks, phone_routes, twilio
from sandbox.amounts import worded
from sandbox.approved import Approved
from sandbox.calls import Calls
from sandbox.clock import Clock
from sandbox.courier import Courier
from sandbox.disputes import Disputes
from sandbox.events import Events
from sandbox.faults import FaultBox
from sandbox.heard import Heard
from sandbox.mail import Mailboxes, MailServer
from sandbox.media import Cabinet
from sandbox.meta import MetaApi
from sandbox.opt_outs import OptOuts
from sandbox.outbox import Outbox
from sandbox.pages import render
from sandbox.payment_methods import PaymentMethods
from sandbox.payments import Payments
from sandbox.phone import Phone
from sandbox.refunds import Refunds
from sandbox.refusal import MetaRefusal, SandboxRefusal, StripeRefusal, TwilioRefusal
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.stripe import StripeApi
from sandbox.switches import bank_switches, service_switches
from sandbox.thread import Threads
from sandbox.twilio_content import Contents
from sandbox.twilio_inbound import TwilioInbound
from sandbox.twilio_routes import content_routes, message_routes

Refusal = StripeRefusal | TwilioRefusal | MetaRefusal | SandboxRefusal
# The WhatsApp number that Meta knows by its id.
META_NUMBER = "+15005550020"


class Sandbox:
    """The parts, wired."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store(settings.var / "sandbox.db")
        self.clock = Clock(settings.var / "clock")
        signers = {
            "stripe": events.signer(settings.stripe_webhook_secret),
            "twilio": twilio.signer(settings.twilio_auth_token),
            "meta": meta_webhooks.signer(settings.meta_app_secret),
        }
        self.courier = Courier(self.store, signers)
        self.stripe_faults = FaultBox(self.store, "stripe")
        self.twilio_faults = FaultBox(self.store, "twilio")
        self.meta_faults = FaultBox(self.store, "meta")
        stripe_events = Events(self.store, self.clock, self.courier, self.stripe_faults, settings.stripe_webhook_url)
        pages = f"{settings.sandbox_url}/sandbox"
        self.methods = PaymentMethods(self.store, self.clock)
        self.payments = Payments(self.store, self.clock, stripe_events, self.methods, f"{pages}/receipts")
        self.refunds = Refunds(self.store, self.clock, stripe_events, self.methods)
        self.disputes = Disputes(self.store, self.clock, stripe_events)
        calls = Calls(self.store, self.payments, self.refunds, self.courier, f"{pages}/checkout")
        self.stripe = StripeApi(settings.stripe_api_key, self.store, self.clock, calls, self.stripe_faults)
        self.outbox = Outbox(self.store, self.clock)
        self.mailboxes = Mailboxes(self.store, self.clock, self.outbox)
        self.mail_server = MailServer(self.mailboxes, settings)
        self._play_phones(settings)

    def _play_phones(self, settings: Settings) -> None:
        self.base = settings.sandbox_url
        self.heard = Heard()
        self.cabinet = Cabinet(self.store)
        self.threads = Threads(self.store, self.clock)
        self.approved = Approved(self.store)
        opt_outs = OptOuts(self.store)
        self.twilio = twilio.TwilioApi(
            settings.twilio_account_sid,
            settings.twilio_auth_token,
            settings.pace_s,
            self.threads,
            self.outbox,
            self.courier,
            Contents(settings.twilio_account_sid, self.store, self.clock, self.base, self.approved),
            opt_outs,
            self.twilio_faults,
        )
        from_twilio = TwilioInbound(
            self.twilio,
            settings.twilio_webhook_url,
            self.base,
            settings.text_number,
            settings.twilio_whatsapp_from,
        )
        from_meta = meta_webhooks.MetaWebhooks(
            settings.meta_webhook_url,
            settings.meta_phone_number_id,
            META_NUMBER,
            self.threads,
            self.courier,
            self.meta_faults,
        )
        self.meta = MetaApi(
            settings.meta_access_token,
            settings.meta_phone_number_id,
            settings.pace_s,
            self.threads,
            self.outbox,
            from_meta,
            self.approved,
            self.meta_faults,
        )
        self.phone = Phone(self.threads, self.cabinet, opt_outs, {"twilio": from_twilio, "meta": from_meta})


def create_app(settings: Settings) -> FastAPI:
    """The sandbox over its state in `GT_VAR`. Webhooks go out while the application runs."""
    sandbox = Sandbox(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sandbox.mail_server.start()
        post = asyncio.create_task(sandbox.courier.run(sandbox.payments.expire_due))
        yield
        post.cancel()
        with suppress(asyncio.CancelledError):
            await post
        await sandbox.courier.close()
        await asyncio.to_thread(sandbox.mail_server.stop)
        sandbox.store.close()

    app = FastAPI(title="Good Terms sandbox", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.sandbox = sandbox
    # Before Stripe's, which takes everything below /v1.
    app.include_router(content_routes(sandbox))
    app.include_router(message_routes(sandbox))
    app.include_router(meta_routes.routes(sandbox))
    app.include_router(_stripe(sandbox))
    app.include_router(checkout.router(checkout.Checkout(sandbox.payments, sandbox.refunds)))
    app.include_router(service_switches(sandbox))
    app.include_router(bank_switches(sandbox))
    app.include_router(dashboard.router(dashboard.Dashboard(sandbox.payments, sandbox.refunds, sandbox.disputes)))
    app.include_router(phone_routes.routes(sandbox))
    app.include_router(mail_routes.routes(sandbox))
    app.include_router(_pages(sandbox))

    @app.exception_handler(StripeRefusal)
    @app.exception_handler(TwilioRefusal)
    @app.exception_handler(MetaRefusal)
    @app.exception_handler(SandboxRefusal)
    async def refuse(request: Request, refusal: Refusal) -> JSONResponse:
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


def _pages(sandbox: Sandbox) -> APIRouter:
    routes = APIRouter()

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
