"""A `PaymentGateway` in memory, for tests of what lies above it. It keeps the same contract as the real one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import hmac
import json
import time
from typing import Any, Literal

from bot import clock
from bot.billing.stripe import CheckoutRequest, CheckoutSession, GatewayEvent, check_amount, read_event
from bot.errors import InvalidInput, OutsideService


class FakeGateway:
    """Sessions in a dictionary; `pay`, `delay`, `answer`, `lapse`, `refund` are the customer, the bank, the clock.

    `failure` is raised by the next call, once: a service that is down.
    """

    def __init__(self) -> None:
        self.sessions: dict[str, CheckoutSession] = {}
        self.failure: OutsideService | None = None
        self._first: dict[str, tuple[CheckoutRequest, CheckoutSession]] = {}

    def create_checkout(self, request: CheckoutRequest, idempotency_key: str) -> CheckoutSession:
        """See `PaymentGateway`."""
        check_amount(request.amount)
        if not 0 < len(idempotency_key) <= 255:
            raise InvalidInput("An idempotency key has 1 to 255 characters.")
        self._fail_once()
        if idempotency_key in self._first:
            before, answer = self._first[idempotency_key]
            if before != request:
                raise _refused()
            return answer
        id = f"cs_test_fake{len(self.sessions) + 1}"
        session = CheckoutSession(
            id=id,
            url=f"https://checkout.example/{id}",
            status="open",
            payment_status="unpaid",
            payment_intent=None,
            amount=request.amount,
            payment_id=request.payment_id,
            created_at=clock.now().replace(microsecond=0),
            expires_at=request.expires_at.replace(microsecond=0),
        )
        self._first[idempotency_key] = request, session
        return self._keep(session)

    def fetch_checkout(self, id: str) -> CheckoutSession:
        """See `PaymentGateway`."""
        self._fail_once()
        if id not in self.sessions:
            raise _refused()
        return self.sessions[id]

    def expire_checkout(self, id: str) -> CheckoutSession:
        """See `PaymentGateway`."""
        if self.fetch_checkout(id).status != "open":
            raise _refused()
        return self.lapse(id)

    def read_event(self, raw: bytes, signature: str, *, secret: str, tolerance_s: int = 300) -> GatewayEvent:
        """The real check of a real signature."""
        return read_event(raw, signature, secret=secret, tolerance_s=tolerance_s)

    def pay(self, id: str) -> CheckoutSession:
        """The customer pays by card."""
        return self._end(id, payment_status="paid", intent_status="succeeded")

    def delay(self, id: str) -> CheckoutSession:
        """The customer chooses a method that answers days later."""
        return self._end(id, payment_status="unpaid", intent_status="processing")

    def answer(self, id: str, *, succeeds: bool) -> CheckoutSession:
        """The bank answers."""
        if succeeds:
            return self._end(id, payment_status="paid", intent_status="succeeded")
        return self._end(id, payment_status="unpaid", intent_status="requires_payment_method")

    def lapse(self, id: str) -> CheckoutSession:
        """The page expires."""
        return self._keep(dataclasses.replace(self.sessions[id], status="expired", url=None))

    def refund(self, id: str) -> CheckoutSession:
        """The business gives everything back."""
        session = self.sessions[id]
        return self._keep(dataclasses.replace(session, refunded=session.amount))

    def _end(self, id: str, *, payment_status: Literal["paid", "unpaid"], intent_status: str) -> CheckoutSession:
        session = self.sessions[id]
        intent = session.payment_intent or f"pi_fake_{id}"
        refunded = dataclasses.replace(session.amount, minor=0)
        return self._keep(
            dataclasses.replace(
                session,
                status="complete",
                url=None,
                payment_status=payment_status,
                payment_intent=intent,
                intent_status=intent_status,
                refunded=refunded,
            )
        )

    def _keep(self, session: CheckoutSession) -> CheckoutSession:
        self.sessions[session.id] = session
        return session

    def _fail_once(self) -> None:
        failure, self.failure = self.failure, None
        if failure:
            raise failure


def webhook(session: CheckoutSession, kind: str, *, secret: str, id: str = "evt_fake_1") -> tuple[bytes, str]:
    """A signed event about `session` as Stripe would send it now: the raw body and its `Stripe-Signature`."""
    thing: dict[str, Any] = {
        "id": session.id,
        "object": "checkout.session",
        "client_reference_id": session.payment_id,
        "metadata": {"payment_id": session.payment_id},
        "payment_intent": session.payment_intent,
    }
    event = {"id": id, "object": "event", "type": kind, "created": _seconds(clock.now()), "data": {"object": thing}}
    raw = json.dumps(event).encode()
    return raw, signature(raw, secret=secret)


def signature(raw: bytes, *, secret: str, at: int | None = None) -> str:
    """`Stripe-Signature` of `raw`, by Stripe's documentation and without its library. `at` is seconds since 1970."""
    at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), b"%d." % at + raw, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _refused() -> OutsideService:
    return OutsideService("The payment service did not accept this request.", service="stripe", retryable=False)


def _seconds(moment: dt.datetime) -> int:
    return int(moment.timestamp())
