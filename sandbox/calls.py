"""Stripe's calls, as far as payments, saved cards, refunds and disputes need them: https://docs.stripe.com/api"""

from __future__ import annotations

from typing import Any

from sandbox.call import Call, Handlers
from sandbox.courier import Courier
from sandbox.customer_calls import CustomerCalls
from sandbox.intent_calls import IntentCalls
from sandbox.listing import expand, page
from sandbox.lookup import found
from sandbox.payments import Payments
from sandbox.refunds import Refunds
from sandbox.session_calls import SessionCalls
from sandbox.store import Store

Object = dict[str, Any]
_KINDS = {
    "checkout/sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "payment_methods": "payment_method",
    "customers": "customer",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "events": "event",
    "balance_transactions": "balance_transaction",
}


class Calls:
    """A call that changes something, or reads across objects, has a handler; everything else is read from the store."""

    def __init__(self, store: Store, payments: Payments, refunds: Refunds, courier: Courier, checkout: str) -> None:
        self._store = store
        self._payments = payments
        self._courier = courier
        self._handlers: Handlers = {
            **SessionCalls(payments, checkout).handlers,
            **IntentCalls(payments, refunds).handlers,
            **CustomerCalls(payments).handlers,
        }

    def perform(self, operation: str, call: Call) -> Object:
        """Do `operation` ("POST /v1/refunds"); gives the object, expanded as asked. Raises `StripeRefusal`."""
        self._payments.expire_due()
        thing = self._handlers.get(operation, self._read)(call)
        return expand(thing, call.parameters.get("expand", []), self._store)

    def _read(self, call: Call) -> Object:
        kind = _KINDS[call.path.removeprefix("/v1/").removesuffix(f"/{call.id}")]
        if call.id:
            return self._shown(found(self._store, call.id, kind))
        return page([self._shown(thing) for thing in self._store.every(kind)], call.parameters, call.path)

    def _shown(self, thing: Object) -> Object:
        if thing["object"] == "event":
            thing["pending_webhooks"] = min(1, self._courier.pending(thing["id"]))
        return thing
