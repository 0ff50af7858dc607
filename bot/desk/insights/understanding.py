"""What the assistant took customers' messages for, and how sure it was."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.insights.facts import Facts, chosen, row
from bot.desk.insights.filters import Filters
from bot.desk.insights.talks import NOT_UNDERSTOOD
from bot.models import Author, Conversation, Message

SURE = 0.5  # confidences are calibrated: below, it is more likely wrong than right


class Understood(StrEnum):
    """Not at all, more likely wrong than right, or well enough."""

    NOT = "not"
    UNSURE = "unsure"
    WELL = "well"


def facts(_session: Session, filters: Filters) -> Facts:
    """Customers' messages of the period that the assistant read. `part` is an `Understood`, `kind` the intent, `text`
    what was said."""
    part = sa.case(
        (Message.intent == NOT_UNDERSTOOD, Understood.NOT),
        (Message.confidence < SURE, Understood.UNSURE),
        else_=Understood.WELL,
    )
    columns = row(
        id=Message.id, at=Message.created_at, part=sa.cast(part, sa.String), kind=Message.intent, text=Message.text
    )
    query = (
        sa.select(*columns)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.author == Author.CUSTOMER,
            Message.intent.is_not(None),
            Message.created_at >= filters.period.since,
            Message.created_at < filters.period.until,
            *chosen(filters),
        )
    )
    return Facts(query.subquery(), filters)
