"""Disputes: a customer's bank takes a charge back, or only asks about it; the business wins or loses (S6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sandbox import balance
from sandbox.clock import Clock
from sandbox.events import Cause, Events
from sandbox.objects import new_id
from sandbox.refusal import SandboxRefusal
from sandbox.store import Store

Object = dict[str, Any]
BANK = Cause()
ANSWER_WITHIN_S = 14 * 86400
Reason = Literal[
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
]
# fmt: off
_EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)
# fmt: on
OPEN = ("needs_response", "warning_needs_response")


@dataclass(frozen=True, slots=True)
class Disputes:
    """The one place where a dispute changes."""

    store: Store
    clock: Clock
    events: Events

    def open(self, charge: Object, amount: int | None, reason: Reason, *, inquiry: bool) -> Object:
        """The bank takes `amount` (Stripe's units; all of it when None) away, or with `inquiry` asks and takes nothing.

        Raises `SandboxRefusal`: 409 for a charge that was not paid or is disputed already, 422 for another amount.
        """
        amount = charge["amount"] if amount is None else amount
        if charge["status"] != "succeeded":
            raise SandboxRefusal("This charge has not been paid, so nobody can dispute it.")
        if any(one["status"] in (*OPEN, "lost") for one in self.of(charge)):
            raise SandboxRefusal("This charge is disputed already.")
        if not 0 < amount <= charge["amount"]:
            message = "A dispute is about an amount of 1 up to what was charged."
            raise SandboxRefusal(message, status=422, code="invalid_input")
        with self.store.transaction():
            made = self.clock.timestamp()
            dispute = _dispute(charge, amount, reason, created=made, inquiry=inquiry)
            if not inquiry:
                self._move(dispute, "dispute", -amount)
            charge["disputed"] = True
            self.store.save(charge)
            happenings = [("charge.dispute.created", self.store.save(dispute))]
            if not inquiry:
                happenings.append(("charge.dispute.funds_withdrawn", dispute))
            self.events.emit(BANK, *happenings)
        return dispute

    def close(self, dispute: Object, *, won: bool) -> Object:
        """The bank decides. An inquiry ends as `warning_closed` whoever is right, since it has moved no money.

        Raises `SandboxRefusal` (409) for a dispute that is over.
        """
        if dispute["status"] not in OPEN:
            raise SandboxRefusal(f"This dispute is over: {dispute['status']}.")
        inquiry = dispute["status"] == "warning_needs_response"
        with self.store.transaction():
            dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
            happenings = [("charge.dispute.closed", dispute)]
            if won and not inquiry:
                dispute["is_charge_refundable"] = True
                self._move(dispute, "dispute_reversal", dispute["amount"])
                happenings.append(("charge.dispute.funds_reinstated", dispute))
            self.store.save(dispute)
            self.events.emit(BANK, *happenings)
        return dispute

    def of(self, charge: Object) -> list[Object]:
        """Every dispute of a charge, newest first."""
        every = self.store.every("dispute") if charge["disputed"] else []
        return [dispute for dispute in every if dispute["charge"] == charge["id"]]

    def _move(self, dispute: Object, category: str, amount: int) -> None:
        entry = balance.entry(category, dispute, amount, created=self.clock.timestamp())
        dispute["balance_transactions"].append(self.store.save(entry))


def _dispute(charge: Object, amount: int, reason: Reason, *, created: int, inquiry: bool) -> Object:
    method = charge["payment_method_details"]
    card = {
        "brand": method.get("card", {}).get("brand"),
        "case_type": "inquiry" if inquiry else "chargeback",
        "network": method.get("card", {}).get("network"),
        "network_reason_code": None,
    }
    return {
        "id": new_id("du_1"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": created + ANSWER_WITHIN_S,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": None,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {"card": card, "type": "card"} if method["type"] == "card" else None,
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
