"""A gateway and whoever sits on its other side: the fake with its own acts, the real one with the sandbox's."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Protocol

import stripe

from bot import clock
from bot.billing.gateway import (
    ChargeRequest,
    CheckoutRequest,
    CheckoutSession,
    Decline,
    Intent,
    ListedEvent,
    PaymentGateway,
    SavedCard,
)
from bot.billing.stripe import StripeGateway
from bot.errors import OutsideService
from bot.money import Money
from tests.billing.fake_gateway import FakeGateway
from tests.sandbox.running import KEY, Running

NOW = clock.now().replace(microsecond=0)
LONG_AGO = NOW - dt.timedelta(days=2)
PAYMENT = "0190aaaa-0000-7000-8000-000000000001"
LATER_PAYMENT = "0190aaaa-0000-7000-8000-000000000002"
CONSENT = "I agree that the Good Terms Shop takes each instalment of this plan from this card, on its date."
CODES = {
    "authentication_required": Decline.AUTHENTICATION,
    "insufficient_funds": Decline.SOFT,
    "generic_decline": Decline.SOFT,
    "expired_card": Decline.HARD,
    "lost_card": Decline.HARD,
    "stolen_card": Decline.HARD,
    "pickup_card": Decline.HARD,
}


class World(Protocol):
    """What a test of the contract needs. Amounts are in cents; ids are those that the gateway gave."""

    gateway: PaymentGateway

    def pay(self, session: str, *, refunds_wait: bool = False) -> None: ...
    def delay(self, session: str) -> None: ...
    def answer(self, session: str, *, succeeds: bool) -> None: ...
    def give_back(self, session: str, cents: int | None = None) -> None: ...
    def settle_refund(self, refund: str) -> None: ...
    def fail_refund(self, refund: str) -> None: ...
    def dispute(self, payment_intent: str, cents: int | None = None, *, inquiry: bool = False) -> str: ...
    def close(self, dispute: str, *, won: bool) -> None: ...
    def decline(self, payment_method: str, code: str | None) -> None: ...
    def fail_once(self) -> None: ...


class FakeWorld:
    """The fake."""

    def __init__(self, fake: FakeGateway) -> None:
        self.gateway = fake
        self.delay, self.answer = fake.delay, fake.answer
        self.settle_refund, self.fail_refund = fake.settle_refund, fake.fail_refund

    def pay(self, session: str, *, refunds_wait: bool = False) -> None:
        self.gateway.refunds_wait = refunds_wait
        self.gateway.pay(session)

    def give_back(self, session: str, cents: int | None = None) -> None:
        self.gateway.give_back(session, _dollars(cents))

    def dispute(self, payment_intent: str, cents: int | None = None, *, inquiry: bool = False) -> str:
        return self.gateway.dispute(payment_intent, _dollars(cents), inquiry=inquiry).id

    def close(self, dispute: str, *, won: bool) -> None:
        (self.gateway.win if won else self.gateway.lose)(dispute)

    def decline(self, payment_method: str, code: str | None) -> None:
        self.gateway.decline(payment_method, CODES[code] if code else None, code or "")

    def fail_once(self) -> None:
        self.gateway.failure = OutsideService("down", service="stripe", retryable=True)


class SandboxWorld:
    """The real gateway, before the sandbox. Pages of two, so that every listing turns one."""

    def __init__(self, server: Running) -> None:
        self.gateway = real(server, page=2)
        self._server = server
        self._client = stripe.StripeClient(KEY, base_addresses={"api": server.url})

    def pay(self, session: str, *, refunds_wait: bool = False) -> None:
        self._server.act(session, "complete", card="refund_waits" if refunds_wait else "visa")

    def delay(self, session: str) -> None:
        self._server.act(session, "complete", method="delayed")

    def answer(self, session: str, *, succeeds: bool) -> None:
        self._server.act(session, "settle" if succeeds else "fail")

    def give_back(self, session: str, cents: int | None = None) -> None:
        self._server.act(session, "refund", amount=cents)

    def settle_refund(self, refund: str) -> None:
        self._server.switch(f"refunds/{refund}/settle")

    def fail_refund(self, refund: str) -> None:
        self._server.switch(f"refunds/{refund}/fail")

    def dispute(self, payment_intent: str, cents: int | None = None, *, inquiry: bool = False) -> str:
        charge = self._client.v1.payment_intents.retrieve(payment_intent).latest_charge
        return str(self._server.switch(f"charges/{charge}/dispute", amount=cents, inquiry=inquiry)["id"])

    def close(self, dispute: str, *, won: bool) -> None:
        self._server.switch(f"disputes/{dispute}/close", won=won)

    def decline(self, payment_method: str, code: str | None) -> None:
        self._server.switch(f"cards/{payment_method}/behaviour", declines=code)

    def fail_once(self) -> None:
        self._server.faults(fail_requests={"count": 1, "status": 503})


def real(server: Running, **limits: Any) -> StripeGateway:
    """The real gateway before the sandbox, without second tries."""
    return StripeGateway(KEY, server.url, **{"retries": 0, **limits})


def asked(**changes: Any) -> CheckoutRequest:
    """A page over 80.50 dollars."""
    request = CheckoutRequest(
        payment_id=PAYMENT,
        amount=Money(8050, "USD"),
        description="Good Terms Shop: payment",
        locale="es-MX",
        success_url="https://shop.example/pay/abc?returned=1",
        cancel_url="https://shop.example/pay/abc",
        expires_at=NOW + dt.timedelta(hours=12),
    )
    return replace(request, **changes)


def paid(world: World, key: str = "payment:1", *, refunds_wait: bool = False, **changes: Any) -> CheckoutSession:
    """A page that the customer has paid on by card."""
    session = world.gateway.create_checkout(asked(**changes), key)
    world.pay(session.id, refunds_wait=refunds_wait)
    return world.gateway.fetch_checkout(session.id)


def saved(world: World) -> SavedCard:
    """A card that a customer has agreed to be charged."""
    card = paid(world, "saving:1", consent=CONSENT).saved_card
    assert card is not None
    return card


def instalment(card: SavedCard, **changes: Any) -> ChargeRequest:
    """25.00 dollars to be taken from a saved card."""
    request = ChargeRequest(
        LATER_PAYMENT, Money(2500, "USD"), "Good Terms Shop: payment", card.customer, card.payment_method
    )
    return replace(request, **changes)


def events(world: World, after: str | None = None, since: dt.datetime = LONG_AGO) -> list[ListedEvent]:
    """The listing of events, whole."""
    return list(world.gateway.events(after, since))


def intents(world: World) -> list[Intent]:
    """Every intent that was ever made."""
    return list(world.gateway.intents(LONG_AGO, NOW + dt.timedelta(days=2)))


def _dollars(cents: int | None) -> Money | None:
    return None if cents is None else Money(cents, "USD")
