"""Stripe's Checkout Sessions, customers and events, with every field that its own examples have."""

from __future__ import annotations

import secrets
import string
from typing import Any

from sandbox.cards import delayed_method

_LETTERS = string.ascii_letters + string.digits
ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def new_id(prefix: str, length: int = 24) -> str:
    """`prefix` and random letters and digits, as Stripe's ids look."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))


def checkout_session(
    parameters: dict[str, Any], *, created: int, page: str, items: list[dict[str, Any]]
) -> dict[str, Any]:
    """An open Checkout Session. `page` is the address of the sandbox's Checkout page; the id is appended to it."""
    id = new_id("cs_test_", 58)
    total = sum(item["amount_total"] for item in items)
    currency = items[0]["currency"]
    return {
        "id": id,
        "object": "checkout.session",
        "adaptive_pricing": None,
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": parameters.get("billing_address_collection"),
        "cancel_url": parameters.get("cancel_url"),
        "client_reference_id": parameters.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": _consents(parameters) and dict.fromkeys(("promotions", "terms_of_service")),
        "consent_collection": _consents(parameters),
        "created": created,
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": _custom_text(parameters),
        "customer": parameters.get("customer"),
        "customer_account": None,
        "customer_creation": parameters.get("customer_creation", "if_required"),
        "customer_details": _customer_details(parameters["customer_email"])
        if parameters.get("customer_email")
        else None,
        "customer_email": parameters.get("customer_email"),
        "discounts": [],
        "expires_at": parameters.get("expires_at", created + 24 * 3600),
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": parameters.get("locale"),
        "managed_payments": None,
        "metadata": parameters.get("metadata", {}),
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": card_options(parameters),
        "payment_method_types": ["card", delayed_method(currency)],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": parameters.get("submit_type"),
        "subscription": None,
        "success_url": parameters["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{page}/{id}",
        "wallet_options": None,
    }


def line_item(item: dict[str, Any], *, created: int) -> dict[str, Any]:
    """One line of a Checkout Session, from `price_data` and `quantity`."""
    price = item["price_data"]
    unit, quantity = price["unit_amount"], item.get("quantity", 1)
    return {
        "id": new_id("li_"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": unit * quantity,
        "amount_tax": 0,
        "amount_total": unit * quantity,
        "currency": price["currency"],
        "description": price["product_data"]["name"],
        "metadata": item.get("metadata", {}),
        "price": {
            "id": new_id("price_"),
            "object": "price",
            "active": False,
            "billing_scheme": "per_unit",
            "created": created,
            "currency": price["currency"],
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": None,
            "metadata": {},
            "nickname": None,
            "product": new_id("prod_", 14),
            "recurring": None,
            "tax_behavior": "unspecified",
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": unit,
            "unit_amount_decimal": str(unit),
        },
        "quantity": quantity,
    }


def customer(parameters: dict[str, Any], *, created: int) -> dict[str, Any]:
    """A customer."""
    return {
        "id": new_id("cus_", 14),
        "object": "customer",
        "address": parameters.get("address") or None,
        "balance": 0,
        "created": created,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": parameters.get("description"),
        "discount": None,
        "email": parameters.get("email"),
        "invoice_prefix": new_id("", 8).upper(),
        "invoice_settings": dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options")),
        "livemode": False,
        "metadata": parameters.get("metadata") or {},
        "name": parameters.get("name"),
        "next_invoice_sequence": 1,
        "phone": parameters.get("phone"),
        "preferred_locales": parameters.get("preferred_locales", []),
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def event(
    kind: str, thing: dict[str, Any], *, created: int, api_version: str, request: dict[str, Any]
) -> dict[str, Any]:
    """A snapshot of `thing` at the moment that `kind` ("charge.refunded") happened to it."""
    return {
        "id": new_id("evt_"),
        "object": "event",
        "api_version": api_version,
        "created": created,
        "data": {"object": thing},
        "livemode": False,
        "pending_webhooks": 1,
        "request": request,
        "type": kind,
    }


def card_options(fields: dict[str, Any]) -> dict[str, Any]:
    """`payment_method_options` of a request, on an intent or a session, with Stripe's own defaults."""
    return {"card": {"request_three_d_secure": "automatic", **fields.get("payment_method_options", {}).get("card", {})}}


def _consents(parameters: dict[str, Any]) -> dict[str, Any] | None:
    asked = parameters.get("consent_collection")
    names = ("payment_method_reuse_agreement", "promotions", "terms_of_service")
    return {**dict.fromkeys(names), **asked} if asked else None


def _custom_text(parameters: dict[str, Any]) -> dict[str, Any]:
    names = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {name: parameters.get("custom_text", {}).get(name) or None for name in names}


def _customer_details(email: str) -> dict[str, Any]:
    empty = dict.fromkeys(("address", "business_name", "individual_name", "name", "phone", "tax_ids"))
    return {**empty, "email": email, "tax_exempt": "none"}
