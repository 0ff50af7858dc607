"""Stripe, behind the contract of `gateway`: only the modules that are named after it import the official library.

Money moves on what Stripe itself says, fetched or in a signed event (S1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import stripe
import structlog
from stripe.params import EventListParams, PaymentIntentListParams

from bot.billing.gateway import (
    TOLERANCE_S,
    ChargeRequest,
    CheckoutRequest,
    CheckoutSession,
    GatewayEvent,
    Intent,
    ListedEvent,
    PaymentGateway,
    Return,
)
from bot.billing.stripe import stripe_objects, stripe_requests
from bot.billing.stripe.stripe_amounts import to_stripe
from bot.errors import InvalidInput, OutsideService, SignatureInvalid
from bot.money import Money
from bot.settings import Settings

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 8.0
NETWORK_RETRIES = 1
PAGE = 100

log = structlog.get_logger()


class StripeGateway:
    """The real one, over the official library: one client with its own key, address and time limits; nothing global."""

    def __init__(
        self,
        api_key: str,
        api_base: str = "",
        *,
        timeout_s: tuple[float, float] = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
        retries: int = NETWORK_RETRIES,
        page: int = PAGE,
    ) -> None:
        client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")} if api_base else {},
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=timeout_s),
        )
        self._stripe = client.v1
        self._page = page

    def create_checkout(self, request: CheckoutRequest, idempotency_key: str) -> CheckoutSession:
        """See `PaymentGateway.create_checkout`."""
        stripe_requests.check(request, idempotency_key)
        parameters = stripe_requests.checkout(request)
        with _translated():
            session = self._stripe.checkout.sessions.create(parameters, {"idempotency_key": idempotency_key})
        return stripe_objects.session(session)

    def fetch_checkout(self, id: str) -> CheckoutSession:
        """See `PaymentGateway.fetch_checkout`."""
        expand = ["payment_intent.latest_charge", "payment_intent.payment_method"]
        with _translated():
            session = self._stripe.checkout.sessions.retrieve(id, {"expand": expand})
        return stripe_objects.session(session)

    def expire_checkout(self, id: str) -> CheckoutSession:
        """See `PaymentGateway.expire_checkout`."""
        with _translated():
            session = self._stripe.checkout.sessions.expire(id)
        return stripe_objects.session(session)

    def charge(self, request: ChargeRequest, idempotency_key: str) -> Intent:
        """See `PaymentGateway.charge`."""
        stripe_requests.check(request, idempotency_key)
        parameters = stripe_requests.charge(request)
        with _translated(moves_money=True):
            try:
                intent = self._stripe.payment_intents.create(parameters, {"idempotency_key": idempotency_key})
            except stripe.CardError as declined:
                intent = _declined(declined)
        return stripe_objects.intent(intent)

    def fetch_intent(self, id: str) -> Intent:
        """See `PaymentGateway.fetch_intent`."""
        with _translated():
            intent = self._stripe.payment_intents.retrieve(id, {"expand": ["payment_method"]})
            if intent.latest_charge is None:  # nothing came, so nothing went back
                return stripe_objects.intent(intent)
            refunds = self._stripe.refunds.list({"payment_intent": id, "limit": self._page})
            disputes = self._stripe.disputes.list({"payment_intent": id, "limit": self._page})
            return stripe_objects.intent(intent, refunds.auto_paging_iter(), disputes.auto_paging_iter())

    def find_intent(self, payment_id: str, customer: str, since: dt.datetime) -> Intent | None:
        """See `PaymentGateway.find_intent`."""
        made: PaymentIntentListParams = {"customer": customer, "created": {"gte": _seconds(since)}, "limit": self._page}
        with _translated():
            for intent in self._stripe.payment_intents.list(made).auto_paging_iter():  # newest first
                if stripe_objects.payment_id(intent) == payment_id:
                    return stripe_objects.intent(intent)
        return None

    def refund(self, payment_intent: str, amount: Money, idempotency_key: str) -> Return:
        """See `PaymentGateway.refund`."""
        stripe_requests.check_key(idempotency_key)
        if amount.minor <= 0:
            raise InvalidInput("A refund is more than nothing.", about=amount)
        with _translated(moves_money=True):
            refund = self._stripe.refunds.create(
                {"payment_intent": payment_intent, "amount": to_stripe(amount)}, {"idempotency_key": idempotency_key}
            )
        return stripe_objects.refund(refund)

    def forget_card(self, payment_method: str) -> None:
        """See `PaymentGateway.forget_card`."""
        with _translated():
            try:
                self._stripe.payment_methods.detach(payment_method)
            except stripe.InvalidRequestError:
                if self._is_kept(payment_method):
                    raise

    def events(self, after: str | None, since: dt.datetime) -> Iterator[ListedEvent]:
        """See `PaymentGateway.events`. One page is held at a time, and what happens meanwhile is listed too."""
        with _translated():
            newer = self._newer(after) if after else None
            if newer is None:
                oldest = self._oldest(since)
                if oldest is None:
                    return
                yield stripe_objects.listed(oldest)
                newer = self._stripe.events.list({"ending_before": oldest.id, "limit": self._page})
            for event in newer.auto_paging_iter():  # backwards from `ending_before`: oldest first
                yield stripe_objects.listed(event)

    def intents(self, since: dt.datetime, until: dt.datetime) -> Iterator[Intent]:
        """See `PaymentGateway.intents`. Stripe counts whole seconds, so both ends are those in which they lie."""
        made: PaymentIntentListParams = {
            "created": {"gte": _seconds(since), "lt": _seconds(until)},
            "limit": self._page,
        }
        with _translated():
            for intent in self._stripe.payment_intents.list(made).auto_paging_iter():
                if not stripe_objects.payment_id(intent):
                    continue
                try:
                    read = stripe_objects.intent(intent)
                except InvalidInput as error:  # another sale, marked like ours: one of ours was asked for by us
                    log.error("intent_unreadable", code=error.code)
                    continue
                yield read

    def read_event(self, raw: bytes, signature: str, *, secret: str, tolerance_s: int = TOLERANCE_S) -> GatewayEvent:
        """See `PaymentGateway.read_event`."""
        return read_event(raw, signature, secret=secret, tolerance_s=tolerance_s)

    def _is_kept(self, payment_method: str) -> bool:
        try:
            return self._stripe.payment_methods.retrieve(payment_method).customer is not None
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return False
            raise

    def _newer(self, event_id: str) -> stripe.ListObject[stripe.Event] | None:
        """What came after an event, or None when Stripe does not know it any more."""
        try:
            return self._stripe.events.list({"ending_before": event_id, "limit": self._page})
        except stripe.InvalidRequestError as error:
            if error.param == "ending_before":
                return None
            raise

    def _oldest(self, since: dt.datetime) -> stripe.Event | None:
        made: EventListParams = {"created": {"gte": _seconds(since)}, "limit": self._page}
        oldest = None
        for oldest in self._stripe.events.list(made).auto_paging_iter():  # noqa: B007 - newest first; the last one counts
            pass
        return oldest


def gateway(settings: Settings) -> PaymentGateway:
    """The gateway that `STRIPE_API_KEY` and `STRIPE_API_BASE` name. Raises `OutsideService` when no key is set."""
    if settings.stripe_api_key is None:
        message = "Payments are not set up yet: STRIPE_API_KEY is missing."
        raise OutsideService(message, service="stripe", retryable=False)
    return StripeGateway(settings.stripe_api_key.get_secret_value(), settings.stripe_api_base)


def read_event(raw: bytes, signature: str, *, secret: str, tolerance_s: int = TOLERANCE_S) -> GatewayEvent:
    """Verify a webhook and read the few facts that we need of it (S1).

    The signature covers the raw bytes and a time by the system's clock, which the demo's clock does not move.
    Raises `SignatureInvalid`, or `InvalidInput` for a signed body that is no event.
    """
    try:
        stripe.WebhookSignature.verify_header(raw, signature, secret, tolerance_s)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise SignatureInvalid("The signature of this webhook does not hold.") from error
    return stripe_objects.event(raw)


def _declined(error: stripe.CardError) -> stripe.PaymentIntent:
    """The intent that a declined card leaves behind, with its reason. Without one the error stays an error."""
    intent = error.error.payment_intent if error.error and "payment_intent" in error.error else None
    if intent is None:
        raise error
    return intent


@contextmanager
def _translated(*, moves_money: bool = False) -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        retryable = _retryable(error)
        sentence = "The payment service did not accept this request."
        if retryable:
            sentence = "The payment service does not answer just now; please try again in a moment."
        # Whether money moved is not known when it was asked to move and no answer came (C11).
        if not moves_money:
            sentence += " Nothing has been charged."
        # The library gives the code of some kinds of errors only.
        code = error.code or getattr(error.error, "code", None)
        about = {"code": code, "status": error.http_status, "request_id": error.request_id}
        raise OutsideService(sentence, service="stripe", retryable=retryable, about=about) from error


def _retryable(error: stripe.StripeError) -> bool:
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        return True
    # An answer without a status is one that the library could not read; 409 is a lock that another call of ours holds.
    # 401 and 403 say that our key is wrong, not the request: what was asked for waits until an operator has mended it.
    return error.http_status is None or error.http_status in (401, 403, 409, 429) or error.http_status >= 500


def _seconds(instant: dt.datetime) -> int:
    return int(instant.timestamp())
