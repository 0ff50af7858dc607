"""What a customer is told when the desk has decided about the longer terms that they asked for (K4, K7, P1)."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing.plans import extended_terms
from bot.conversations import payment_news, reach, transcript
from bot.db import lock
from bot.models import Agent, Approval, Author, Conversation, Holder, Plan
from bot.words import say


def decide(session: Session, plan_id: uuid.UUID, agent: Agent, *, approve: bool) -> tuple[Plan, uuid.UUID | None]:
    """Allow longer terms or not, and say so in the customer's newest conversation, once. The plan, and the conversation
    told, if any. Raises as `extended_terms.approve` and `refuse_approval` do."""
    conversation = _listener(session, plan_id)
    before = session.scalar(sa.select(Plan.approval).where(Plan.id == plan_id))
    plan = (extended_terms.approve if approve else extended_terms.refuse_approval)(session, plan_id, agent)
    news = before == Approval.ASKED and conversation is not None
    if conversation is None or not news or not payment_news.may_tell(session, conversation, plan.customer_id):
        return plan, None
    _tell(session, conversation, "plan_allowed" if approve else "plan_not_allowed")
    return plan, conversation.id


def _listener(session: Session, plan_id: uuid.UUID) -> Conversation | None:
    """Locked before the customer's row is, as the dialogue does it."""
    customer_id = session.scalar(sa.select(Plan.customer_id).where(Plan.id == plan_id))
    newest = reach.newest(session, customer_id) if customer_id else None
    return lock(session, Conversation, newest.id) if newest else None


def _tell(session: Session, conversation: Conversation, key: str) -> None:
    """Where nobody has proven who they are, only that there is news (P1). A person who has the conversation goes on."""
    locale = conversation.locale
    proven = payment_news.proven(conversation)
    ours = conversation.holder == Holder.BOT
    buttons = [
        {"title": say("button_see_plan" if proven else "button_account", locale), "payload": "/check_plan"},
        {"title": say("button_person", locale), "payload": "/request_human"},
    ]
    transcript.append(
        session,
        conversation,
        author=Author.BOT if ours else Author.SYSTEM,
        text=say(key if proven else "plan_news", locale),
        buttons=buttons if ours else None,
        unasked=True,
    )
    session.flush()
