"""What customers said about the service."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.insights.facts import Facts, chosen, row
from bot.desk.insights.filters import Filters
from bot.models import Conversation, Feedback


def facts(_session: Session, filters: Filters) -> Facts:
    """Ratings given in the period. `part` and `value` are the rating, 1 to 5; `kind` is what it was about."""
    columns = row(
        id=Feedback.id,
        at=Feedback.given_at,
        part=sa.cast(Feedback.rating, sa.String),
        kind=sa.func.coalesce(Feedback.about, ""),
        value=Feedback.rating,
    )
    query = (
        sa.select(*columns)
        .join(Conversation, Conversation.id == Feedback.conversation_id)
        .where(
            Feedback.rating.is_not(None),
            Feedback.given_at >= filters.period.since,
            Feedback.given_at < filters.period.until,
            *chosen(filters),
        )
    )
    return Facts(query.subquery(), filters)
