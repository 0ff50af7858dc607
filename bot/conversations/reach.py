"""Where a customer is reached with news of their account: the conversation in which they were last."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Conversation


def newest(session: Session, customer_id: uuid.UUID) -> Conversation | None:
    """The conversation of the customer in which something was said last; None when they never proved who they are in
    any (P1). The caller locks its row before that of the customer."""
    return session.scalars(
        sa.select(Conversation)
        .where(Conversation.customer_id == customer_id)
        .order_by(sa.nulls_last(Conversation.last_message_at.desc()), Conversation.created_at.desc())
        .limit(1)
    ).first()
