"""What the product asks of a payment service, and what it is told. `stripe` does it; nothing here knows how.

A payment is written down and committed before anything here is called (design section 1), so every call may be
repeated: the idempotency key and the parameters come from the caller's row, never from the moment (S3).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from bot.money import Money

TOLERANCE_S = 300


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """What a Checkout page is to ask for.

    `description` is the one line that the page shows beside the amount. Anybody who opens the link may read it, so it
    names the business and the word payment, never a debt (P1). `locale` is the customer's ("es-MX"). `expires_at` is
    aware, 30 minutes to 24 hours after the first call (Stripe's bounds), and the same for one idempotency key (S3).

    With `consent`, the words that the customer agreed to, the card used is saved to be charged later without them; the
    page shows these words beside its button.
    """

    payment_id: str
    amount: Money
    description: str
    locale: str
    success_url: str
    cancel_url: str
    expires_at: dt.datetime
    customer_email: str | None = None
    consent: str | None = None


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A card kept at Stripe: its ids there, and of the card what a receipt shows (P3). `exp_year` has four digits."""

    payment_method: str
    customer: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """Stripe's Checkout Session, as far as we act on it.

    `payment_status` alone says whether it is paid (S2). A complete, unpaid session is a delayed method: `intent_status`
    tells "processing" from a failure ("requires_payment_method"). `refunded` and `disputed` are its charge's (S6).
    `url` is None once the page is closed; `intent_status`, `refunded`, `disputed` and `saved_card` are known after
    `fetch_checkout`.
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
    saved_card: SavedCard | None = None

    @property
    def paid(self) -> bool:
        """Whether the money is Stripe's word (S2)."""
        return self.payment_status == "paid"


class Decline(StrEnum):
    """Why a saved card was not charged, as far as it matters what to do next."""

    AUTHENTICATION = "authentication_required"  # the customer has to confirm it themselves
    SOFT = "soft"  # another day may do: too little on the account, the bank not reached
    HARD = "hard"  # this card will not do: expired, lost, closed, refused for good


class ReturnKind(StrEnum):
    """Money of a payment that went back: we gave it, or the bank took it."""

    REFUND = "refund"
    CHARGEBACK = "chargeback"


@dataclass(frozen=True, slots=True)
class Return:
    """A refund or a dispute. `withdrawn` says whether the money is gone from us at this moment.

    A refund is withdrawn while pending and once it succeeded, not when it failed or was cancelled; a dispute from the
    moment its funds are withdrawn until it is won; an inquiry (`warning_…`) is never. `status` is Stripe's word.
    """

    id: str
    kind: ReturnKind
    amount: Money
    withdrawn: bool
    status: str
    created_at: dt.datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """Stripe's PaymentIntent with its latest charge: whether money came and what of it went back (S6).

    `payment_id` is ours, empty when the intent is none of ours: then no amount is read. `amount` is what was received
    when it is paid, else what was asked for. `decline` and `code` (Stripe's) say why a saved card was not charged.
    `returns` are all refunds and disputes, oldest first; they are known after `fetch_intent`, and empty in a listing.
    """

    id: str
    status: Literal[
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "processing",
        "requires_capture",
        "canceled",
        "succeeded",
    ]
    amount: Money
    payment_id: str
    created_at: dt.datetime
    decline: Decline | None = None
    code: str | None = None
    saved_card: SavedCard | None = None
    returns: tuple[Return, ...] = ()

    @property
    def payment_intent(self) -> str:
        """Its own id: what the money is known by in the ledger."""
        return self.id

    @property
    def paid(self) -> bool:
        """Whether the money came (S2)."""
        return self.status == "succeeded"


class Takings(Protocol):
    """Money that came in for a payment: a Checkout Session or an intent. `payment_intent` is what it is known by."""

    @property
    def id(self) -> str: ...
    @property
    def payment_id(self) -> str: ...
    @property
    def amount(self) -> Money: ...
    @property
    def payment_intent(self) -> str | None: ...
    @property
    def paid(self) -> bool: ...
    @property
    def saved_card(self) -> SavedCard | None: ...


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """What is to be taken from a saved card while the customer is away (autopay). `description` names no debt (P1)."""

    payment_id: str
    amount: Money
    description: str
    customer: str
    payment_method: str


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """A verified event. It says that something changed, not what is so: fetch the object again before acting (S1).

    `payment_id` is ours when the object carries it in its metadata (a session, an intent, a charge do);
    `payment_intent` is Stripe's id of the intent that the object is or belongs to. `object_id` is empty for an object
    that has none (a balance).
    """

    id: str
    type: str
    created_at: dt.datetime
    object_id: str
    object_type: str
    payment_id: str | None = None
    payment_intent: str | None = None


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event as Stripe's own listing has it, with the body that its webhook would have had."""

    event: GatewayEvent
    raw: bytes


class PaymentGateway(Protocol):
    """What the product asks of a payment service.

    Every call raises `OutsideService` when the service fails or refuses; `retryable` says which of the two. A key that
    Stripe does not take refuses nothing: with a right one the same call may succeed.
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

    def charge(self, request: ChargeRequest, idempotency_key: str) -> Intent:
        """Charge a saved card off-session, or answer as before for the same key (S3).

        A card that is declined is an answer, not an error: the intent's `decline` says of which kind. Raises
        `InvalidInput` as `create_checkout` does.
        """
        ...

    def fetch_intent(self, id: str) -> Intent:
        """The intent as it is now, with everything that went back of it (S6)."""
        ...

    def find_intent(self, payment_id: str, customer: str, since: dt.datetime) -> Intent | None:
        """The newest intent for our payment among those of Stripe's `customer` made at `since` or later: what became of
        a charge whose answer was lost longer ago than idempotency keys live (24 hours)."""
        ...

    def refund(self, payment_intent: str, amount: Money, idempotency_key: str) -> Return:
        """Give back `amount` of what came in; refused (not retryable) when less is left."""
        ...

    def forget_card(self, payment_method: str) -> None:
        """Detach a saved card, so that nobody can charge it. One that is gone already is no error."""
        ...

    def events(self, after: str | None, since: dt.datetime) -> Iterator[ListedEvent]:
        """Every event newer than the event `after`, and in any case those at `since` or later when `after` is None or
        not known any more; oldest first. Stripe keeps thirty days."""
        ...

    def intents(self, since: dt.datetime, until: dt.datetime) -> Iterator[Intent]:
        """Every intent made from `since` until before `until` that may be ours, in any order, page by page."""
        ...

    def read_event(self, raw: bytes, signature: str, *, secret: str, tolerance_s: int = TOLERANCE_S) -> GatewayEvent:
        """Verify a webhook's raw body (S1): see `stripe.read_event`."""
        ...
