"""What of a customer's money stands in the way of forgetting who they are (P5): as long as something is owed, by either
side, both need to know with whom."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import invoices
from bot.billing.plans import IN_FORCE
from bot.models import (
    Adjustment,
    AdjustmentStatus,
    Customer,
    Hold,
    HoldKind,
    HoldStatus,
    Mandate,
    Payment,
    PaymentStatus,
    Plan,
    Refund,
    RefundStatus,
    Reversal,
    ReversalStatus,
)


def barriers(session: Session, customer: Customer) -> list[str]:
    """Each as part of a sentence for the desk ("an open balance"), without amounts; empty when nothing is open."""
    standing = invoices.standing(session, customer)
    found = {
        "an open balance": standing.total.minor > 0,
        "a credit that we owe them": standing.credit.minor > 0,
        "a plan that is in force": _any(
            session, sa.select(Plan.id).where(Plan.customer_id == customer.id, Plan.status.in_(IN_FORCE))
        ),
        "a payment that is under way": _any(session, _under_way(customer)),
        "money that is on its way back": _going_back(session, customer),
        "an adjustment that waits for a decision": _any(
            session,
            sa.select(Adjustment.id).where(
                Adjustment.customer_id == customer.id, Adjustment.status == AdjustmentStatus.PROPOSED
            ),
        ),
        "a dispute that is not settled": _any(
            session,
            sa.select(Hold.id).where(
                Hold.customer_id == customer.id, Hold.kind == HoldKind.DISPUTE, Hold.status != HoldStatus.LIFTED
            ),
        ),
        "a saved card that is still being given up": _any(
            session,
            sa.select(Mandate.id).where(
                Mandate.customer_id == customer.id,
                Mandate.payment_method.is_not(None),
                Mandate.forgotten_at.is_(None),
            ),
        ),
    }
    return [words for words, is_so in found.items() if is_so]


def _under_way(customer: Customer) -> sa.Select[Any]:
    at_the_checkout = sa.and_(Payment.status == PaymentStatus.OPEN, Payment.checkout_expires_at > clock.now())
    return sa.select(Payment.id).where(
        Payment.customer_id == customer.id, sa.or_(Payment.status == PaymentStatus.PROCESSING, at_the_checkout)
    )


def _going_back(session: Session, customer: Customer) -> bool:
    theirs = sa.select(Payment.id).where(Payment.customer_id == customer.id)
    refunds = sa.select(Refund.id).where(
        Refund.payment_id.in_(theirs), Refund.status.in_((RefundStatus.PROPOSED, RefundStatus.ASKED))
    )
    reversals = sa.select(Reversal.id).where(Reversal.payment_id.in_(theirs), Reversal.status == ReversalStatus.PENDING)
    return _any(session, refunds) or _any(session, reversals)


def _any(session: Session, query: sa.Select[Any]) -> bool:
    return session.execute(query.limit(1)).first() is not None
