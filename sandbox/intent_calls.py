"""Calls that move money: intents made, confirmed with a saved card, cancelled; charges refunded.

https://docs.stripe.com/payments/save-and-reuse and https://docs.stripe.com/api/payment_intents
"""

from __future__ import annotations

from typing import Any

from sandbox import charges, checkout_request
from sandbox.call import Call, Handlers, limit
from sandbox.declines import DECLINES
from sandbox.lookup import found
from sandbox.payments import Payments
from sandbox.refunds import Refunds
from sandbox.refusal import StripeRefusal

Object = dict[str, Any]
_WHEN_CONFIRMED = {"error_on_requires_action", "expand", "off_session", "payment_method", "receipt_email", "return_url"}
_WHEN_CREATED = _WHEN_CONFIRMED | {
    "amount",
    "automatic_payment_methods",
    "confirm",
    "currency",
    "customer",
    "description",
    "metadata",
    "payment_method_options",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
}


class IntentCalls:
    """Intents and refunds."""

    def __init__(self, payments: Payments, refunds: Refunds) -> None:
        self._payments = payments
        self._refunds = refunds
        self._methods = payments.methods
        self._store = payments.store
        self.handlers: Handlers = {
            "POST /v1/payment_intents": self._create,
            "POST /v1/payment_intents/{id}/confirm": self._confirm,
            "POST /v1/payment_intents/{id}/cancel": self._cancel,
            "POST /v1/refunds": self._refund,
        }

    def _create(self, call: Call) -> Object:
        wanted = call.parameters
        limit(wanted, _WHEN_CREATED)
        for name in ("amount", "currency"):
            if name not in wanted:
                raise StripeRefusal(f"Missing required param: {name}.", code="parameter_missing", param=name)
        for name in ("off_session", "error_on_requires_action"):
            if wanted.get(name) and not wanted.get("confirm"):
                only = "when creating a PaymentIntent unless `confirm` is set to true."
                raise StripeRefusal(f"The parameter `{name}` cannot be passed {only}", param=name)
        checkout_request.check_amount(wanted["amount"], wanted["currency"], "amount")
        if "customer" in wanted:
            found(self._store, wanted["customer"], "customer", param="customer")
        with self._store.transaction():
            method = (
                self._named(wanted["payment_method"], wanted.get("customer")) if "payment_method" in wanted else None
            )
            fields = {name: value for name, value in wanted.items() if name not in ("amount", "currency")}
            created = self._payments.clock.timestamp()
            intent = charges.payment_intent(wanted["amount"], wanted["currency"], created=created, **fields)
            if method:
                intent.update(status="requires_confirmation", payment_method=method["id"])
            self._store.save(intent)
            self._payments.events.emit(call.cause, ("payment_intent.created", intent))
        # Outside: a declined confirmation leaves the intent behind, as at Stripe.
        return self._charge(intent, method, call) if wanted.get("confirm") else intent

    def _confirm(self, call: Call) -> Object:
        limit(call.parameters, _WHEN_CONFIRMED)
        intent = found(self._store, call.id, "payment_intent")
        self._expect(intent, "confirm", "requires_payment_method", "requires_confirmation")
        named = call.parameters.get("payment_method") or intent["payment_method"]
        return self._charge(intent, self._named(named, intent["customer"]), call)

    def _charge(self, intent: Object, method: Object | None, call: Call) -> Object:
        if method is None:
            message = (
                "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update "
                "the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with "
                "a payment method or ConfirmationToken."
            )
            raise StripeRefusal(message, code="payment_intent_unexpected_state", payment_intent=intent)
        code = self._methods.declines(method)
        if code == "authentication_required" and not call.parameters.get("off_session"):
            if not call.parameters.get("error_on_requires_action"):
                return self._payments.await_customer(intent, method, call.cause)
            code = "authentication_not_handled"
        return self._payments.confirm_intent(intent, method, DECLINES.get(code), call.cause)

    def _named(self, id: str | None, customer: str | None) -> Object | None:
        if id is None:
            return None
        method = self._methods.named(id, customer)
        if method["type"] != "card":
            message = "The sandbox charges saved cards only; a bank account is charged at Checkout."
            raise StripeRefusal(message, code="sandbox_limit", param="payment_method")
        return method

    def _cancel(self, call: Call) -> Object:
        intent = found(self._store, call.id, "payment_intent")
        self._expect(intent, "cancel", "requires_payment_method", "requires_confirmation", "requires_action")
        return self._payments.cancel_intent(intent, call.parameters.get("cancellation_reason"), call.cause)

    def _expect(self, intent: Object, verb: str, *statuses: str) -> None:
        if intent["status"] not in statuses:
            message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
            raise StripeRefusal(message, code="payment_intent_unexpected_state", payment_intent=intent)

    def _refund(self, call: Call) -> Object:
        wanted = call.parameters
        if "payment_intent" in wanted:
            intent = found(self._store, wanted["payment_intent"], "payment_intent", param="payment_intent")
            charge_id = intent["latest_charge"] or ""
        else:
            charge_id = wanted.get("charge", "")
        return self._refunds.make(
            found(self._store, charge_id, "charge", param="charge"),
            wanted.get("amount"),
            call.cause,
            reason=wanted.get("reason"),
            metadata=wanted.get("metadata") or None,
        )
