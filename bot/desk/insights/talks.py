"""Talks, and what they came to.

A conversation lasts for as long as a customer knows us. What is counted is a talk: what they write in one conversation
until they are silent for twelve hours (`policies/desk.yml`, `feedback.resolved_hours`: the same span within which what
was settled is asked about). A talk belongs to the moment at which it begins.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.desk.insights.facts import Facts, chosen, row
from bot.desk.insights.filters import Filters
from bot.desk.insights.instants import seconds
from bot.models import (
    Author,
    Case,
    Conversation,
    Feedback,
    Handoff,
    HandoffEvent,
    HandoffEventKind,
    Message,
    Payment,
    PaymentOrigin,
    PaymentStatus,
    Plan,
    PlanEvent,
    PlanEventKind,
)

NOT_UNDERSTOOD = "nlu_fallback"
THANKS = "thank"
CONTENT = 4  # a rating of at least so much


class Outcome(StrEnum):
    """What a talk came to: exactly one of these. The first that holds, in this order."""

    OPEN = "open"
    PERSON = "person"
    PAYMENT = "payment"
    PLAN = "plan"
    ANSWER = "answer"
    NOTHING = "nothing"


BY_ITSELF = (Outcome.PAYMENT, Outcome.PLAN, Outcome.ANSWER)
ENDED = (*BY_ITSELF, Outcome.PERSON, Outcome.NOTHING)


def silence() -> int:
    """The seconds of silence after which a talk is over."""
    return policies.desk().feedback.resolved_hours * 3600


def facts(_session: Session, filters: Filters) -> Facts:
    """Talks that began in the period, with their outcome as `part`.

    `open`: the silence that ends it has not passed yet. `person`: somebody was asked for, took the conversation, wrote
    in it or agreed the plan, or a case was opened for the desk. `payment`: a payment that was asked for in the talk has
    arrived, whenever it did, and the bank has not taken it back. `plan`: the customer agreed a plan. `answer`: they
    said thanks last and nothing in the talk was not understood, or they rated us 4 or 5. `nothing`: none of these.
    """
    talk = _in_talks(filters)
    last, end = sa.func.max(talk.said), sa.func.max(talk.said) + silence()

    def has(*kinds: str) -> sa.ColumnElement[bool]:
        return sa.func.min(sa.case((talk.kind.in_(kinds), talk.at))) < end

    understood = sa.func.max(talk.not_understood) == 0
    thanked = sa.and_(sa.func.max(sa.case((talk.intent == THANKS, talk.seq))) == sa.func.max(talk.seq), understood)
    outcome = sa.case(
        (last > int(clock.now().timestamp()) - silence(), Outcome.OPEN),
        (has(Outcome.PERSON), Outcome.PERSON),
        (has(Outcome.PAYMENT), Outcome.PAYMENT),
        (has(Outcome.PLAN), Outcome.PLAN),
        (sa.or_(has(Outcome.ANSWER), thanked), Outcome.ANSWER),
        else_=Outcome.NOTHING,
    )
    began = sa.func.min(talk.began)
    talks = (
        sa.select(talk.conversation_id, began.label("began"), sa.cast(outcome, sa.String).label("outcome"))
        .group_by(talk.conversation_id, talk.number)
        .having(began >= filters.period.since, began < filters.period.until)
        .subquery()
    )
    columns = row(id=talks.c.conversation_id, at=talks.c.began, part=talks.c.outcome)
    return Facts(sa.select(*columns).join(talks, talks.c.conversation_id == Conversation.id).subquery(), filters)


def _in_talks(filters: Filters) -> Any:
    """What was said and what happened, one after the other, with the `number` of the talk that it is in or follows.

    One pass over all in their order, rather than a join of talks with what happened within them, so that the time it
    takes grows with their number and not with its square.
    """
    said, happened = _said(filters).subquery().c, _happened(filters).subquery().c
    begins = sa.case((sa.or_(said.before.is_(None), said.at - said.before >= silence()), 1), else_=0)
    none: Any = sa.null()
    stream = sa.union_all(
        sa.select(
            said.conversation_id,
            said.at,
            said.seq,
            begins.label("begins"),
            said.at.label("said"),
            said.created_at.label("began"),
            said.intent,
            sa.case((said.intent == NOT_UNDERSTOOD, 1), else_=0).label("not_understood"),
            sa.cast(none, sa.String).label("kind"),
        ),
        sa.select(
            happened.conversation_id,
            happened.at,
            sa.cast(none, sa.Integer),
            sa.literal_column("0"),
            sa.cast(none, sa.BigInteger),
            sa.cast(none, Message.created_at.type),
            sa.cast(none, sa.String),
            sa.cast(none, sa.Integer),
            happened.kind,
        ),
    ).subquery()
    in_order = (stream.c.at, sa.case((stream.c.seq.is_(None), 1), else_=0), stream.c.seq)
    number = sa.func.sum(stream.c.begins).over(partition_by=stream.c.conversation_id, order_by=in_order)
    return sa.select(stream, number.label("number")).subquery().c


def _said(filters: Filters) -> sa.Select[Any]:
    """Customers' messages since the period began, and as far before it as they can be of the same talk; `at` and
    `before`, the message before it in the conversation, are seconds."""
    early = filters.period.since - dt.timedelta(seconds=silence())
    at = seconds(Message.created_at)
    before = sa.func.lag(at).over(partition_by=Message.conversation_id, order_by=Message.seq)
    return (
        sa.select(
            Message.conversation_id,
            Message.seq,
            Message.created_at,
            Message.intent,
            at.label("at"),
            before.label("before"),
        )
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.author == Author.CUSTOMER, Message.created_at >= early)
        .where(Conversation.last_message_at >= filters.period.since, *chosen(filters))
    )


def _happened(filters: Filters) -> sa.CompoundSelect[Any]:
    """What can decide a talk, as `conversation_id`, `at` (seconds) and `kind`, since the period began."""
    since = filters.period.since

    def happened(conversation_id: Any, at: Any, kind: Any) -> sa.Select[Any]:
        kind = sa.cast(kind, sa.String)
        return sa.select(conversation_id.label("conversation_id"), seconds(at).label("at"), kind.label("kind")).where(
            conversation_id.is_not(None), at >= since
        )

    by_agent = sa.case((PlanEvent.actor.like("agent:%"), Outcome.PERSON), else_=Outcome.PLAN)
    came = Payment.settled_at.is_not(None) & (Payment.status != PaymentStatus.CHARGED_BACK)
    asked = HandoffEvent.kind.in_((HandoffEventKind.REQUESTED, HandoffEventKind.CLAIMED))
    return sa.union_all(
        happened(Payment.conversation_id, Payment.created_at, Outcome.PAYMENT).where(
            came, Payment.origin != PaymentOrigin.AUTOPAY
        ),
        happened(Plan.conversation_id, PlanEvent.at, by_agent)
        .join(PlanEvent, PlanEvent.plan_id == Plan.id)
        .where(PlanEvent.kind == PlanEventKind.AGREED),
        happened(Feedback.conversation_id, Feedback.given_at, Outcome.ANSWER).where(Feedback.rating >= CONTENT),
        happened(Handoff.conversation_id, HandoffEvent.at, Outcome.PERSON)
        .join(HandoffEvent, HandoffEvent.handoff_id == Handoff.id)
        .where(asked),
        happened(Message.conversation_id, Message.created_at, Outcome.PERSON).where(
            Message.author == Author.AGENT, Message.hidden.is_(False)
        ),
        happened(Case.conversation_id, Case.created_at, Outcome.PERSON),
    )
