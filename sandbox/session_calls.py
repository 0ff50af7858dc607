"""Calls about Checkout Sessions: https://docs.stripe.com/api/checkout/sessions"""

from __future__ import annotations

from typing import Any

from sandbox import checkout_request, objects
from sandbox.call import Call, Handlers
from sandbox.listing import session_lines
from sandbox.lookup import found
from sandbox.payments import Payments
from sandbox.refusal import StripeRefusal

Object = dict[str, Any]


class SessionCalls:
    """`checkout` is the address of the sandbox's Checkout page; a session's id is appended to it."""

    def __init__(self, payments: Payments, checkout: str) -> None:
        self._payments = payments
        self._store = payments.store
        self._checkout = checkout
        self.handlers: Handlers = {
            "POST /v1/checkout/sessions": self._create,
            "POST /v1/checkout/sessions/{id}/expire": self._expire,
            "GET /v1/checkout/sessions/{id}/line_items": self._list_lines,
        }

    def _create(self, call: Call) -> Object:
        now = self._payments.clock.timestamp()
        checkout_request.check(call.parameters, now)
        if "customer" in call.parameters:
            found(self._store, call.parameters["customer"], "customer", param="customer")
        lines = [objects.line_item(line, created=now) for line in call.parameters["line_items"]]
        session = objects.checkout_session(call.parameters, created=now, page=self._checkout, items=lines)
        with self._store.transaction():
            self._store.save({"id": f"{session['id']}:lines", "object": "sandbox.lines", "data": lines})
            data = call.parameters.get("payment_intent_data", {})
            self._store.save({"id": f"{session['id']}:intent", "object": "sandbox.intent_data", "data": data})
            return self._store.save(session)

    def _expire(self, call: Call) -> Object:
        session = found(self._store, call.id, "checkout.session")
        if session["status"] != "open":
            message = (
                'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This Checkout Session has a status of {session['status']}."
            )
            raise StripeRefusal(message)
        return self._payments.expire_session(session, call.cause)

    def _list_lines(self, call: Call) -> Object:
        found(self._store, call.id, "checkout.session")
        return session_lines(call.id, self._store)
