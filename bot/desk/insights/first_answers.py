"""First answers and the targets that were set for them."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.insights.facts import Facts, chosen, row
from bot.desk.insights.filters import Filters
from bot.models import Conversation, Handoff, HandoffTarget, Holder


class Target(StrEnum):
    """Answered in time; answered late or not in time so far; still time; or the customer left before it was over."""

    MET = "met"
    MISSED = "missed"
    OPEN = "open"
    LEFT = "left"


def facts(_session: Session, filters: Filters) -> Facts:
    """Hand-overs that were asked for in the period and have a target. `part` is a `Target`, `kind` the skill."""
    present = (Conversation.handoff_id == Handoff.id) & (Conversation.holder != Holder.BOT)
    part = sa.case(
        (HandoffTarget.breached_at.is_not(None), Target.MISSED),
        (HandoffTarget.answered_at.is_not(None), Target.MET),
        (present, Target.OPEN),
        else_=Target.LEFT,
    )
    columns = row(id=Handoff.id, at=Handoff.created_at, part=sa.cast(part, sa.String), kind=Handoff.skill)
    query = (
        sa.select(*columns)
        .select_from(Handoff)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .join(HandoffTarget, HandoffTarget.handoff_id == Handoff.id)
        .where(Handoff.created_at >= filters.period.since, Handoff.created_at < filters.period.until, *chosen(filters))
    )
    return Facts(query.subquery(), filters)
