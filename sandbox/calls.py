"""Stripe's calls, as far as a one-time payment needs them: https://docs.stripe.com/api"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import charges, checkout_request, objects
from sandbox.cards import BY_KEY, PAYMENT_METHODS
from sandbox.clock import Clock
from sandbox.courier import Courier
from sandbox.events import Cause
from sandbox.listing import expand, page, session_lines
from sandbox.payments import Payments
from sandbox.refusal import StripeRefusal
from sandbox.store import Store

Object = dict[str, Any]
_KINDS = {
    "checkout/sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "customers": "customer",
    "charges": "charge",
    "refunds": "refund",
    "events": "event",
    "balance_transactions": "balance_transaction",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read: `id` is the object's in the path, if any."""

    id: str
    path: str
    parameters: Object
    cause: Cause


class Calls:
    """One method a call that changes something; everything else is read from the store."""

    def __init__(self, store: Store, clock: Clock, payments: Payments, courier: Courier, checkout: str) -> None:
        self._store = store
        self._clock = clock
        self._payments = payments
        self._courier = courier
        self._checkout = checkout
        self._handlers: dict[str, Callable[[Call], Object]] = {
            "POST /v1/checkout/sessions": self._create_session,
            "POST /v1/checkout/sessions/{id}/expire": self._expire_session,
            "GET /v1/checkout/sessions/{id}/line_items": self._list_lines,
            "POST /v1/payment_intents": self._create_intent,
            "POST /v1/payment_intents/{id}/confirm": self._confirm_intent,
            "POST /v1/payment_intents/{id}/cancel": self._cancel_intent,
            "POST /v1/customers": self._create_customer,
            "POST /v1/customers/{id}": self._update_customer,
            "DELETE /v1/customers/{id}": self._delete_customer,
            "POST /v1/refunds": self._create_refund,
        }

    def perform(self, operation: str, call: Call) -> Object:
        """Do `operation` ("POST /v1/refunds"); gives the object, expanded as asked. Raises `StripeRefusal`."""
        self._payments.expire_due()
        thing = self._handlers.get(operation, self._read)(call)
        return expand(thing, call.parameters.get("expand", []), self._store)

    def _read(self, call: Call) -> Object:
        kind = _KINDS[call.path.removeprefix("/v1/").removesuffix(f"/{call.id}")]
        if call.id:
            return self._shown(self._find(call.id, kind))
        return page([self._shown(thing) for thing in self._store.every(kind)], call.parameters, call.path)

    def _shown(self, thing: Object) -> Object:
        if thing["object"] == "event":
            thing["pending_webhooks"] = min(1, self._courier.pending(thing["id"]))
        return thing

    def _create_session(self, call: Call) -> Object:
        now = self._clock.timestamp()
        checkout_request.check(call.parameters, now)
        if "customer" in call.parameters:
            self._find(call.parameters["customer"], "customer", param="customer")
        lines = [objects.line_item(line, created=now) for line in call.parameters["line_items"]]
        session = objects.checkout_session(call.parameters, created=now, page=self._checkout, items=lines)
        with self._store.transaction():
            self._store.save({"id": f"{session['id']}:lines", "object": "sandbox.lines", "data": lines})
            data = call.parameters.get("payment_intent_data", {})
            self._store.save({"id": f"{session['id']}:intent", "object": "sandbox.intent_data", "data": data})
            return self._store.save(session)

    def _expire_session(self, call: Call) -> Object:
        session = self._find(call.id, "checkout.session")
        if session["status"] != "open":
            message = (
                'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This Checkout Session has a status of {session['status']}."
            )
            raise StripeRefusal(message)
        return self._payments.expire_session(session, call.cause)

    def _list_lines(self, call: Call) -> Object:
        self._find(call.id, "checkout.session")
        return session_lines(call.id, self._store)

    def _create_intent(self, call: Call) -> Object:
        wanted = call.parameters
        for name in ("amount", "currency"):
            if name not in wanted:
                raise StripeRefusal(f"Missing required param: {name}.", code="parameter_missing", param=name)
        checkout_request.check_amount(wanted["amount"], wanted["currency"], "amount")
        if "customer" in wanted:
            self._find(wanted["customer"], "customer", param="customer")
        fields = {name: value for name, value in wanted.items() if name not in ("amount", "currency")}
        intent = charges.payment_intent(wanted["amount"], wanted["currency"], created=self._clock.timestamp(), **fields)
        with self._store.transaction():
            self._store.save(intent)
            self._payments.events.emit(call.cause, ("payment_intent.created", intent))
        # Outside: a declined confirmation leaves the intent behind, as at Stripe.
        return self._charge_saved(intent, call) if wanted.get("confirm") else intent

    def _confirm_intent(self, call: Call) -> Object:
        return self._charge_saved(self._find(call.id, "payment_intent"), call)

    def _charge_saved(self, intent: Object, call: Call) -> Object:
        self._expect(intent, "confirm", "requires_payment_method", "requires_confirmation")
        named = call.parameters.get("payment_method")
        if named not in PAYMENT_METHODS:
            message = f"No such PaymentMethod: '{named}'. The sandbox knows {', '.join(sorted(PAYMENT_METHODS))}."
            raise StripeRefusal(message, code="resource_missing", param="payment_method")
        card = BY_KEY[PAYMENT_METHODS[named]]
        if card.authenticate:
            intent["status"] = "requires_action"
            intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
            return self._store.save(intent)
        return self._payments.confirm_intent(intent, card, call.cause)

    def _cancel_intent(self, call: Call) -> Object:
        intent = self._find(call.id, "payment_intent")
        self._expect(intent, "cancel", "requires_payment_method", "requires_confirmation", "requires_action")
        return self._payments.cancel_intent(intent, call.parameters.get("cancellation_reason"), call.cause)

    def _expect(self, intent: Object, verb: str, *statuses: str) -> None:
        if intent["status"] not in statuses:
            message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
            raise StripeRefusal(message, code="payment_intent_unexpected_state", payment_intent=intent)

    def _create_customer(self, call: Call) -> Object:
        return self._store.save(objects.customer(call.parameters, created=self._clock.timestamp()))

    def _update_customer(self, call: Call) -> Object:
        customer = self._find(call.id, "customer")
        for name, value in call.parameters.items():
            if name == "metadata":
                merged = {**customer["metadata"], **(value or {})}
                customer["metadata"] = {key: inner for key, inner in merged.items() if inner and value}
            elif name in customer and name != "expand":
                customer[name] = value
        return self._store.save(customer)

    def _delete_customer(self, call: Call) -> Object:
        self._find(call.id, "customer")
        self._store.run("DELETE FROM objects WHERE id = ?", call.id)
        return {"id": call.id, "object": "customer", "deleted": True}

    def _create_refund(self, call: Call) -> Object:
        wanted = call.parameters
        if "payment_intent" in wanted:
            intent = self._find(wanted["payment_intent"], "payment_intent", param="payment_intent")
            charge_id = intent["latest_charge"] or ""
        else:
            charge_id = wanted.get("charge", "")
        charge = self._find(charge_id, "charge", param="charge")
        return self._payments.refund(
            charge,
            wanted.get("amount"),
            call.cause,
            reason=wanted.get("reason"),
            metadata=wanted.get("metadata") or None,
        )

    def _find(self, id: str, kind: str, param: str | None = None) -> Object:
        found = self._store.find(id, kind)
        if found is None:
            message = f"No such {kind.removesuffix('.session')}: '{id}'"
            status = 400 if param else 404
            raise StripeRefusal(message, status=status, code="resource_missing", param=param or "id")
        return found
