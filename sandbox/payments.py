"""What happens to a payment at Stripe: sessions paid, declined, expired, settled or failed later; cards charged.

Each happening changes its objects and emits its events in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox import balance, charges, objects
from sandbox.cards import Card
from sandbox.clock import Clock
from sandbox.declines import DECLINES, Decline
from sandbox.events import Cause, Events
from sandbox.lookup import found
from sandbox.payment_methods import PaymentMethods
from sandbox.refusal import StripeRefusal, doc_url
from sandbox.store import Store

Object = dict[str, Any]
CUSTOMER = Cause()


@dataclass(frozen=True, slots=True)
class Payments:
    """The one place where a session, an intent or a charge changes."""

    store: Store
    clock: Clock
    events: Events
    methods: PaymentMethods
    receipts: str

    def pay_session(self, session: Object, card: Card | None) -> Object:
        """The customer confirms an open session: with a card that pays or is declined, or by the delayed method (None).

        Gives the session: complete and paid, complete and unpaid (delayed), or still open after a decline.
        """
        with self.store.transaction():
            intent = self._intent_of(session)
            decline = DECLINES[card.declines] if card and card.declines else None
            happenings: list[tuple[str, Object]] = []
            if self.store.find(intent["id"]) is None:
                happenings.append(("payment_intent.created", dict(intent)))
            if decline is None:
                happenings += self._new_customer(session, intent)
            method = self.methods.of_card(card, card.later) if card else self.methods.of_bank(session["currency"])
            happenings += self._attempt(intent, method, decline)
            session["payment_intent"] = intent["id"]
            if intent["status"] in ("succeeded", "processing"):
                paid = intent["status"] == "succeeded"
                session.update(status="complete", url=None, payment_status="paid" if paid else "unpaid")
                if (session["consent_collection"] or {}).get("terms_of_service") == "required":
                    session["consent"]["terms_of_service"] = "accepted"
                happenings.append(("checkout.session.completed", session))
            self.store.save(session)
            self.events.emit(CUSTOMER, *happenings)
        return session

    def settle_session(self, session: Object, *, succeeds: bool) -> Object:
        """The bank's answer to a delayed payment, days later (S2, S6)."""
        with self.store.transaction():
            intent = found(self.store, session["payment_intent"], "payment_intent")
            charge = found(self.store, intent["latest_charge"], "charge")
            if succeeds:
                self._collect(intent, charge)
                session["payment_status"] = "paid"
                happenings = [("charge.succeeded", charge), ("payment_intent.succeeded", intent)]
                happenings.append(("checkout.session.async_payment_succeeded", session))
            else:
                message = "The customer's bank returned the payment."
                charge.update(status="failed", paid=False, failure_code="payment_intent_payment_attempt_failed")
                charge["failure_message"] = message
                error: Object = {"type": "invalid_request_error", "code": "payment_intent_payment_attempt_failed"}
                error |= {"message": message, "charge": charge["id"]}
                error["payment_method"] = self.store.find(charge["payment_method"])
                intent.update(status="requires_payment_method", processing=None, payment_method=None)
                intent["last_payment_error"] = error
                happenings = [("charge.failed", charge), ("payment_intent.payment_failed", intent)]
                happenings.append(("checkout.session.async_payment_failed", session))
            for _, thing in happenings:
                self.store.save(thing)
            self.events.emit(CUSTOMER, *happenings)
        return session

    def expire_session(self, session: Object, cause: Cause = CUSTOMER) -> Object:
        """Close an open session, by request or because its time has come."""
        with self.store.transaction():
            session.update(status="expired", url=None)
            happenings = [("checkout.session.expired", self.store.save(session))]
            intent = self.store.find(session["payment_intent"] or "")
            if intent:
                happenings.insert(0, ("payment_intent.canceled", self._cancel(intent, "expired")))
            self.events.emit(cause, *happenings)
        return session

    def expire_due(self) -> None:
        """Close every open session whose `expires_at` has passed."""
        for session in self.store.lapsed_sessions(self.clock.timestamp()):
            self.expire_session(session)

    def saves(self, session: Object) -> bool:
        """Whether paying by card keeps the card for charges without the customer."""
        data = self._intent_data(session)
        card: Object = session["payment_method_options"]["card"]
        return "off_session" in (data.get("setup_future_usage"), card.get("setup_future_usage"))

    def confirm_intent(self, intent: Object, method: Object, decline: Decline | None, cause: Cause) -> Object:
        """A server charges a card. Raises `StripeRefusal` (402) with the intent in it when the card declines."""
        with self.store.transaction():
            happenings = self._attempt(intent, method, decline)
            self.events.emit(cause, *happenings)
        if decline:
            raise StripeRefusal(
                decline.message,
                status=402,
                type="card_error",
                **decline.fields(),
                charge=intent["latest_charge"],
                payment_intent=intent,
                payment_method=method,
            )
        return intent

    def await_customer(self, intent: Object, method: Object, cause: Cause) -> Object:
        """The card's bank wants to ask its holder, who is present."""
        with self.store.transaction():
            action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
            intent.update(status="requires_action", next_action=action, payment_method=method["id"])
            self.events.emit(cause, ("payment_intent.requires_action", self.store.save(intent)))
        return intent

    def cancel_intent(self, intent: Object, reason: str | None, cause: Cause) -> Object:
        """Give an intent up."""
        with self.store.transaction():
            self._cancel(intent, reason)
            self.events.emit(cause, ("payment_intent.canceled", intent))
        return intent

    def _intent_of(self, session: Object) -> Object:
        if session["payment_intent"]:
            return found(self.store, session["payment_intent"], "payment_intent")
        own = {"customer": session["customer"], "payment_method_options": session["payment_method_options"]}
        made = self.clock.timestamp()
        fields = {**own, **self._intent_data(session)}
        return charges.payment_intent(session["amount_total"], session["currency"], created=made, **fields)

    def _intent_data(self, session: Object) -> Object:
        kept: Object = (self.store.find(f"{session['id']}:intent") or {}).get("data", {})
        return kept

    def _new_customer(self, session: Object, intent: Object) -> list[tuple[str, Object]]:
        if session["customer"] or session["customer_creation"] != "always":
            return []
        customer = objects.customer({"email": session["customer_email"]}, created=self.clock.timestamp())
        session["customer"] = intent["customer"] = customer["id"]
        return [("customer.created", self.store.save(customer))]

    def _attempt(self, intent: Object, method: Object, decline: Decline | None) -> list[tuple[str, Object]]:
        """One try to collect: changes and saves the intent and its new charge; gives what happened, in order."""
        self.methods.use(method)
        happenings = [] if decline else self._keep(intent, method)
        intent.update(payment_method=method["id"], next_action=None)
        delayed = method["type"] != "card"
        charge = charges.charge(
            intent,
            method,
            created=self.clock.timestamp(),
            status="failed" if decline else "pending" if delayed else "succeeded",
            decline=decline,
            receipts=self.receipts,
        )
        intent["latest_charge"] = charge["id"]
        if decline:
            error = {"type": "card_error", **decline.fields(), "message": decline.message, "charge": charge["id"]}
            error |= {"doc_url": doc_url(decline.code), "payment_method": method}
            intent.update(status="requires_payment_method", last_payment_error=error, payment_method=None)
            happenings += [("charge.failed", charge), ("payment_intent.payment_failed", intent)]
        elif delayed:
            intent.update(status="processing", processing={"type": method["type"]}, last_payment_error=None)
            happenings += [("charge.pending", charge), ("payment_intent.processing", intent)]
        else:
            self._collect(intent, charge)
            happenings += [("charge.succeeded", charge), ("payment_intent.succeeded", intent)]
        self.store.save(intent)
        self.store.save(charge)
        return happenings

    def _keep(self, intent: Object, method: Object) -> list[tuple[str, Object]]:
        """Save the payment method for the intent's customer, if that was asked for and can be."""
        asked = intent["setup_future_usage"]
        if method["type"] == "card":
            asked = asked or intent["payment_method_options"]["card"].get("setup_future_usage")
        if not (asked and intent["customer"]) or method["customer"] or method["type"] == "customer_balance":
            return []
        return [("payment_method.attached", self.methods.attach(method, intent["customer"]))]

    def _collect(self, intent: Object, charge: Object) -> None:
        entry = balance.entry("charge", charge, charge["amount"], created=self.clock.timestamp())
        self.store.save(entry)
        charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
        charge.update(balance_transaction=entry["id"], receipt_url=f"{self.receipts}/{charge['id']}")
        intent.update(status="succeeded", amount_received=intent["amount"], processing=None, last_payment_error=None)

    def _cancel(self, intent: Object, reason: str | None) -> Object:
        intent.update(status="canceled", canceled_at=self.clock.timestamp(), cancellation_reason=reason)
        return self.store.save(intent)
