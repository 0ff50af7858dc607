"""Calls about customers and the payment methods that they have saved: https://docs.stripe.com/api/customers"""

from __future__ import annotations

from typing import Any

from sandbox import objects
from sandbox.call import Call, Handlers
from sandbox.listing import page
from sandbox.lookup import found
from sandbox.payments import Payments

Object = dict[str, Any]


class CustomerCalls:
    """Customers and payment methods."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments
        self._methods = payments.methods
        self._store = payments.store
        self.handlers: Handlers = {
            "POST /v1/customers": self._create,
            "POST /v1/customers/{id}": self._update,
            "DELETE /v1/customers/{id}": self._delete,
            "GET /v1/customers/{id}/payment_methods": self._list_saved,
            "POST /v1/payment_methods/{id}/detach": self._detach,
        }

    def _create(self, call: Call) -> Object:
        customer = objects.customer(call.parameters, created=self._payments.clock.timestamp())
        with self._store.transaction():
            self._store.save(customer)
            self._payments.events.emit(call.cause, ("customer.created", customer))
        return customer

    def _update(self, call: Call) -> Object:
        customer = found(self._store, call.id, "customer")
        for name, value in call.parameters.items():
            if name == "metadata":
                merged = {**customer["metadata"], **(value or {})}
                customer["metadata"] = {key: inner for key, inner in merged.items() if inner and value}
            elif name in customer and name != "expand":
                customer[name] = value
        return self._store.save(customer)

    def _delete(self, call: Call) -> Object:
        found(self._store, call.id, "customer")
        with self._store.transaction():
            for method in self._methods.saved(call.id):
                self._methods.detach(method)
            self._store.run("DELETE FROM objects WHERE id = ?", call.id)
        return {"id": call.id, "object": "customer", "deleted": True}

    def _list_saved(self, call: Call) -> Object:
        found(self._store, call.id, "customer")
        return page(self._methods.saved(call.id), call.parameters, call.path)

    def _detach(self, call: Call) -> Object:
        method = found(self._store, call.id, "payment_method")
        with self._store.transaction():
            self._methods.detach(method)
            self._payments.events.emit(call.cause, ("payment_method.detached", method))
        return method
