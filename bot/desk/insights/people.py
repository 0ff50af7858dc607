"""Hand-overs to people: how long it took until somebody had them, answered, and was done."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.insights.facts import Facts, chosen, row
from bot.desk.insights.filters import Filters
from bot.desk.insights.instants import seconds
from bot.models import Author, Conversation, Handoff, HandoffEvent, HandoffEventKind, Message

ENDS = (HandoffEventKind.RETURNED, HandoffEventKind.CLOSED)


class Reached(StrEnum):
    """Whether what is measured has happened."""

    YES = "yes"
    NOT_YET = "not_yet"
    NEVER = "never"


def claims(_session: Session, filters: Filters) -> Facts:
    """Hand-overs that were asked for in the period; `kind` is the skill, `value` the seconds until an agent had it."""
    steps = _steps(filters)
    return _measured(filters, steps, steps.c.claimed, Handoff.created_at)


def answers(_session: Session, filters: Filters) -> Facts:
    """The same until an agent's first words to the customer."""
    steps, said = _steps(filters), _said(filters)
    return _measured(filters, steps, said.c.answered, Handoff.created_at, said)


def handling(_session: Session, filters: Filters) -> Facts:
    """The same from the first claim until it was returned to the assistant or closed."""
    steps = _steps(filters)
    done = sa.case((steps.c.claimed.is_not(None), steps.c.ended))
    return _measured(filters, steps, done, steps.c.claimed)


def _measured(filters: Filters, steps: sa.Subquery, reached: Any, start: Any, said: sa.Subquery | None = None) -> Facts:
    """`part` is `yes`; `not_yet` while it can still come; `never` when the hand-over ended without it."""
    part = sa.case(
        (reached.is_not(None), Reached.YES), (steps.c.ended.is_not(None), Reached.NEVER), else_=Reached.NOT_YET
    )
    columns = row(
        id=Handoff.id,
        at=Handoff.created_at,
        part=sa.cast(part, sa.String),
        kind=Handoff.skill,
        value=seconds(reached) - seconds(start),
    )
    query = (
        sa.select(*columns)
        .select_from(Handoff)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .join(steps, steps.c.handoff_id == Handoff.id)
        .where(*_asked(filters), *chosen(filters))
    )
    if said is not None:
        query = query.outerjoin(said, said.c.handoff_id == Handoff.id)
    return Facts(query.subquery(), filters)


def _steps(filters: Filters) -> sa.Subquery:
    """When each hand-over was first claimed and when it ended."""

    def at(*kinds: HandoffEventKind) -> sa.Case[Any]:
        return sa.case((HandoffEvent.kind.in_(kinds), HandoffEvent.at))

    return (
        sa.select(
            HandoffEvent.handoff_id,
            sa.func.min(at(HandoffEventKind.CLAIMED)).label("claimed"),
            sa.func.max(at(*ENDS)).label("ended"),
        )
        .join(Handoff, Handoff.id == HandoffEvent.handoff_id)
        .where(*_asked(filters))
        .group_by(HandoffEvent.handoff_id)
        .subquery()
    )


def _said(filters: Filters) -> sa.Subquery:
    """When each was first answered, by the transcript; notes are not for the customer."""
    steps = _steps(filters)
    return (
        sa.select(Handoff.id.label("handoff_id"), sa.func.min(Message.created_at).label("answered"))
        .join(steps, steps.c.handoff_id == Handoff.id)
        .join(Message, Message.conversation_id == Handoff.conversation_id)
        .where(
            Message.author == Author.AGENT,
            Message.hidden.is_(False),
            Message.created_at >= Handoff.created_at,
            sa.or_(steps.c.ended.is_(None), Message.created_at <= steps.c.ended),
        )
        .group_by(Handoff.id)
        .subquery()
    )


def _asked(filters: Filters) -> list[sa.ColumnElement[bool]]:
    return [Handoff.created_at >= filters.period.since, Handoff.created_at < filters.period.until]
