"""A `PaymentGateway` in memory, for tests of what lies above it. It keeps the same contract as the real one."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from bot import clock
from bot.billing.gateway import (
    ChargeRequest,
    CheckoutRequest,
    CheckoutSession,
    GatewayEvent,
    Intent,
    ListedEvent,
    Return,
    ReturnKind,
)
from bot.billing.stripe import read_event, stripe_requests
from bot.errors import InvalidInput, OutsideService
from bot.money import Money
from tests.billing import fake_events
from tests.billing.fake_events import signature, webhook
from tests.billing.fake_stripe import FakeStripe

__all__ = ["FakeGateway", "signature", "webhook"]

KEYS_LIVE = dt.timedelta(hours=24)
Answer = TypeVar("Answer")


class FakeGateway(FakeStripe):
    """The business's side of the fake; the customer's and the bank's is in `FakeStripe`.

    `failure` is raised by the next call, once: a service that is down. With `answer_lost` the next call is done all the
    same, and then raises: a connection that broke while we waited.
    """

    def __init__(self) -> None:
        super().__init__()
        self.failure: OutsideService | None = None
        self.answer_lost = False
        self._first: dict[str, tuple[Any, Any, dt.datetime]] = {}

    def create_checkout(self, request: CheckoutRequest, idempotency_key: str) -> CheckoutSession:
        """See `PaymentGateway`."""
        stripe_requests.check(request, idempotency_key)
        with self._called():
            return self._once(idempotency_key, request, lambda: self._opened(request))

    def fetch_checkout(self, id: str) -> CheckoutSession:
        """See `PaymentGateway`."""
        with self._called():
            return self._refresh(self._known(id))

    def expire_checkout(self, id: str) -> CheckoutSession:
        """See `PaymentGateway`."""
        with self._called():
            if self.sessions[self._known(id)].status != "open":
                raise _refused()
            return self.lapse(id)

    def charge(self, request: ChargeRequest, idempotency_key: str) -> Intent:
        """See `PaymentGateway`."""
        stripe_requests.check(request, idempotency_key)
        with self._called():
            return self._once(idempotency_key, request, lambda: self._charged(request))

    def fetch_intent(self, id: str) -> Intent:
        """See `PaymentGateway`."""
        with self._called():
            if id not in self._intents:
                raise _refused("resource_missing")
            intent = self._intents[id]
            card = self._still_kept(intent.saved_card)
            return dataclasses.replace(intent, saved_card=card, returns=tuple(self._returns_of(id)))

    def find_intent(self, payment_id: str, customer: str, since: dt.datetime) -> Intent | None:
        """See `PaymentGateway`."""
        with self._called():
            for id, intent in reversed(self._intents.items()):
                ours = intent.payment_id == payment_id and self._customers.get(id) == customer
                if ours and intent.created_at >= _second(since):
                    return dataclasses.replace(intent, saved_card=None)
            return None

    def refund(self, payment_intent: str, amount: Money, idempotency_key: str) -> Return:
        """See `PaymentGateway`."""
        stripe_requests.check_key(idempotency_key)
        if amount.minor <= 0:
            raise InvalidInput("A refund is more than nothing.", about=amount)
        with self._called():
            asked = payment_intent, amount
            return self._once(idempotency_key, asked, lambda: self._given(payment_intent, amount))

    def forget_card(self, payment_method: str) -> None:
        """See `PaymentGateway`."""
        with self._called():
            self._cards.pop(payment_method, None)

    def events(self, after: str | None, since: dt.datetime) -> Iterator[ListedEvent]:
        """See `PaymentGateway`."""
        with self._called():
            known = self.log.known()
            places = {each.event.id: place for place, each in enumerate(known)}
            if after in places:
                found = known[places[after] + 1 :]
            else:
                found = [each for each in known if each.event.created_at >= _second(since)]
        yield from found

    def intents(self, since: dt.datetime, until: dt.datetime) -> Iterator[Intent]:
        """See `PaymentGateway`."""
        with self._called():
            made = [each for each in self._intents.values() if _second(since) <= each.created_at < _second(until)]
        yield from (dataclasses.replace(each, saved_card=None) for each in made)

    def read_event(self, raw: bytes, signature: str, *, secret: str, tolerance_s: int = 300) -> GatewayEvent:
        """The real check of a real signature."""
        return read_event(raw, signature, secret=secret, tolerance_s=tolerance_s)

    @contextmanager
    def _called(self) -> Iterator[None]:
        with self._lock:
            failure, self.failure = self.failure, None
            if failure:
                raise failure
            for session in list(self.sessions.values()):
                if session.status == "open" and session.expires_at <= clock.now():
                    self.lapse(session.id)
            yield
            lost, self.answer_lost = self.answer_lost, False
            if lost:
                raise OutsideService("The payment service does not answer.", service="stripe", retryable=True)

    def _once(self, key: str, asked: Any, make: Callable[[], Answer]) -> Answer:
        if key in self._first:
            before, answer, at = self._first[key]
            if clock.now() - at < KEYS_LIVE:
                if before != asked:
                    raise _refused("idempotency_error")
                first: Answer = answer
                return first
        made = make()
        self._first[key] = asked, made, clock.now()
        return made

    def _opened(self, request: CheckoutRequest) -> CheckoutSession:
        id = f"cs_test_fake{len(self.sessions) + 1}"
        self._requests[id] = request
        self.sessions[id] = CheckoutSession(
            id=id,
            url=f"https://checkout.example/{id}",
            status="open",
            payment_status="unpaid",
            payment_intent=None,
            amount=request.amount,
            payment_id=request.payment_id,
            created_at=_second(clock.now()),
            expires_at=_second(request.expires_at),
        )
        return self.sessions[id]

    def _known(self, id: str) -> str:
        if id not in self.sessions:
            raise _refused("resource_missing")
        return id

    def _charged(self, request: ChargeRequest) -> Intent:
        card = self._cards.get(request.payment_method)
        if card is None or card.customer != request.customer:
            raise _refused("resource_missing")
        made = Intent(
            id=f"pi_fake_{len(self._intents) + 1}",
            status="succeeded",
            amount=request.amount,
            payment_id=request.payment_id,
            created_at=_second(clock.now()),
            saved_card=card,
        )
        self._customers[made.id] = card.customer
        self.log.add(("payment_intent.created", fake_events.intent(made)))
        if card.payment_method in self._fates:
            how, code = self._fates[card.payment_method]
            status = "requires_payment_method"
            return self._fail(dataclasses.replace(made, status=status, decline=how, code=code, saved_card=None))
        return self._take(made)

    def _given(self, payment_intent: str, amount: Money) -> Return:
        intent = self._intents.get(payment_intent)
        if intent is None or not intent.paid:
            raise _refused("resource_missing")
        if any(each.kind is ReturnKind.CHARGEBACK and each.withdrawn for each in self._returns_of(payment_intent)):
            raise _refused("charge_disputed")
        if amount > self._left(payment_intent):
            raise _refused("charge_already_refunded")
        return self._refunded(payment_intent, amount)


def _refused(code: str | None = None) -> OutsideService:
    message = "The payment service did not accept this request."
    return OutsideService(message, service="stripe", retryable=False, about={"code": code})


def _second(instant: dt.datetime) -> dt.datetime:
    return instant.replace(microsecond=0)
