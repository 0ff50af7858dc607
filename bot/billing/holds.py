"""Holds on a customer: what stops questions about money (C8)."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Hold, HoldKind, HoldStatus


def holds_on(session: Session, customer_id: uuid.UUID) -> frozenset[HoldKind]:
    """The kinds of hold that bind on the customer at this moment, reported or confirmed, without disputes, which are on
    invoices."""
    kinds = session.scalars(
        sa.select(Hold.kind).where(
            Hold.customer_id == customer_id, Hold.status != HoldStatus.LIFTED, Hold.kind != HoldKind.DISPUTE
        )
    )
    return frozenset(HoldKind(kind) for kind in kinds)
