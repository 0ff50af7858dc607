"""A word beside the composer before an agent begins something with a customer who has not written for long."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import clock
from bot.desk.insights import numbers
from bot.desk.outreach.words import rule
from bot.models import Conversation, Customer, Holder
from bot.outreach import beginnings


def warning(session: Session, conversation: Conversation) -> str | None:
    """What the gate says of it, where that is no: a warning, for it is theirs to send (C1 to C8). None while nobody
    here speaks with them, and for an answer."""
    if conversation.holder != Holder.AGENT:
        return None
    decision = beginnings.explain_for_agent(session, conversation)
    if decision.may_go:
        return None
    again = f" {_when(session, conversation, decision.again_at)}" if decision.again_at else ""
    return f"{_silence(conversation)}, so this begins something, and {rule(decision.rule)}.{again}"


def _silence(conversation: Conversation) -> str:
    if conversation.wrote_at is None:
        return "They have not written here"
    days = (clock.now() - conversation.wrote_at).days
    return f"They last wrote {days} days ago"


def _when(session: Session, conversation: Conversation, again_at: dt.datetime) -> str:
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    if customer is None:
        return f"It fits from {_said(again_at, 'UTC')} UTC on."
    return f"It fits from {_said(again_at, customer.time_zone)} on, by their clock."


def _said(at: dt.datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{numbers.day(local.date(), year=False)}, {local:%H:%M}"
