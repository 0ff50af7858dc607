"""Stripe's balance, as the entries that charges, refunds and disputes make in it. The sandbox takes no fee."""

from __future__ import annotations

from typing import Any

from sandbox.objects import new_id

# Stripe's `type` of an entry by what it reports it as.
_TYPES = {
    "charge": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "dispute": "adjustment",
    "dispute_reversal": "adjustment",
}


def entry(category: str, source: dict[str, Any], amount: int, *, created: int) -> dict[str, Any]:
    """`amount` (Stripe's units, negative when it leaves) in the balance because of `source`, reported as `category`."""
    return {
        "id": new_id("txn_3"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": created,
        "balance_type": "payments",
        "created": created,
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": category,
        "source": source["id"],
        "status": "available",
        "type": _TYPES[category],
    }
