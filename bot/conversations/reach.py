"""Where a customer is reached with news of their account: the conversation in which they were last."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.db import claim, lock
from bot.models import Conversation, Customer


@dataclass(frozen=True, slots=True)
class Reached:
    """A customer, and where they are reached: None for who never wrote to us. Both rows are locked."""

    customer: Customer
    conversation: Conversation | None


def newest(session: Session, customer_id: uuid.UUID) -> Conversation | None:
    """The conversation of the customer in which something was said last; None when they never proved who they are in
    any (P1). The caller locks its row before that of the customer."""
    return session.scalars(
        sa.select(Conversation)
        .where(Conversation.customer_id == customer_id)
        .order_by(sa.nulls_last(Conversation.last_message_at.desc()), Conversation.created_at.desc())
        .limit(1)
    ).first()


def claimed(session: Session, customer_id: uuid.UUID) -> Reached | None:
    """The customer and their newest conversation, for a sweep: None where somebody is at work in it at this moment,
    which waits for the next sweep, and for a customer who is gone.

    The row of the conversation is the first in the order of locks, so the work is claimed by it.
    """
    there = newest(session, customer_id)
    conversation = None
    if there is not None:
        conversation = next(iter(claim(session, sa.select(Conversation).where(Conversation.id == there.id))), None)
        if conversation is None:
            return None
    customer = lock(session, Customer, customer_id)
    return Reached(customer, conversation) if customer is not None else None
