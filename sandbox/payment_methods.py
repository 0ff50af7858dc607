"""Payment methods: made of a test card or a bank account, attached to a customer, detached.

What charging a card again will give, its fate, is kept beside the object, since Stripe's own does not show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.cards import BY_KEY, PAYMENT_METHODS, Card, delayed_method
from sandbox.clock import Clock
from sandbox.objects import ADDRESS, new_id
from sandbox.refusal import StripeRefusal
from sandbox.store import Store

Object = dict[str, Any]
_USED_UP = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a "
    "connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use "
    "a PaymentMethod multiple times, you must attach it to a Customer first."
)


@dataclass(frozen=True, slots=True)
class PaymentMethods:
    """The one place where a payment method or its fate changes. Call what changes something inside a transaction."""

    store: Store
    clock: Clock

    def named(self, id: str, customer: str | None) -> Object:
        """What a request names: one of Stripe's test methods, made anew, or one that `customer` has saved.

        Raises `StripeRefusal` for an unknown, a detached or somebody else's payment method.
        """
        if id in PAYMENT_METHODS:
            card = BY_KEY[PAYMENT_METHODS[id]]
            asks = "authentication_required" if card.authenticate else ""
            return self.of_card(card, card.declines or card.later or asks)
        method = self.store.find(id, "payment_method")
        if method is None:
            message = f"No such PaymentMethod: '{id}'. The sandbox also knows {', '.join(sorted(PAYMENT_METHODS))}."
            raise StripeRefusal(message, code="resource_missing", param="payment_method")
        if method["customer"] is None and self._fate(method)["used"]:
            raise StripeRefusal(_USED_UP)
        if method["customer"] is not None and customer is None:
            message = (
                f"The PaymentMethod {id} belongs to the Customer {method['customer']}. "
                "Please include the Customer in the `customer` parameter on the PaymentIntent."
            )
            raise StripeRefusal(message, param="payment_method")
        if method["customer"] not in (None, customer):
            message = (
                f"The customer does not have a payment method with the ID {id}. "
                "The payment method must be attached to the customer."
            )
            raise StripeRefusal(message, code="resource_missing", param="payment_method")
        return method

    def of_card(self, card: Card, fate: str) -> Object:
        """A card that nobody has saved. `fate` is the decline code that charging it later gives, empty when it pays."""
        month, year = 12, 2034
        if card.expires_next_month:
            now = self.clock.now()
            month, year = now.month % 12 + 1, now.year + now.month // 12
        details = _card(card, month, year)
        return self._made("card", details, {"declines": fate, "refunds_wait": card.refunds_wait})

    def of_bank(self, currency: str) -> Object:
        """A bank account, or whatever else answers days later in `currency`."""
        kind = delayed_method(currency)
        details = {"last4": "6789"} if kind not in ("customer_balance", "boleto") else {}
        return self._made(kind, details, {"declines": "", "refunds_wait": True})

    def use(self, method: Object) -> None:
        """Remember that it was charged: without a customer, it can never be again."""
        self.store.save({**self._fate(method), "used": True})

    def attach(self, method: Object, customer: str) -> Object:
        """Save it for `customer`."""
        method.update(customer=customer, allow_redisplay="limited")
        return self.store.save(method)

    def detach(self, method: Object) -> Object:
        """Take it from its customer for good. Raises `StripeRefusal` when it has none."""
        if method["customer"] is None:
            message = "The payment method you provided is not attached to a customer so detachment is impossible."
            raise StripeRefusal(message)
        self.use(method)
        method["customer"] = None
        return self.store.save(method)

    def saved(self, customer: str) -> list[Object]:
        """What `customer` has saved, newest first."""
        return [method for method in self.store.every("payment_method") if method["customer"] == customer]

    def decide(self, method: Object, declines: str) -> None:
        """From now on it declines with this code, or pays when that is empty."""
        self.store.save({**self._fate(method), "declines": declines})

    def declines(self, method: Object) -> str:
        """The decline code that charging it now would give; empty when it pays. A card past its month has expired."""
        decided: str = self._fate(method)["declines"]
        if decided or method["type"] != "card":
            return decided
        now, card = self.clock.now(), method["card"]
        return "expired_card" if (card["exp_year"], card["exp_month"]) < (now.year, now.month) else ""

    def refunds_wait(self, id: str) -> bool:
        """Whether a refund to this payment method is pending at first."""
        return bool((self.store.find(f"{id}:fate") or {}).get("refunds_wait"))

    def _made(self, kind: str, details: Object, fate: Object) -> Object:
        id = new_id("pm_1")
        self.store.save({"id": f"{id}:fate", "object": "sandbox.fate", "used": False, **fate})
        return self.store.save(
            {
                "id": id,
                "object": "payment_method",
                "allow_redisplay": "unspecified",
                "billing_details": {"address": ADDRESS, **dict.fromkeys(("email", "name", "phone", "tax_id"))},
                kind: details,
                "created": self.clock.timestamp(),
                "customer": None,
                "customer_account": None,
                "livemode": False,
                "metadata": {},
                "type": kind,
            }
        )

    def _fate(self, method: Object) -> Object:
        return self.store.find(f"{method['id']}:fate", "sandbox.fate") or {}


def _card(card: Card, month: int, year: int) -> Object:
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"sandbox{card.last4}",
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
