"""What happens to money at Stripe: sessions paid, declined, expired; delayed methods settled or failed; refunds.

Each happening changes its objects and emits its events in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox import charges, objects
from sandbox.cards import Card
from sandbox.clock import Clock
from sandbox.events import Cause, Events
from sandbox.refusal import StripeRefusal
from sandbox.store import Store

Object = dict[str, Any]
CUSTOMER = Cause()


@dataclass(frozen=True, slots=True)
class Payments:
    """The one place where a session, an intent, a charge or a refund changes."""

    store: Store
    clock: Clock
    events: Events
    receipts: str

    def pay_session(self, session: Object, card: Card | None) -> Object:
        """The customer confirms an open session: with a card that pays or is declined, or by the delayed method (None).

        Gives the session: complete and paid, complete and unpaid (delayed), or still open after a decline.
        """
        with self.store.transaction():
            intent = self._intent_of(session)
            happenings = self._attempt(intent, card)
            session["payment_intent"] = intent["id"]
            if intent["status"] in ("succeeded", "processing"):
                paid = intent["status"] == "succeeded"
                session.update(status="complete", url=None, payment_status="paid" if paid else "unpaid")
                happenings.append(("checkout.session.completed", session))
            self.store.save(session)
            self.events.emit(CUSTOMER, *happenings)
        return session

    def settle_session(self, session: Object, *, succeeds: bool) -> Object:
        """The bank's answer to a delayed payment, days later (S2, S6)."""
        with self.store.transaction():
            intent = self._must(session["payment_intent"], "payment_intent")
            charge = self._must(intent["latest_charge"], "charge")
            if succeeds:
                self._collect(intent, charge)
                session["payment_status"] = "paid"
                happenings = [("charge.succeeded", charge), ("payment_intent.succeeded", intent)]
                happenings.append(("checkout.session.async_payment_succeeded", session))
            else:
                message = "The customer's bank returned the payment."
                charge.update(status="failed", paid=False, failure_code="payment_intent_payment_attempt_failed")
                charge["failure_message"] = message
                error = {"type": "invalid_request_error", "code": "payment_intent_payment_attempt_failed"}
                intent.update(status="requires_payment_method", processing=None)
                intent["last_payment_error"] = {**error, "message": message, "charge": charge["id"]}
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

    def confirm_intent(self, intent: Object, card: Card, cause: Cause) -> Object:
        """A server charges a saved card. Raises `StripeRefusal` (402) with the intent in it when the card declines."""
        with self.store.transaction():
            happenings = self._attempt(intent, card)
            self.events.emit(cause, *happenings)
        if intent["status"] == "requires_payment_method":
            raise StripeRefusal(card.message, status=402, type="card_error", **_declined(card), payment_intent=intent)
        return intent

    def cancel_intent(self, intent: Object, reason: str | None, cause: Cause) -> Object:
        """Give an intent up."""
        with self.store.transaction():
            self._cancel(intent, reason)
            self.events.emit(cause, ("payment_intent.canceled", intent))
        return intent

    def refund(
        self,
        charge: Object,
        amount: int | None,
        cause: Cause = CUSTOMER,
        *,
        reason: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> Object:
        """Give back `amount` minor units, or all that is left. Raises `StripeRefusal` for more than is left."""
        left = charge["amount"] - charge["amount_refunded"]
        if charge["status"] != "succeeded":
            raise StripeRefusal(f"Charge {charge['id']} has not succeeded, so it cannot be refunded.")
        if left == 0:
            message = f"Charge {charge['id']} has already been refunded."
            raise StripeRefusal(message, code="charge_already_refunded")
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            raise StripeRefusal(message if amount > 0 else f"Invalid positive integer: {amount}", param="amount")
        with self.store.transaction():
            made = self.clock.timestamp()
            refund = charges.refund(charge, amount, created=made, reason=reason, metadata=metadata or {})
            entry = self.store.save(charges.balance_transaction(refund, -amount, created=made))
            refund["balance_transaction"] = entry["id"]
            charge["amount_refunded"] += amount
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            charge["refunds"]["data"].insert(0, refund)
            self.store.save(refund)
            self.store.save(charge)
            self.events.emit(cause, ("refund.created", refund), ("charge.refunded", charge))
        return refund

    def _intent_of(self, session: Object) -> Object:
        if session["payment_intent"]:
            return self._must(session["payment_intent"], "payment_intent")
        fields = self.store.find(f"{session['id']}:intent") or {}
        return charges.payment_intent(
            session["amount_total"],
            session["currency"],
            created=self.clock.timestamp(),
            **{"customer": session["customer"], **fields.get("data", {})},
        )

    def _attempt(self, intent: Object, card: Card | None) -> list[tuple[str, Object]]:
        """One try to collect: changes and saves the intent and its new charge; gives what happened, in order."""
        happenings: list[tuple[str, Object]] = []
        if self.store.find(intent["id"]) is None:
            happenings.append(("payment_intent.created", dict(intent)))
        made = self.clock.timestamp()
        intent["payment_method"] = objects.new_id("pm_1")
        status = "pending" if card is None else "failed" if card.code else "succeeded"
        charge = charges.charge(intent, created=made, status=status, card=card, receipts=self.receipts)
        intent["latest_charge"] = charge["id"]
        if card is None:
            kind = charge["payment_method_details"]["type"]
            intent.update(status="processing", processing={"type": kind}, last_payment_error=None)
            happenings += [("charge.pending", charge), ("payment_intent.processing", intent)]
        elif card.code:
            error = {"type": "card_error", "message": card.message, "charge": charge["id"], **_declined(card)}
            intent.update(status="requires_payment_method", last_payment_error=error, payment_method=None)
            happenings += [("charge.failed", charge), ("payment_intent.payment_failed", intent)]
        else:
            self._collect(intent, charge)
            happenings += [("charge.succeeded", charge), ("payment_intent.succeeded", intent)]
        self.store.save(intent)
        self.store.save(charge)
        return happenings

    def _collect(self, intent: Object, charge: Object) -> None:
        entry = charges.balance_transaction(charge, charge["amount"], created=self.clock.timestamp())
        self.store.save(entry)
        charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
        charge.update(balance_transaction=entry["id"], receipt_url=f"{self.receipts}/{charge['id']}")
        intent.update(status="succeeded", amount_received=intent["amount"], processing=None, last_payment_error=None)

    def _cancel(self, intent: Object, reason: str | None) -> Object:
        intent.update(status="canceled", canceled_at=self.clock.timestamp(), cancellation_reason=reason)
        return self.store.save(intent)

    def _must(self, id: str, kind: str) -> Object:
        found = self.store.find(id, kind)
        if found is None:
            raise StripeRefusal(f"No such {kind}: '{id}'", status=404, code="resource_missing", param="id")
        return found


def _declined(card: Card) -> dict[str, str]:
    return {"code": card.code, "decline_code": card.decline_code}
