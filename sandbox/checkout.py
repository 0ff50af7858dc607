"""The Checkout page: what a customer sees and does there, and the same by JSON for a test that plays the customer.

Card numbers never leave the page: it offers Stripe's test cards and sends which of them was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict

from sandbox.amounts import worded
from sandbox.cards import BY_KEY, CARDS, DELAYED_NAMES, LATER_CARDS, delayed_method
from sandbox.declines import DECLINES
from sandbox.listing import session_lines
from sandbox.pages import render
from sandbox.payments import Payments
from sandbox.refunds import Refunds
from sandbox.refusal import SandboxRefusal

Object = dict[str, Any]
PayingCard = Literal[
    "visa",
    "mastercard",
    "authenticate",
    "declined_later",
    "insufficient_later",
    "authenticate_always",
    "expiring",
    "refund_waits",
]
AskingCard = Literal["authenticate", "insufficient_later", "authenticate_always"]


class Complete(BaseModel):
    """How the customer of a test pays; where the bank asks for a confirmation, it is given."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["card", "delayed"] = "card"
    card: PayingCard = "visa"


class Decline(BaseModel):
    """Which of the declining test cards a test uses."""

    model_config = ConfigDict(extra="forbid")

    card: Literal["declined", "insufficient", "expired", "lost", "stolen"] = "declined"


class Refund(BaseModel):
    """What the business gives back from Stripe's dashboard: `amount` in Stripe's units, or all of it."""

    model_config = ConfigDict(extra="forbid")

    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Checkout:
    """Sessions as the customer meets them."""

    payments: Payments
    refunds: Refunds

    def find(self, id: str) -> Object:
        """The session, after what time alone has done to it. Raises `SandboxRefusal` (404)."""
        self.payments.expire_due()
        session = self.payments.store.find(id, "checkout.session")
        if session is None:
            raise SandboxRefusal("There is no such Checkout Session.", status=404, code="not_found")
        return session

    def open(self, id: str) -> Object:
        """The session if it can still be paid. Raises `SandboxRefusal` (404, 409)."""
        session = self.find(id)
        if session["status"] != "open":
            raise SandboxRefusal(f"This Checkout Session is {session['status']}, so nothing more can be done here.")
        return session

    def delayed(self, id: str) -> Object:
        """The session if its bank's answer is still awaited. Raises `SandboxRefusal` (404, 409)."""
        session = self.find(id)
        intent = self.payments.store.find(session["payment_intent"] or "") or {}
        if session["status"] != "complete" or intent.get("status") != "processing":
            raise SandboxRefusal("This Checkout Session is not waiting for a bank.")
        return session

    def charge(self, id: str) -> Object:
        """The charge that paid the session. Raises `SandboxRefusal` (404, 409)."""
        session = self.find(id)
        intent = self.payments.store.find(session["payment_intent"] or "") or {}
        charge = self.payments.store.find(intent.get("latest_charge") or "")
        if charge is None or charge["status"] != "succeeded":
            raise SandboxRefusal("This Checkout Session has not been paid.")
        return charge


def router(checkout: Checkout) -> APIRouter:
    """`/sandbox/checkout/<session>` and what can be done there."""
    routes = APIRouter(prefix="/sandbox/checkout/{id}")
    payments = checkout.payments

    def page(session: Object, *, problem: str = "", status: int = 200, chosen: str = "visa") -> HTMLResponse:
        lines = session_lines(session["id"], payments.store)["data"]
        view = {
            "session": session,
            "amount": worded(session["amount_total"], session["currency"], session["locale"]),
            "lines": [
                {
                    "name": line["description"],
                    "amount": worded(line["amount_total"], session["currency"], session["locale"]),
                }
                for line in lines
            ],
            "cards": CARDS,
            "later_cards": LATER_CARDS,
            "chosen": chosen,
            "saves": payments.saves(session),
            "terms": _terms(session),
            "delayed": DELAYED_NAMES[delayed_method(session["currency"])],
            "problem": problem,
        }
        return render("checkout.html", view, status=status)

    @routes.get("", response_class=HTMLResponse)
    async def show(id: str) -> Response:
        session = checkout.find(id)
        return page(session) if session["status"] == "open" else render("closed.html", {"session": session})

    @routes.post("/pay", response_class=HTMLResponse)
    async def pay(
        id: str,
        method: Annotated[str, Form()],
        action: Annotated[str, Form()] = "pay",
        terms: Annotated[str, Form()] = "",
    ) -> Response:
        session = checkout.find(id)
        if session["status"] != "open":
            return render("closed.html", {"session": session}, status=409)
        chosen = "declined" if action == "decline" else method
        if chosen != "delayed" and chosen not in BY_KEY:
            return page(session, problem="Please choose one of the ways to pay.", status=422)
        if _terms(session) and not terms and action == "pay":
            return page(session, problem="Please accept the terms of service.", status=422, chosen=chosen)
        card = BY_KEY.get(chosen)
        if card and card.authenticate:
            return RedirectResponse(f"/sandbox/checkout/{id}/authenticate?card={card.key}", 303)
        session = payments.pay_session(session, card)
        if session["status"] == "open":
            return page(session, problem=DECLINES[card.declines].message if card else "", status=402)
        return RedirectResponse(_success(session), 303)

    @routes.get("/authenticate", response_class=HTMLResponse)
    async def ask(id: str, card: AskingCard = "authenticate") -> Response:
        session = checkout.find(id)
        if session["status"] != "open":
            return render("closed.html", {"session": session}, status=409)
        amount = worded(session["amount_total"], session["currency"], session["locale"])
        return render("authenticate.html", {"session": session, "amount": amount, "card": card})

    @routes.post("/authenticate", response_class=HTMLResponse)
    async def authenticate(
        id: str, answer: Annotated[Literal["complete", "fail"], Form()], card: AskingCard = "authenticate"
    ) -> Response:
        session = checkout.find(id)
        if session["status"] != "open":
            return render("closed.html", {"session": session}, status=409)
        if answer == "fail":
            problem = "We are unable to authenticate your payment method. Please choose a different one and try again."
            return page(session, problem=problem, status=402)
        return RedirectResponse(_success(payments.pay_session(session, BY_KEY[card])), 303)

    @routes.post("/complete")
    async def complete(id: str, how: Annotated[Complete | None, Body()] = None) -> Object:
        how = how or Complete()
        return payments.pay_session(checkout.open(id), BY_KEY[how.card] if how.method == "card" else None)

    @routes.post("/decline")
    async def decline(id: str, how: Annotated[Decline | None, Body()] = None) -> Object:
        return payments.pay_session(checkout.open(id), BY_KEY[(how or Decline()).card])

    @routes.post("/expire")
    async def expire(id: str) -> Object:
        return payments.expire_session(checkout.open(id))

    @routes.post("/settle")
    async def settle(id: str) -> Object:
        return payments.settle_session(checkout.delayed(id), succeeds=True)

    @routes.post("/fail")
    async def fail(id: str) -> Object:
        return payments.settle_session(checkout.delayed(id), succeeds=False)

    @routes.post("/refund")
    async def refund(id: str, how: Annotated[Refund | None, Body()] = None) -> Object:
        return checkout.refunds.make(checkout.charge(id), (how or Refund()).amount)

    return routes


def _terms(session: Object) -> bool:
    return bool((session["consent_collection"] or {}).get("terms_of_service") == "required")


def _success(session: Object) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])
