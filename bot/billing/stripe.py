"""Stripe, behind one contract: the only module that imports the official library.

A payment is written down and committed before anything here is called (design section 1), so every call may be
repeated: the idempotency key and the parameters come from the caller's row, never from the moment (S3). Money moves
on what Stripe itself says, fetched or in a signed event (S1).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

import stripe
from stripe.params.checkout import SessionCreateParams

from bot.billing.stripe_amounts import check_amount, from_stripe, to_stripe
from bot.errors import InvalidInput, OutsideService, SignatureInvalid
from bot.money import Money
from bot.settings import Settings

__all__ = [
    "CheckoutRequest",
    "CheckoutSession",
    "GatewayEvent",
    "PaymentGateway",
    "StripeGateway",
    "check_amount",
    "gateway",
    "read_event",
]

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 8.0
NETWORK_RETRIES = 1
TOLERANCE_S = 300

# The interface languages of Stripe's own page; anything else is left to the customer's browser.
# fmt: off
_LOCALES = frozenset((
    "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hi-IN",
    "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru",
    "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
))
# fmt: on


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """What a Checkout page is to ask for.

    `description` is the one line that the page shows beside the amount. Anybody who opens the link may read it, so it
    names the business and the word payment, never a debt (P1). `locale` is the customer's ("es-MX"). `expires_at` is
    aware, 30 minutes to 24 hours after the first call (Stripe's bounds), and the same for one idempotency key (S3).
    """

    payment_id: str
    amount: Money
    description: str
    locale: str
    success_url: str
    cancel_url: str
    expires_at: dt.datetime
    customer_email: str | None = None


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """Stripe's Checkout Session, as far as we act on it.

    `payment_status` alone says whether it is paid (S2). A complete, unpaid session is a delayed method: `intent_status`
    tells "processing" from a failure ("requires_payment_method"). `refunded` and `disputed` are its charge's (S6).
    `url` is None once the page is closed; `intent_status`, `refunded` and `disputed` are known after `fetch_checkout`.
    """

    id: str
    url: str | None
    status: Literal["open", "complete", "expired"]
    payment_status: Literal["paid", "unpaid", "no_payment_required"]
    payment_intent: str | None
    amount: Money
    payment_id: str
    created_at: dt.datetime
    expires_at: dt.datetime
    intent_status: str | None = None
    refunded: Money | None = None
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """A verified event. It says that something changed, not what is so: fetch the object again before acting (S1).

    `payment_id` is ours when the object carries it in its metadata (a session, an intent, a charge do);
    `payment_intent` is Stripe's id of the intent that the object is or belongs to.
    """

    id: str
    type: str
    created_at: dt.datetime
    object_id: str
    object_type: str
    payment_id: str | None = None
    payment_intent: str | None = None


class PaymentGateway(Protocol):
    """What the product asks of a payment service.

    The three calls raise `OutsideService` when the service fails or refuses; `retryable` says which of the two.
    """

    def create_checkout(self, request: CheckoutRequest, idempotency_key: str) -> CheckoutSession:
        """Open a Checkout page, or answer as before, with the session as it was then, for the same key (S3).

        Raises `InvalidInput` for an amount that Stripe would not charge (S4) or a key over 255 characters.
        """
        ...

    def fetch_checkout(self, id: str) -> CheckoutSession:
        """The session as it is now."""
        ...

    def expire_checkout(self, id: str) -> CheckoutSession:
        """Close an open session; refused (not retryable) when it is complete or expired."""
        ...

    def read_event(self, raw: bytes, signature: str, *, secret: str, tolerance_s: int = TOLERANCE_S) -> GatewayEvent:
        """Verify a webhook's raw body (S1): see the function `read_event`."""
        ...


class StripeGateway:
    """The real one, over the official library: one client with its own key, address and time limits; nothing global."""

    def __init__(
        self,
        api_key: str,
        api_base: str = "",
        *,
        timeout_s: tuple[float, float] = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
        retries: int = NETWORK_RETRIES,
    ) -> None:
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")} if api_base else {},
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=timeout_s),
        )

    def create_checkout(self, request: CheckoutRequest, idempotency_key: str) -> CheckoutSession:
        """See `PaymentGateway.create_checkout`."""
        check_amount(request.amount)
        if not 0 < len(idempotency_key) <= 255:
            raise InvalidInput("An idempotency key has 1 to 255 characters.")
        parameters = _parameters(request)
        with _translated():
            session = self._client.v1.checkout.sessions.create(parameters, {"idempotency_key": idempotency_key})
        return _session(session)

    def fetch_checkout(self, id: str) -> CheckoutSession:
        """See `PaymentGateway.fetch_checkout`."""
        with _translated():
            session = self._client.v1.checkout.sessions.retrieve(id, {"expand": ["payment_intent.latest_charge"]})
        return _session(session)

    def expire_checkout(self, id: str) -> CheckoutSession:
        """See `PaymentGateway.expire_checkout`."""
        with _translated():
            session = self._client.v1.checkout.sessions.expire(id)
        return _session(session)

    def read_event(self, raw: bytes, signature: str, *, secret: str, tolerance_s: int = TOLERANCE_S) -> GatewayEvent:
        """See `PaymentGateway.read_event`."""
        return read_event(raw, signature, secret=secret, tolerance_s=tolerance_s)


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
    try:
        event = json.loads(raw)
        thing = event["data"]["object"]
        return GatewayEvent(
            id=event["id"],
            type=event["type"],
            created_at=dt.datetime.fromtimestamp(event["created"], dt.UTC),
            object_id=thing["id"],
            object_type=thing["object"],
            payment_id=(thing.get("metadata") or {}).get("payment_id") or thing.get("client_reference_id"),
            payment_intent=thing["id"] if thing["object"] == "payment_intent" else thing.get("payment_intent"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("This webhook is signed but holds no event.") from error


def _parameters(request: CheckoutRequest) -> SessionCreateParams:
    # The same row gives the same parameters: nothing here depends on the moment (S3). Metadata is our id alone (S4).
    metadata = {"payment_id": request.payment_id}
    parameters: SessionCreateParams = {
        "mode": "payment",
        "submit_type": "pay",
        "client_reference_id": request.payment_id,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.amount.currency.lower(),
                    "unit_amount": to_stripe(request.amount),
                    "product_data": {"name": request.description},
                },
            }
        ],
        "locale": cast(Any, _locale(request.locale)),
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": int(request.expires_at.timestamp()),
    }
    if request.customer_email:
        parameters["customer_email"] = request.customer_email
    return parameters


def _locale(locale: str) -> str:
    tag = locale.replace("_", "-")
    language, _, region = tag.partition("-")
    if tag in _LOCALES:
        return tag
    if language == "es" and region and region != "ES":
        return "es-419"
    return language if language in _LOCALES else "auto"


def _session(session: stripe.checkout.Session) -> CheckoutSession:
    currency = (session.currency or "").upper()
    intent = session.payment_intent
    charge = intent.latest_charge if isinstance(intent, stripe.PaymentIntent) else None
    charge = charge if isinstance(charge, stripe.Charge) else None
    return CheckoutSession(
        id=session.id,
        url=session.url,
        status=cast(Any, session.status),
        payment_status=cast(Any, session.payment_status),
        payment_intent=intent.id if isinstance(intent, stripe.PaymentIntent) else intent,
        amount=from_stripe(session.amount_total or 0, currency),
        payment_id=session.client_reference_id or "",
        created_at=dt.datetime.fromtimestamp(session.created, dt.UTC),
        expires_at=dt.datetime.fromtimestamp(session.expires_at, dt.UTC),
        intent_status=intent.status if isinstance(intent, stripe.PaymentIntent) else None,
        refunded=from_stripe(charge.amount_refunded, currency) if charge else None,
        disputed=bool(charge and charge.disputed),
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        retryable = _retryable(error)
        sentence = (
            "The payment service does not answer just now. Nothing has been charged; please try again in a moment."
            if retryable
            else "The payment service did not accept this request. Nothing has been charged."
        )
        about = {"code": error.code, "status": error.http_status, "request_id": error.request_id}
        raise OutsideService(sentence, service="stripe", retryable=retryable, about=about) from error


def _retryable(error: stripe.StripeError) -> bool:
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        return True
    # An answer without a status is one that the library could not read; 409 is a lock that another call of ours holds.
    return error.http_status is None or error.http_status in (409, 429) or error.http_status >= 500
