"""Stripe's events as the fake tells them: a log in order, bodies of the few fields that we read, real signatures."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import time
from typing import Any

from bot import clock
from bot.billing.gateway import CheckoutSession, Intent, ListedEvent, Return, ReturnKind
from bot.billing.stripe.stripe_objects import event as read

KEPT_FOR = dt.timedelta(days=30)
Thing = dict[str, Any]


class EventLog:
    """Everything that happened, oldest first. A webhook that is lost is one that nobody delivers."""

    def __init__(self) -> None:
        self._events: list[ListedEvent] = []

    def add(self, *happenings: tuple[str, Thing]) -> None:
        """Write down what happened to which object, now."""
        for kind, thing in happenings:
            raw = body(kind, thing, id=f"evt_log_{len(self._events) + 1}")
            self._events.append(ListedEvent(read(raw), raw))

    def known(self) -> list[ListedEvent]:
        """The events of the last thirty days, oldest first."""
        return [each for each in self._events if each.event.created_at >= clock.now() - KEPT_FOR]


def session(of: CheckoutSession) -> Thing:
    """A Checkout Session in an event."""
    return {
        "id": of.id,
        "object": "checkout.session",
        "client_reference_id": of.payment_id,
        "metadata": {"payment_id": of.payment_id},
        "payment_intent": of.payment_intent,
    }


def intent(of: Intent) -> Thing:
    """A payment intent in an event."""
    return {"id": of.id, "object": "payment_intent", "metadata": {"payment_id": of.payment_id}}


def charge(of: Intent) -> Thing:
    """An intent's charge in an event."""
    metadata = {"payment_id": of.payment_id}
    return {"id": f"ch_{of.id}", "object": "charge", "metadata": metadata, "payment_intent": of.id}


def money_back(of: Return, payment_intent: str) -> Thing:
    """A refund or a dispute in an event; their metadata is not ours."""
    kind = "refund" if of.kind is ReturnKind.REFUND else "dispute"
    return {"id": of.id, "object": kind, "metadata": {}, "payment_intent": payment_intent}


def webhook(of: CheckoutSession, kind: str, *, secret: str, id: str = "evt_fake_1") -> tuple[bytes, str]:
    """A signed event about a session as Stripe would send it now: the raw body and its `Stripe-Signature`."""
    raw = body(kind, session(of), id=id)
    return raw, signature(raw, secret=secret)


def body(kind: str, thing: Thing, *, id: str) -> bytes:
    """The raw body of an event about `thing` that happens now."""
    created = int(clock.now().timestamp())
    return json.dumps(
        {"id": id, "object": "event", "type": kind, "created": created, "data": {"object": thing}}
    ).encode()


def signature(raw: bytes, *, secret: str, at: int | None = None) -> str:
    """`Stripe-Signature` of `raw`, by Stripe's documentation and without its library. `at` is seconds since 1970."""
    at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), b"%d." % at + raw, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
