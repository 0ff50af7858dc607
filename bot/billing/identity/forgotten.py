"""Customers whom we were asked to forget (P5): nobody can prove to be them any more."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Erasure, ErasureScope, ErasureStatus


def is_forgotten(session: Session, customer_id: uuid.UUID) -> bool:
    """Whether an erasure of everything was approved."""
    of_all = sa.select(Erasure.id).where(
        Erasure.customer_id == customer_id,
        Erasure.scope == ErasureScope.EVERYTHING,
        Erasure.status.in_((ErasureStatus.APPROVED, ErasureStatus.DONE)),
    )
    return session.scalar(of_all.limit(1)) is not None
