"""What Stripe's objects say, read into the words of `gateway`. Nothing here calls Stripe."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any, Protocol, cast

import stripe

from bot.billing.gateway import CheckoutSession, GatewayEvent, Intent, ListedEvent, Return, ReturnKind, SavedCard
from bot.billing.stripe import stripe_declines
from bot.billing.stripe.stripe_amounts import from_stripe
from bot.errors import InvalidInput
from bot.money import Money


def session(found: stripe.checkout.Session) -> CheckoutSession:
    """A Checkout Session; what hangs on its intent is known when that was expanded."""
    currency = (found.currency or "").upper()
    intent = found.payment_intent if isinstance(found.payment_intent, stripe.PaymentIntent) else None
    charge = intent.latest_charge if intent and isinstance(intent.latest_charge, stripe.Charge) else None
    return CheckoutSession(
        id=found.id,
        url=found.url,
        status=cast(Any, found.status),
        payment_status=cast(Any, found.payment_status),
        payment_intent=_id(found.payment_intent),
        amount=from_stripe(found.amount_total or 0, currency),
        payment_id=found.client_reference_id or "",
        created_at=_instant(found.created),
        expires_at=_instant(found.expires_at),
        intent_status=intent.status if intent else None,
        refunded=from_stripe(charge.amount_refunded, currency) if charge else None,
        disputed=bool(charge and charge.disputed),
        saved_card=saved_card(intent.payment_method) if intent else None,
    )


def intent(
    found: stripe.PaymentIntent, refunds: Iterable[stripe.Refund] = (), disputes: Iterable[stripe.Dispute] = ()
) -> Intent:
    """A payment intent, and what went back of it. Raises `InvalidInput` for an amount that we cannot express.

    What is none of ours is read without its amounts: the business may sell in any currency that Stripe knows.
    """
    if not payment_id(found):
        status, nothing = cast(Any, found.status), Money.zero(found.currency.upper())
        return Intent(id=found.id, status=status, amount=nothing, payment_id="", created_at=_instant(found.created))
    paid = found.status == "succeeded"
    error = None if paid else found.last_payment_error
    returns = [*(refund(each) for each in refunds), *(_dispute(each) for each in disputes)]
    return Intent(
        id=found.id,
        status=cast(Any, found.status),
        amount=from_stripe(found.amount_received if paid else found.amount, found.currency.upper()),
        payment_id=payment_id(found),
        created_at=_instant(found.created),
        decline=stripe_declines.decline(error) if error else None,
        code=stripe_declines.code(error) if error else None,
        saved_card=saved_card(found.payment_method),
        returns=tuple(sorted(returns, key=lambda each: (each.created_at, each.id))),
    )


def payment_id(found: stripe.PaymentIntent) -> str:
    """Our payment's id in the intent's metadata; empty when it is none of ours."""
    return str(found.metadata["payment_id"]) if "payment_id" in found.metadata else ""


def refund(found: stripe.Refund) -> Return:
    """A refund. Stripe takes the money at once, and gives it back when the refund fails or is cancelled."""
    return Return(
        id=found.id,
        kind=ReturnKind.REFUND,
        amount=from_stripe(found.amount, found.currency.upper()),
        withdrawn=found.status not in ("failed", "canceled"),
        status=found.status or "pending",
        created_at=_instant(found.created),
        reason=found.reason,
    )


def saved_card(method: str | stripe.PaymentMethod | None) -> SavedCard | None:
    """The card, if it is one and is kept for a customer: a card that was used once, or was detached, has none."""
    if not isinstance(method, stripe.PaymentMethod) or method.type != "card" or method.card is None:
        return None
    customer = _id(method.customer)
    if customer is None:
        return None
    card = method.card
    return SavedCard(method.id, customer, card.brand, card.last4, card.exp_month, card.exp_year)


def listed(found: stripe.Event) -> ListedEvent:
    """An event of a listing, and the body that its webhook has."""
    raw = json.dumps(found.to_dict(for_json=True), indent=2).encode()
    return ListedEvent(event(raw), raw)


def event(raw: bytes) -> GatewayEvent:
    """The few facts that we need of an event's body. Raises `InvalidInput` for a body that is no event."""
    try:
        body = json.loads(raw)
        thing = body["data"]["object"]
        return GatewayEvent(
            id=body["id"],
            type=body["type"],
            created_at=_instant(body["created"]),
            object_id=thing.get("id") or "",  # a balance has none
            object_type=thing["object"],
            payment_id=(thing.get("metadata") or {}).get("payment_id") or thing.get("client_reference_id"),
            payment_intent=thing["id"] if thing["object"] == "payment_intent" else thing.get("payment_intent"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("This webhook is signed but holds no event.") from error


def _dispute(found: stripe.Dispute) -> Return:
    # An inquiry and a dispute that was prevented never touch the balance. One that was won is ours again even if the
    # money comes a moment later.
    status = str(found.status)
    over = status == "won" or status.startswith("warning_")
    return Return(
        id=found.id,
        kind=ReturnKind.CHARGEBACK,
        amount=from_stripe(found.amount, found.currency.upper()),
        withdrawn=not over and sum(entry.amount for entry in found.balance_transactions) < 0,
        status=status,
        created_at=_instant(found.created),
        reason=found.reason,
    )


class _Named(Protocol):
    id: str


def _id(thing: str | _Named | None) -> str | None:
    return thing if thing is None or isinstance(thing, str) else thing.id


def _instant(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
