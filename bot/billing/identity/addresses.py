"""What is known against a phone number: it reaches somebody else, or wants nothing from us (P4, C5)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing.identity import refusals
from bot.models import Channel, Hold, HoldKind, HoldStatus
from bot.phone_numbers import alike


def is_marked(session: Session, phone: str) -> bool:
    """Whether somebody at `phone` (E.164) has said that it is not the customer's. From then on the number proves
    nothing and gets no codes, until an agent lifts the hold: numbers are given to others (P4)."""
    held = sa.select(Hold.id).where(
        Hold.address.in_(alike(phone)), Hold.kind == HoldKind.WRONG_PERSON, Hold.status != HoldStatus.LIFTED
    )
    return session.scalar(held.limit(1)) is not None


def may_get_code(session: Session, phone: str) -> bool:
    """Whether a one-time code may be texted to `phone`. Both questions are always asked (P2)."""
    is_for_another = is_marked(session, phone)
    is_refused = refusals.is_refused(session, Channel.SMS, phone)
    return not is_for_another and not is_refused
