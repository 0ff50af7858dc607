"""How a customer wishes to be spoken to, written down as it was said (K12)."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import ToneWish
from bot.policies import Tone


def of(session: Session, customer_id: uuid.UUID) -> Tone | None:
    """The tone that the customer wished for last; None who never did."""
    newest = (
        sa.select(ToneWish.tone)
        .where(ToneWish.customer_id == customer_id)
        .order_by(ToneWish.created_at.desc(), ToneWish.id.desc())
        .limit(1)
    )
    wished = session.scalar(newest)
    return Tone(wished) if wished in list(Tone) else None


def record(
    session: Session, customer_id: uuid.UUID, tone: Tone, *, agent_id: uuid.UUID | None = None
) -> ToneWish | None:
    """From now on the customer is written to in `tone`; an agent heard it where one is given. None, and nothing added,
    where they wished for that last."""
    if of(session, customer_id) is tone:
        return None
    made = ToneWish(customer_id=customer_id, tone=tone, agent_id=agent_id)
    session.add(made)
    session.flush()
    return made
