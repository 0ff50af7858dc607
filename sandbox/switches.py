"""The sandbox's own switches: faults, the clock, the outbox; the fate of saved cards, disputes and refunds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field

from sandbox.declines import DeclineCode
from sandbox.disputes import Reason
from sandbox.faults import FaultBox, Faults
from sandbox.lookup import played
from sandbox.refunds import FailureReason
from sandbox.refusal import SandboxRefusal

if TYPE_CHECKING:
    from sandbox.app import Sandbox

Object = dict[str, Any]


class Advance(BaseModel):
    """How far the clock moves."""

    model_config = ConfigDict(extra="forbid")

    advance: str


class Behaviour(BaseModel):
    """With which decline code a saved card answers from now on, or None when it pays."""

    model_config = ConfigDict(extra="forbid")

    declines: DeclineCode | None


class Disputed(BaseModel):
    """What a customer's bank takes back: `amount` in Stripe's units, or all of it. An inquiry takes nothing."""

    model_config = ConfigDict(extra="forbid")

    amount: int | None = None
    reason: Reason = "fraudulent"
    inquiry: bool = False


class Decided(BaseModel):
    """Who is right: the business (`won`) or the customer."""

    model_config = ConfigDict(extra="forbid")

    won: bool


class Failed(BaseModel):
    """Why the bank sent a refund back."""

    model_config = ConfigDict(extra="forbid")

    reason: FailureReason = "expired_or_canceled_card"


class Template(BaseModel):
    """A template that WhatsApp has approved. Its places are written {{1}}, {{2}} …; `buttons` are quick replies."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9_]{1,512}$")
    language: str
    body: str = Field(max_length=1024)
    buttons: list[str] = Field(default_factory=list, max_length=10)


def service_switches(sandbox: Sandbox) -> APIRouter:
    """What misbehaves, what time it is, what was sent."""
    routes = APIRouter(prefix="/sandbox")
    boxes = {"stripe": sandbox.stripe_faults, "twilio": sandbox.twilio_faults, "meta": sandbox.meta_faults}

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
    async def clear_faults(service: str) -> Object:
        return box(service).clear()

    @routes.get("/{service}/webhooks")
    async def webhooks(service: str) -> list[Object]:
        box(service)
        return sandbox.courier.deliveries(service)

    @routes.get("/meta/templates")
    async def templates() -> list[Object]:
        return sandbox.approved.every()

    @routes.post("/meta/templates")
    async def approve(template: Template) -> Object:
        return sandbox.approved.add(**template.model_dump())

    @routes.get("/calls")
    async def calls(service: str = "") -> list[Object]:
        return sandbox.heard.read(service)

    @routes.get("/clock")
    async def read_clock() -> Object:
        return {"now": sandbox.clock.now().isoformat(), "offset_s": sandbox.clock.offset().total_seconds()}

    @routes.post("/clock")
    async def advance(step: Advance) -> Object:
        try:
            now = sandbox.clock.advance(step.advance)
        except ValueError as error:
            raise SandboxRefusal(f"The clock stays: {error}.", status=422, code="invalid_input") from error
        sandbox.payments.expire_due()
        return {"now": now.isoformat()}

    @routes.get("/outbox")
    async def read_outbox(to: str | None = None) -> list[Object]:
        return sandbox.outbox.read(to)

    return routes


def bank_switches(sandbox: Sandbox) -> APIRouter:
    """What banks do, by the ids of Stripe's objects; each answers with the object. For tests that play the bank."""
    routes = APIRouter(prefix="/sandbox")
    store = sandbox.store

    @routes.post("/cards/{id}/behaviour")
    async def decide(id: str, behaviour: Behaviour) -> Object:
        method = played(store, id, "payment_method")
        sandbox.methods.decide(method, behaviour.declines or "")
        return method

    @routes.post("/charges/{id}/dispute")
    async def dispute(id: str, how: Annotated[Disputed | None, Body()] = None) -> Object:
        how = how or Disputed()
        return sandbox.disputes.open(played(store, id, "charge"), how.amount, how.reason, inquiry=how.inquiry)

    @routes.post("/disputes/{id}/close")
    async def close(id: str, decided: Decided) -> Object:
        return sandbox.disputes.close(played(store, id, "dispute"), won=decided.won)

    @routes.post("/refunds/{id}/settle")
    async def settle(id: str) -> Object:
        return sandbox.refunds.settle(played(store, id, "refund"))

    @routes.post("/refunds/{id}/fail")
    async def fail(id: str, how: Annotated[Failed | None, Body()] = None) -> Object:
        return sandbox.refunds.fail(played(store, id, "refund"), (how or Failed()).reason)

    return routes
