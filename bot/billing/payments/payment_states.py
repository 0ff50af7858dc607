"""Which status of a payment may follow which, as a plain table, and which one Stripe's word stands for."""

from __future__ import annotations

from bot.billing.gateway import CheckoutSession
from bot.models import PaymentStatus as Status

UNPAID = frozenset((Status.CREATED, Status.OPEN, Status.FAILED, Status.EXPIRED))
PAID = frozenset((Status.SUCCEEDED, Status.REFUNDED, Status.CHARGED_BACK))

# A new attempt opens a failed or an expired payment again; nothing that is paid becomes unpaid, whatever order Stripe's
# events arrive in. Stripe's word that it is paid is taken from any unpaid state (S1, S2). What went back may come
# again, when a refund fails or a dispute is won, and then the payment stands as it did (S6).
NEXT: dict[Status, frozenset[Status]] = {
    Status.CREATED: frozenset((Status.OPEN, Status.PROCESSING, Status.SUCCEEDED, Status.FAILED, Status.EXPIRED)),
    Status.OPEN: frozenset((Status.PROCESSING, Status.SUCCEEDED, Status.FAILED, Status.EXPIRED)),
    Status.PROCESSING: frozenset((Status.SUCCEEDED, Status.FAILED)),
    Status.FAILED: frozenset((Status.OPEN, Status.SUCCEEDED)),
    Status.EXPIRED: frozenset((Status.OPEN, Status.PROCESSING, Status.SUCCEEDED)),
    Status.SUCCEEDED: frozenset((Status.REFUNDED, Status.CHARGED_BACK)),
    Status.REFUNDED: frozenset((Status.CHARGED_BACK, Status.SUCCEEDED)),
    Status.CHARGED_BACK: frozenset((Status.REFUNDED, Status.SUCCEEDED)),
}


def may_become(now: Status, then: Status) -> bool:
    """Whether a payment may go from `now` to `then`. Staying as it is is no step."""
    return then in NEXT[now]


def told_by(checkout: CheckoutSession) -> Status:
    """Which status a Checkout Session, as fetched from Stripe, stands for: paid is what `payment_status` says (S2)."""
    if checkout.payment_status == "paid":
        return Status.SUCCEEDED
    if checkout.status == "expired":
        return Status.EXPIRED
    # A voucher that was handed out is no money yet: nothing is on its way until Stripe says so (C11).
    if checkout.status == "open" or checkout.intent_status == "requires_action":
        return Status.OPEN
    return Status.FAILED if checkout.intent_status in ("requires_payment_method", "canceled") else Status.PROCESSING
