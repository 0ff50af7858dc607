"""Where somebody stands in the queue, by the predefined criteria: priority, then how long (K13)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Conversation, Handoff, Holder


def place(session: Session, conversation: Conversation) -> int | None:
    """The customer's place in the queue, from 1; None when it does not wait."""
    if conversation.holder != Holder.QUEUE or conversation.handoff_id is None:
        return None
    mine = session.get_one(Handoff, conversation.handoff_id)
    ahead = session.scalar(
        sa.select(sa.func.count())
        .select_from(Conversation)
        .join(Handoff, Conversation.handoff_id == Handoff.id)
        .where(
            Conversation.holder == Holder.QUEUE,
            Conversation.id != conversation.id,
            sa.or_(
                Handoff.priority < mine.priority,
                sa.and_(
                    Handoff.priority == mine.priority,
                    sa.or_(
                        Conversation.waiting_since < conversation.waiting_since,
                        sa.and_(
                            Conversation.waiting_since == conversation.waiting_since,
                            Conversation.id < conversation.id,
                        ),
                    ),
                ),
            ),
        )
    )
    return (ahead or 0) + 1
