"""Refunds: made, waited for, failed. What fails comes back to the balance, and the charge counts it no longer (S6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sandbox import balance
from sandbox.clock import Clock
from sandbox.events import Cause, Events
from sandbox.lookup import found
from sandbox.objects import new_id
from sandbox.payment_methods import PaymentMethods
from sandbox.refusal import SandboxRefusal, StripeRefusal
from sandbox.store import Store

Object = dict[str, Any]
BUSINESS = Cause()
FailureReason = Literal["declined", "expired_or_canceled_card", "insufficient_funds", "lost_or_stolen_card", "unknown"]


@dataclass(frozen=True, slots=True)
class Refunds:
    """The one place where a refund changes."""

    store: Store
    clock: Clock
    events: Events
    methods: PaymentMethods

    def make(
        self,
        charge: Object,
        amount: int | None,
        cause: Cause = BUSINESS,
        *,
        reason: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> Object:
        """Give back `amount` in Stripe's units, or all that is left; pending where the bank takes its time.

        Raises `StripeRefusal` for more than is left and for a charge that the bank has already taken back.
        """
        left = charge["amount"] - charge["amount_refunded"]
        if charge["status"] != "succeeded":
            raise StripeRefusal(f"Charge {charge['id']} has not succeeded, so it cannot be refunded.")
        if left == 0:
            message = f"Charge {charge['id']} has already been refunded."
            raise StripeRefusal(message, code="charge_already_refunded")
        if self._taken_back(charge):
            message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
            raise StripeRefusal(message, code="charge_disputed")
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            raise StripeRefusal(message if amount > 0 else f"Invalid positive integer: {amount}", param="amount")
        with self.store.transaction():
            made = self.clock.timestamp()
            waits = self.methods.refunds_wait(charge["payment_method"])
            refund = _refund(charge, amount, created=made, reason=reason, metadata=metadata or {}, waits=waits)
            entry = self.store.save(balance.entry("refund", refund, -amount, created=made))
            refund["balance_transaction"] = entry["id"]
            self._count(charge, refund, amount)
            self.events.emit(cause, ("refund.created", refund), ("charge.refunded", charge))
        return refund

    def settle(self, refund: Object) -> Object:
        """The bank has paid a pending refund out. Raises `SandboxRefusal` (409) when it is not pending."""
        self._expect(refund, "pending")
        with self.store.transaction():
            refund["status"] = "succeeded"
            refund.pop("pending_reason", None)
            self._count(found(self.store, refund["charge"], "charge"), refund, 0)
            self.events.emit(BUSINESS, ("refund.updated", refund), ("charge.refund.updated", refund))
        return refund

    def fail(self, refund: Object, reason: FailureReason) -> Object:
        """The bank has sent a refund back, days later. Raises `SandboxRefusal` (409) for one that has failed."""
        self._expect(refund, "pending", "succeeded")
        with self.store.transaction():
            made = self.clock.timestamp()
            entry = self.store.save(balance.entry("refund_failure", refund, refund["amount"], created=made))
            refund.update(status="failed", failure_reason=reason, failure_balance_transaction=entry["id"])
            refund.pop("pending_reason", None)
            self._count(found(self.store, refund["charge"], "charge"), refund, -refund["amount"])
            told = ("refund.updated", "charge.refund.updated", "refund.failed")
            self.events.emit(BUSINESS, *((kind, refund) for kind in told))
        return refund

    def of(self, charge: Object) -> list[Object]:
        """Every refund of a charge, newest first."""
        return [refund for refund in self.store.every("refund") if refund["charge"] == charge["id"]]

    def _taken_back(self, charge: Object) -> bool:
        disputes = self.store.every("dispute") if charge["disputed"] else []
        return any(one["charge"] == charge["id"] and not one["is_charge_refundable"] for one in disputes)

    def _count(self, charge: Object, refund: Object, amount: int) -> None:
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        others = [one for one in charge["refunds"]["data"] if one["id"] != refund["id"]]
        charge["refunds"]["data"] = [refund, *others]
        self.store.save(refund)
        self.store.save(charge)

    def _expect(self, refund: Object, *statuses: str) -> None:
        if refund["status"] not in statuses:
            raise SandboxRefusal(f"This refund is {refund['status']}, so nothing more happens to it.")


def _refund(
    charge: Object, amount: int, *, created: int, reason: str | None, metadata: dict[str, str], waits: bool
) -> Object:
    kind = charge["payment_method_details"]["type"]
    refund: Object = {
        "id": new_id("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {"type": kind, kind: {"type": "refund"} if kind == "card" else {}},
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if waits else "succeeded",
        "transfer_reversal": None,
    }
    return {**refund, "pending_reason": "processing"} if waits else refund
