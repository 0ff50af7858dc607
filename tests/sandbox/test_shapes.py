"""The sandbox's objects against Stripe's own examples and the official library's classes."""

from __future__ import annotations

import json
import typing
from pathlib import Path
from typing import Any

import pytest
import stripe
import stripe.checkout

from tests.sandbox.parameter_classes import FILE, trees
from tests.sandbox.requests import SAVING, SESSION
from tests.sandbox.running import Running

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
with_specs = pytest.mark.skipif(not SPECS.is_dir(), reason="the published example objects are not beside this checkout")

CLASSES: dict[str, type] = {
    "checkout.session": stripe.checkout.Session,
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "customer": stripe.Customer,
    "event": stripe.Event,
    "payment_method": stripe.PaymentMethod,
    "dispute": stripe.Dispute,
    "balance_transaction": stripe.BalanceTransaction,
    "item": stripe.LineItem,
}

WORDS = {
    "consent_collection": {"terms_of_service": "required", "payment_method_reuse_agreement": {"position": "auto"}},
    "custom_text": {"submit": {"message": "Thank you."}},
}


def lived_through(sandbox: Running, client: stripe.StripeClient) -> dict[str, dict[str, Any]]:
    """One object of each kind, after a payment with a card that is saved, a refund and a dispute."""
    customer = client.v1.customers.create({"email": "maya@example.com"})
    data: Any = {**SAVING["payment_intent_data"], "description": "Payment"}
    wanted: Any = {**SESSION, "customer": customer.id, "payment_intent_data": data, **WORDS}
    session = client.v1.checkout.sessions.create(wanted)
    sandbox.act(session.id, "complete")
    refund = sandbox.act(session.id, "refund", amount=50)
    sandbox.switch(f"charges/{refund['charge']}/dispute", amount=100)
    found = {
        "checkout.session": client.v1.checkout.sessions.retrieve(session.id),
        "payment_intent": client.v1.payment_intents.list().data[0],
        "charge": client.v1.charges.list().data[0],
        "refund": client.v1.refunds.list().data[0],
        "customer": client.v1.customers.retrieve(customer.id),
        "payment_method": client.v1.customers.payment_methods.list(customer.id).data[0],
        "dispute": client.v1.disputes.list().data[0],
        "event": client.v1.events.list().data[0],
        "balance_transaction": client.v1.balance_transactions.list().data[0],
        "item": client.v1.checkout.sessions.line_items.list(session.id).data[0],
    }
    return {kind: json.loads(str(thing)) for kind, thing in found.items()}


@with_specs
def test_every_object_has_every_field_of_stripes_example_with_its_type(
    sandbox: Running, client: stripe.StripeClient
) -> None:
    examples = json.loads((SPECS / "stripe_fixtures3.json").read_text())["resources"]
    faults = []
    for kind, ours in lived_through(sandbox, client).items():
        faults += list(differences(ours, examples[kind], kind, CLASSES[kind]))
    assert faults == []


def test_every_object_is_of_the_librarys_class_and_null_only_where_that_may_be(
    sandbox: Running, client: stripe.StripeClient
) -> None:
    faults = []
    for kind, ours in lived_through(sandbox, client).items():
        known = CLASSES[kind].__annotations__
        assert ours["object"] == kind
        faults += [f"{kind}.{name} is null" for name in ours if ours[name] is None and not may_be_null(known.get(name))]
    assert faults == []


def test_a_refund_that_waits_and_then_fails_says_why_in_the_librarys_fields(
    sandbox: Running, client: stripe.StripeClient
) -> None:
    session = client.v1.checkout.sessions.create(SESSION)
    sandbox.act(session.id, "complete", card="refund_waits")
    refund = sandbox.act(session.id, "refund")
    waiting = client.v1.refunds.retrieve(refund["id"])
    assert (waiting.status, waiting.pending_reason) == ("pending", "processing")
    sandbox.switch(f"refunds/{refund['id']}/fail", reason="lost_or_stolen_card")
    failed = json.loads(str(client.v1.refunds.retrieve(refund["id"])))
    assert set(failed) <= set(stripe.Refund.__annotations__) | {"object"}
    assert (failed["status"], failed["failure_reason"]) == ("failed", "lost_or_stolen_card")
    assert client.v1.balance_transactions.retrieve(failed["failure_balance_transaction"]).type == "refund_failure"


def test_the_parameters_are_those_of_the_installed_library() -> None:
    # After an upgrade: python -m tests.sandbox.parameter_classes
    assert json.loads(FILE.read_text()) == trees()


def test_the_sandbox_speaks_the_librarys_version(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(SESSION)
    assert session.last_response
    assert session.last_response.headers["stripe-version"] == stripe.api_version
    assert str(session.last_response.request_id).startswith("req_")


def differences(ours: Any, example: Any, path: str, kind: type | None) -> typing.Iterator[str]:
    """Fields that lack, and values of another JSON type; null stands for anything that the library calls optional."""
    for name, expected in example.items():
        if name not in ours:
            yield f"{path}.{name} lacks"
            continue
        actual = ours[name]
        if actual is None or expected is None:
            continue
        if json_type(actual) != json_type(expected):
            yield f"{path}.{name} is {json_type(actual)}, not {json_type(expected)}"
        elif isinstance(expected, dict) and name not in ("metadata", "object", "plan") and path != "event.data":
            # A variant of an object ("card": …, "us_bank_account": …) has fields of its own.
            yield from differences(actual, expected, f"{path}.{name}", None)


def json_type(value: Any) -> str:
    """The type as JSON has it."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def may_be_null(hint: Any) -> bool:
    """Whether the library's annotation allows None; a field that it does not name is not held against us."""
    return hint is None or type(None) in typing.get_args(hint)
