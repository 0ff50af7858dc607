"""What Stripe's official library says that each request may hold, as the tree that `sandbox/parameters.json` keeps.

Run `python -m tests.sandbox.parameter_classes` after an upgrade of the stripe library to write that file anew; a test
compares the two. The sandbox itself does not import stripe.
"""

from __future__ import annotations

import json
import sys
import types
import typing
from pathlib import Path
from typing import Any

import stripe
import stripe.params
import stripe.params.checkout
import typing_extensions
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject

FILE = Path(__file__).resolve().parents[2] / "sandbox" / "parameters.json"

OPERATIONS: dict[str, type] = {
    "POST /v1/checkout/sessions": stripe.params.checkout.SessionCreateParams,
    "GET /v1/checkout/sessions": stripe.params.checkout.SessionListParams,
    "GET /v1/checkout/sessions/{id}": stripe.params.checkout.SessionRetrieveParams,
    "POST /v1/checkout/sessions/{id}/expire": stripe.params.checkout.SessionExpireParams,
    "GET /v1/checkout/sessions/{id}/line_items": stripe.params.checkout.SessionListLineItemsParams,
    "POST /v1/payment_intents": stripe.params.PaymentIntentCreateParams,
    "GET /v1/payment_intents": stripe.params.PaymentIntentListParams,
    "GET /v1/payment_intents/{id}": stripe.params.PaymentIntentRetrieveParams,
    "POST /v1/payment_intents/{id}/confirm": stripe.params.PaymentIntentConfirmParams,
    "POST /v1/payment_intents/{id}/cancel": stripe.params.PaymentIntentCancelParams,
    "POST /v1/customers": stripe.params.CustomerCreateParams,
    "GET /v1/customers": stripe.params.CustomerListParams,
    "GET /v1/customers/{id}": stripe.params.CustomerRetrieveParams,
    "POST /v1/customers/{id}": stripe.params.CustomerUpdateParams,
    "DELETE /v1/customers/{id}": stripe.params.CustomerDeleteParams,
    "GET /v1/customers/{id}/payment_methods": stripe.params.CustomerListPaymentMethodsParams,
    "GET /v1/payment_methods/{id}": stripe.params.PaymentMethodRetrieveParams,
    "POST /v1/payment_methods/{id}/detach": stripe.params.PaymentMethodDetachParams,
    "GET /v1/charges": stripe.params.ChargeListParams,
    "GET /v1/charges/{id}": stripe.params.ChargeRetrieveParams,
    "POST /v1/refunds": stripe.params.RefundCreateParams,
    "GET /v1/refunds": stripe.params.RefundListParams,
    "GET /v1/refunds/{id}": stripe.params.RefundRetrieveParams,
    "GET /v1/disputes": stripe.params.DisputeListParams,
    "GET /v1/disputes/{id}": stripe.params.DisputeRetrieveParams,
    "GET /v1/events": stripe.params.EventListParams,
    "GET /v1/events/{id}": stripe.params.EventRetrieveParams,
    "GET /v1/balance_transactions": stripe.params.BalanceTransactionListParams,
    "GET /v1/balance_transactions/{id}": stripe.params.BalanceTransactionRetrieveParams,
}


def tree(kind: type) -> dict[str, Any]:
    """An object node: `fields` by name, and the `required` ones."""
    fields, required = {}, []
    # RequestOptions names these two in its own module; its fields are the call's, not the request's.
    scope = {"StripeContext": object, "Mapping": typing.Mapping, **vars(sys.modules[kind.__module__])}
    for name, hint in typing_extensions.get_type_hints(kind, scope, include_extras=True).items():
        if kind in OPERATIONS.values() and name in RequestOptions.__annotations__:
            continue
        optional = str(typing.get_origin(hint)).endswith("NotRequired")
        fields[name] = node(typing.get_args(hint)[0] if optional else hint)
        if not optional:
            required.append(name)
    return {"fields": fields, "required": required} if required else {"fields": fields}


def node(hint: Any) -> Any:
    """A type as a node: "str", "int", "bool", "decimal", "map", {"enum"}, {"list"}, {"fields"} or {"any"}."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, typing.ForwardRef):
        raise TypeError(f"unresolved {hint}")
    if hint in (str, int, bool):
        return hint.__name__
    if hint is float or getattr(hint, "__name__", "") == "Decimal":
        return "decimal"
    if origin is typing.Literal or origin is typing_extensions.Literal:
        return {"enum": sorted(args)}
    if origin is list:
        return {"list": node(args[0])}
    if origin in (dict, UntypedStripeObject):
        return "map"
    if origin in (typing.Union, types.UnionType):
        kinds: list[Any] = []
        for arg in args:
            kind = node(arg)
            if kind not in kinds:
                kinds.append(kind)
        enums = [value for kind in kinds if isinstance(kind, dict) for value in kind.get("enum", [])]
        # `Literal[...] | str` is the library's way of saying that the list of values may grow.
        if "str" in kinds:
            kinds = [kind for kind in kinds if not (isinstance(kind, dict) and "enum" in kind)]
            kinds = [{"enum": sorted(enums)} if kind == "str" and len(enums) > 1 else kind for kind in kinds]
        return kinds[0] if len(kinds) == 1 else {"any": kinds}
    if typing_extensions.is_typeddict(hint):
        return tree(hint)
    raise TypeError(f"no node for {hint!r}")


def trees() -> dict[str, Any]:
    """Every operation's tree, and the library's API version."""
    return {"api_version": stripe.api_version, **{name: tree(kind) for name, kind in OPERATIONS.items()}}


if __name__ == "__main__":
    FILE.write_text(json.dumps(trees(), separators=(",", ":"), sort_keys=True) + "\n")
