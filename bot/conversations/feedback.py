"""How it was for the customer: asked once after something was settled, never in hard times (K14)."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.holds import holds_on
from bot.conversations import transcript
from bot.models import (
    Author,
    Case,
    CaseStatus,
    Conversation,
    Feedback,
    Handoff,
    HandoffEvent,
    HandoffEventKind,
    Message,
    Payment,
    PaymentStatus,
    Plan,
    PlanEvent,
    PlanEventKind,
)
from bot.words import say

RATE = "/give_feedback"
_DIGIT = re.compile(r"\s*[1-5]\s*(?:/\s*5\s*)?[.!]*\s*$")
HARD_TIMES = dt.timedelta(days=90)  # after which a hand-over for care no longer keeps us from asking


def due(session: Session, conversation: Conversation) -> str | None:
    """What was settled in this talk and may be asked about now; None where nothing was, where it was asked or given a
    few days ago, and wherever somebody has a hard time."""
    policy = policies.desk().feedback
    now = clock.now()
    mine = [Feedback.conversation_id == conversation.id]
    if conversation.customer_id:
        mine.append(Feedback.customer_id == conversation.customer_id)
    since = now - dt.timedelta(days=policy.quiet_days)
    if session.scalar(sa.select(Feedback.id).where(sa.or_(*mine), Feedback.created_at > since).limit(1)):
        return None
    if _is_hard_time(session, conversation, now):
        return None
    return _settled(session, conversation, now - dt.timedelta(hours=policy.resolved_hours))


def ask(session: Session, conversation: Conversation) -> None:
    """Ask in the transcript, with five buttons, where it is due. The caller holds the row's lock."""
    session.flush()
    about = due(session, conversation)
    if about is None:
        return
    asked(session, conversation, about)
    locale = conversation.locale
    buttons = [
        {"title": say(f"rating_{rating}", locale), "payload": f'{RATE}{{"rating": "{rating}"}}'}
        for rating in range(1, 6)
    ]
    transcript.append(
        session, conversation, author=Author.SYSTEM, text=say("ask_rating", locale), buttons=buttons, unasked=True
    )


def asked(session: Session, conversation: Conversation, about: str) -> Feedback:
    """It is asked for now."""
    row = Feedback(
        conversation_id=conversation.id, customer_id=conversation.customer_id, about=about, asked_at=clock.now()
    )
    session.add(row)
    session.flush()
    return row


def is_waited_for(session: Session, conversation: Conversation) -> bool:
    """Whether it was asked for just before the newest message of the customer, and not given yet."""
    return _is_asked(session, conversation, said_since=1)


def is_rating(session: Session, conversation: Conversation, text: str, payload: str | None) -> bool:
    """Whether what the customer says now, which is not written down yet, is the rating that was asked for and no more:
    a talk that was closed stays closed by it."""
    if payload is not None:
        return payload.startswith(RATE)
    return _DIGIT.match(text) is not None and _is_asked(session, conversation, said_since=0)


def _is_asked(session: Session, conversation: Conversation, *, said_since: int) -> bool:
    row = session.scalars(
        sa.select(Feedback)
        .where(Feedback.conversation_id == conversation.id, Feedback.given_at.is_(None))
        .order_by(Feedback.created_at.desc())
        .limit(1)
    ).first()
    if row is None or row.asked_at is None:
        return False
    since = sa.select(sa.func.count()).where(
        Message.conversation_id == conversation.id,
        Message.author == Author.CUSTOMER,
        Message.created_at > row.asked_at,
    )
    return session.scalar(since) == said_since


def give(
    session: Session, conversation: Conversation, rating: int | None, comment: str | None, about: str | None
) -> Feedback:
    """The customer's word, kept with what was asked for lately, else by itself. `rating` is 1 to 5."""
    now = clock.now()
    since = now - dt.timedelta(days=policies.desk().feedback.quiet_days)
    row = session.scalars(
        sa.select(Feedback)
        .where(
            Feedback.conversation_id == conversation.id,
            Feedback.asked_at > since,
            Feedback.given_at.is_(None),
        )
        .order_by(Feedback.created_at.desc())
        .limit(1)
    ).first()
    if row is None:
        row = Feedback(conversation_id=conversation.id, customer_id=conversation.customer_id, about=about)
        session.add(row)
    row.rating, row.comment, row.given_at = rating, comment, now
    session.flush()
    return row


def comment(session: Session, feedback_id: uuid.UUID, words: str) -> Feedback | None:
    """More words to a rating that was given; None when there is no such rating."""
    row = session.get(Feedback, feedback_id)
    if row is not None:
        row.comment = f"{row.comment}\n{words}" if row.comment else words
        session.flush()
    return row


def _is_hard_time(session: Session, conversation: Conversation, now: dt.datetime) -> bool:
    """A person for care was asked for lately, a case of that kind is open, or a hold binds (C8, C12)."""
    care = sa.select(Handoff.id).where(
        Handoff.conversation_id == conversation.id, Handoff.skill == "care", Handoff.created_at > now - HARD_TIMES
    )
    cases = sa.select(Case.id).where(
        Case.conversation_id == conversation.id,
        Case.kind.in_(policies.desk().feedback.never_beside),
        Case.status == CaseStatus.OPEN,
    )
    if session.scalar(care.limit(1)) or session.scalar(cases.limit(1)):
        return True
    return conversation.customer_id is not None and bool(holds_on(session, conversation.customer_id))


def _settled(session: Session, conversation: Conversation, since: dt.datetime) -> str | None:
    here = conversation.id
    outcomes = {
        "payment": sa.select(Payment.id).where(
            Payment.conversation_id == here, Payment.status == PaymentStatus.SUCCEEDED, Payment.settled_at > since
        ),
        "plan": sa.select(PlanEvent.id)
        .join(Plan, Plan.id == PlanEvent.plan_id)
        .where(Plan.conversation_id == here, PlanEvent.kind == PlanEventKind.AGREED, PlanEvent.at > since),
        "dispute": sa.select(Case.id).where(
            Case.conversation_id == here, Case.kind == "dispute", Case.created_at > since
        ),
        "person": sa.select(HandoffEvent.id)
        .join(Handoff, Handoff.id == HandoffEvent.handoff_id)
        .where(Handoff.conversation_id == here, HandoffEvent.kind == HandoffEventKind.CLOSED, HandoffEvent.at > since),
    }
    return next((name for name, query in outcomes.items() if session.scalar(query.limit(1)) is not None), None)
