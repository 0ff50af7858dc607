"""A card that Checkout has saved, and how a server charges it."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.requests import SAVING
from tests.sandbox.running import Running


def saved(sandbox: Running, client: stripe.StripeClient, card: str = "visa", **changes: Any) -> stripe.PaymentMethod:
    """A card that a customer has saved at Checkout."""
    wanted: Any = {**SAVING, **changes}
    session = client.v1.checkout.sessions.create(wanted)
    customer = sandbox.act(session.id, "complete", card=card)["customer"]
    return client.v1.customers.payment_methods.list(customer).data[0]


def charge(client: stripe.StripeClient, method: stripe.PaymentMethod, key: str = "", **changes: Any) -> Any:
    """What a server does on an instalment's day."""
    wanted: Any = {
        "amount": 2500,
        "currency": "usd",
        "customer": str(method.customer),
        "payment_method": method.id,
        "off_session": True,
        "confirm": True,
        "error_on_requires_action": True,
        "metadata": {"payment_id": "payment-2"},
        **changes,
    }
    return client.v1.payment_intents.create(wanted, {"idempotency_key": key} if key else {})


def declined(client: stripe.StripeClient, method: stripe.PaymentMethod, **changes: Any) -> stripe.CardError:
    """Stripe's refusal of the same."""
    with pytest.raises(stripe.CardError) as refused:
        charge(client, method, **changes)
    assert refused.value.http_status == 402
    return refused.value
