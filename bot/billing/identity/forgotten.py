"""Customers whom we were asked to forget (P5): nobody can prove to be them any more."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Erasure, ErasureScope, ErasureStatus


def is_forgotten(session: Session, customer_id: uuid.UUID) -> bool:
    """Whether an erasure of everything was approved."""
    return session.scalar(forgotten().where(Erasure.customer_id == customer_id).limit(1)) is not None


def forgotten() -> sa.Select[uuid.UUID]:
    """The ids of all of them, as a query."""
    return sa.select(Erasure.customer_id).where(
        Erasure.scope == ErasureScope.EVERYTHING,
        Erasure.status.in_((ErasureStatus.APPROVED, ErasureStatus.DONE)),
    )
