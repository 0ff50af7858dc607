"""The Checkout page: what a customer sees and does there, and the same by JSON for a test that plays the customer.

Card numbers never leave the page: it offers Stripe's test cards and sends which of them was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from babel.numbers import format_currency, get_currency_precision
from fastapi import APIRouter, Body, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict

from sandbox.cards import BY_KEY, CARDS, delayed_method
from sandbox.listing import session_lines
from sandbox.pages import render
from sandbox.payments import Payments
from sandbox.refusal import SandboxRefusal

Object = dict[str, Any]
_ZERO_DECIMAL = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_DELAYED_NAMES = {
    "us_bank_account": "US bank account",
    "acss_debit": "Pre-authorised debit",
    "bacs_debit": "Bacs Direct Debit",
    "sepa_debit": "SEPA Direct Debit",
    "au_becs_debit": "BECS Direct Debit",
    "boleto": "Boleto",
    "customer_balance": "Bank transfer",
}


class Complete(BaseModel):
    """How the customer of a test pays."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["card", "delayed"] = "card"


class Decline(BaseModel):
    """Which of the declining test cards a test uses."""

    model_config = ConfigDict(extra="forbid")

    card: Literal["declined", "insufficient", "expired"] = "declined"


class Refund(BaseModel):
    """What the business gives back from Stripe's dashboard: `amount` in Stripe's units, or all of it."""

    model_config = ConfigDict(extra="forbid")

    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Checkout:
    """Sessions as the customer meets them."""

    payments: Payments

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

    def page(session: Object, *, problem: str = "", status: int = 200) -> HTMLResponse:
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
            "delayed": _DELAYED_NAMES[delayed_method(session["currency"])],
            "problem": problem,
        }
        return render("checkout.html", view, status=status)

    @routes.get("", response_class=HTMLResponse)
    async def show(id: str) -> Response:
        session = checkout.find(id)
        return page(session) if session["status"] == "open" else render("closed.html", {"session": session})

    @routes.post("/pay", response_class=HTMLResponse)
    async def pay(id: str, method: Annotated[str, Form()], action: Annotated[str, Form()] = "pay") -> Response:
        session = checkout.find(id)
        if session["status"] != "open":
            return render("closed.html", {"session": session}, status=409)
        chosen = "declined" if action == "decline" else method
        if chosen != "delayed" and chosen not in BY_KEY:
            return page(session, problem="Please choose one of the ways to pay.", status=422)
        card = BY_KEY.get(chosen)
        if card and card.authenticate:
            return RedirectResponse(f"/sandbox/checkout/{id}/authenticate", 303)
        session = payments.pay_session(session, card)
        if session["status"] == "open":
            return page(session, problem=card.message if card else "", status=402)
        return RedirectResponse(_success(session), 303)

    @routes.get("/authenticate", response_class=HTMLResponse)
    async def ask(id: str) -> Response:
        session = checkout.find(id)
        if session["status"] != "open":
            return render("closed.html", {"session": session}, status=409)
        return render(
            "authenticate.html",
            {"session": session, "amount": worded(session["amount_total"], session["currency"], session["locale"])},
        )

    @routes.post("/authenticate", response_class=HTMLResponse)
    async def authenticate(id: str, answer: Annotated[Literal["complete", "fail"], Form()]) -> Response:
        session = checkout.find(id)
        if session["status"] != "open":
            return render("closed.html", {"session": session}, status=409)
        if answer == "fail":
            problem = "We are unable to authenticate your payment method. Please choose a different one and try again."
            return page(session, problem=problem, status=402)
        return RedirectResponse(_success(payments.pay_session(session, BY_KEY["authenticate"])), 303)

    @routes.post("/complete")
    async def complete(id: str, how: Annotated[Complete | None, Body()] = None) -> Object:
        method = (how or Complete()).method
        return payments.pay_session(checkout.open(id), BY_KEY["visa"] if method == "card" else None)

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
        return payments.refund(checkout.charge(id), (how or Refund()).amount)

    return routes


def _success(session: Object) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def worded(units: int, currency: str, locale: str | None) -> str:
    """Stripe's `units` as a page shows them: hundredths, save in currencies counted whole or in thousandths."""
    code = currency.upper()
    digits = 0 if code in _ZERO_DECIMAL else 3 if get_currency_precision(code) == 3 else 2
    return format_currency(Decimal(units).scaleb(-digits), code, locale="en_GB" if locale == "en-GB" else "en_US")
