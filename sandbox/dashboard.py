"""The sandbox's first page: every payment with buttons for what the business and the banks may do to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from sandbox.amounts import worded
from sandbox.cards import DELAYED_NAMES
from sandbox.disputes import OPEN, Disputes
from sandbox.pages import render
from sandbox.payments import Payments
from sandbox.refunds import Refunds
from sandbox.refusal import SandboxRefusal, StripeRefusal

Object = dict[str, Any]
SHOWN = 20
LABELS = {
    "settle": "The bank pays",
    "fail": "The bank refuses",
    "refund": "Refund",
    "refund_half": "Refund half",
    "refund_settle": "The refund arrives",
    "refund_fail": "The refund fails",
    "dispute": "Dispute",
    "inquiry": "Ask about it",
    "won": "Dispute won",
    "lost": "Dispute lost",
    "closed": "Question answered",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One payment: `state` in words, `acts` as keys of `LABELS`; `intent` is empty until somebody has tried to pay."""

    session: str
    intent: str
    amount: str
    method: str
    state: str
    acts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Payments as somebody sees them who plays the business and the banks."""

    payments: Payments
    refunds: Refunds
    disputes: Disputes

    def sessions(self) -> list[Row]:
        """The newest Checkout Sessions."""
        return [self._row(session) for session in self.payments.store.every("checkout.session")[:SHOWN]]

    def charged(self) -> list[Row]:
        """The newest payments that a server took from a card, with no Checkout Session."""
        store = self.payments.store
        paid_by_hand = {session["payment_intent"] for session in store.every("checkout.session")}
        intents = [one for one in store.every("payment_intent") if one["latest_charge"]]
        return [self._row(None, intent) for intent in intents if intent["id"] not in paid_by_hand][:SHOWN]

    def play(self, intent_id: str, act: str) -> None:
        """Do what a button says. Raises `SandboxRefusal` (404, 409) when it is not, or no longer, offered."""
        intent = self.payments.store.find(intent_id, "payment_intent")
        if intent is None:
            raise SandboxRefusal("There is no such payment here.", status=404, code="not_found")
        sessions = self.payments.store.every("checkout.session")
        session = next((one for one in sessions if one["payment_intent"] == intent_id), None)
        if act not in self._row(session, intent).acts:
            raise SandboxRefusal("That can no longer happen to this payment.")
        charge = self.payments.store.find(intent["latest_charge"], "charge") or {}
        left = charge["amount"] - charge["amount_refunded"]
        deeds: dict[str, Callable[[], Object]] = {
            "settle": lambda: self.payments.settle_session(session or {}, succeeds=True),
            "fail": lambda: self.payments.settle_session(session or {}, succeeds=False),
            "refund": lambda: self.refunds.make(charge, left),
            "refund_half": lambda: self.refunds.make(charge, left // 2),
            "refund_settle": lambda: self.refunds.settle(self._refund(charge, "pending")),
            "refund_fail": lambda: self.refunds.fail(self._refund(charge, "pending", "succeeded"), "declined"),
            "dispute": lambda: self.disputes.open(charge, None, "fraudulent", inquiry=False),
            "inquiry": lambda: self.disputes.open(charge, None, "general", inquiry=True),
            "won": lambda: self.disputes.close(self.disputes.of(charge)[0], won=True),
            "lost": lambda: self.disputes.close(self.disputes.of(charge)[0], won=False),
            "closed": lambda: self.disputes.close(self.disputes.of(charge)[0], won=True),
        }
        deeds[act]()

    def _row(self, session: Object | None, intent: Object | None = None) -> Row:
        find = self.payments.store.find
        if session and intent is None:
            intent = find(session["payment_intent"] or "", "payment_intent")
        charge = find((intent or {}).get("latest_charge") or "", "charge")
        shown = session or intent or {}
        amount = shown["amount_total"] if session else shown["amount"]
        return Row(
            session=session["id"] if session else "",
            intent=intent["id"] if intent else "",
            amount=worded(amount, shown["currency"], None),
            method=_method(charge) if charge else "",
            state=self._state(session, intent, charge),
            acts=self._acts(intent, charge, bool(session)) if intent and charge else (),
        )

    def _state(self, session: Object | None, intent: Object | None, charge: Object | None) -> str:
        if session and session["status"] != "complete":
            return str(session["status"])
        if intent is None or charge is None or charge["status"] == "pending":
            return "waiting for the bank"
        if charge["status"] == "failed":
            return f"declined, {charge['outcome']['reason']}" if charge["outcome"]["reason"] else "refused by the bank"
        words = ["paid"]
        if charge["amount_refunded"]:
            words.append(f"{worded(charge['amount_refunded'], charge['currency'], None)} refunded")
        words += [f"refund {refund['status']}" for refund in self.refunds.of(charge) if refund["status"] != "succeeded"]
        words += [f"dispute {dispute['status'].replace('_', ' ')}" for dispute in self.disputes.of(charge)[:1]]
        return ", ".join(words)

    def _acts(self, intent: Object, charge: Object, by_hand: bool) -> tuple[str, ...]:
        if intent["status"] == "processing":
            return ("settle", "fail") if by_hand else ()
        if charge["status"] != "succeeded":
            return ()
        disputes, left = self.disputes.of(charge), charge["amount"] - charge["amount_refunded"]
        acts: list[str] = []
        if left and all(dispute["is_charge_refundable"] for dispute in disputes):
            acts += ["refund", "refund_half"] if left > 1 else ["refund"]
        statuses = [refund["status"] for refund in self.refunds.of(charge)]
        acts += ["refund_settle"] if "pending" in statuses else []
        acts += ["refund_fail"] if {"pending", "succeeded"} & set(statuses) else []
        if disputes and disputes[0]["status"] in OPEN:
            acts += ["closed"] if disputes[0]["status"].startswith("warning") else ["won", "lost"]
        elif all(dispute["status"] != "lost" for dispute in disputes):
            acts += ["dispute", "inquiry"]
        return tuple(acts)

    def _refund(self, charge: Object, *statuses: str) -> Object:
        return next(refund for refund in self.refunds.of(charge) if refund["status"] in statuses)


def router(dashboard: Dashboard) -> APIRouter:
    """`/`, and where its buttons lead."""
    routes = APIRouter()

    def page(*, problem: str = "", status: int = 200) -> HTMLResponse:
        view = {
            "now": dashboard.payments.clock.now().isoformat(timespec="seconds"),
            "groups": [("Checkout pages", dashboard.sessions()), ("Charges to saved cards", dashboard.charged())],
            "labels": LABELS,
            "problem": problem,
        }
        return render("index.html", view, status=status)

    @routes.get("/", response_class=HTMLResponse)
    async def index() -> Response:
        dashboard.payments.expire_due()
        return page()

    @routes.post("/sandbox/dashboard/{intent}", response_class=HTMLResponse)
    async def play(intent: str, act: Annotated[str, Form()]) -> Response:
        try:
            dashboard.play(intent, act)
        except (SandboxRefusal, StripeRefusal) as refusal:
            return page(problem=str(refusal), status=refusal.status)
        return RedirectResponse(f"/#{intent}", 303)

    return routes


def _method(charge: Object) -> str:
    method = charge["payment_method_details"]
    if method["type"] != "card":
        return DELAYED_NAMES[method["type"]]
    return f"{method['card']['brand'].capitalize()} …{method['card']['last4']}"
