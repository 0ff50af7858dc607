"""Hearing somebody in crisis when the dialogue model is not asked: in the queue, with an agent, or without Rasa (C12).

The model hears it otherwise. This is a net beneath it, wide on purpose; its words are data (`policies/distress.yml`).
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache

import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session

from bot import clock
from bot.conversations import handoff, hours, transcript, waits
from bot.conversations import handoff_steps as steps
from bot.conversations.assignment import notices
from bot.help_lines import as_lines, country_of, help_lines
from bot.models import Agent, Author, Conversation, Customer, Handoff, Holder, Message, NoticeKind, Role
from bot.settings import ROOT
from bot.words import say

PRIORITY = 0
REASON, SKILL = "crisis", "care"
ONCE_IN = dt.timedelta(hours=1)
SPOKEN = "en"  # what the dialogue model was taught most; the others have this net beneath it all the time


def is_heard(text: str) -> bool:
    """Whether `text` may be somebody in crisis speaking, in any of the languages."""
    return any(pattern.search(_plain(text)) for pattern in _patterns().values())


def is_heard_abroad(text: str) -> bool:
    """The same in the languages that the dialogue model was taught less, or not at all."""
    return any(pattern.search(_plain(text)) for language, pattern in _patterns().items() if language != SPOKEN)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("\u2019", "'").split())


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    with (ROOT / "policies" / "distress.yml").open(encoding="utf-8") as file:
        languages: dict[str, list[str]] = yaml.safe_load(file)
    return {
        language: re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
        for language, patterns in languages.items()
    }


def answer(session: Session, conversation: Conversation) -> None:
    """Say where help is, with no word of money, and bring a person first; whoever has the talk already is told, and so
    are the supervisors. The caller holds the row's lock."""
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    country = customer.country if customer else country_of(conversation.locale)
    lines = help_lines().in_crisis(country, conversation.locale)
    values = {"lines": as_lines(lines.lines), "emergency": lines.emergency}
    if conversation.holder == Holder.AGENT:
        agent = steps.name_of(session, conversation.agent_id)
        _beside_the_agent(session, conversation, say("crisis_with_person", conversation.locale, agent=agent, **values))
    else:
        text = say("crisis", conversation.locale, **values)
        if (back := waits.closed_until(clock.now())) is not None:
            # Nobody answers at once then, and that is said after the lines (C13).
            when = hours.spoken(back, conversation.locale, waits.zone_of(session, conversation))
            text = f"{text}\n\n{say('crisis_closed', conversation.locale, when=when)}"
        transcript.append(session, conversation, author=Author.SYSTEM, text=text)
    if conversation.holder == Holder.BOT:
        summary = {"what": "Words of crisis were heard while the assistant was not working."}
        handoff.request(
            session, conversation.id, reason=REASON, skill=SKILL, summary=summary, priority=PRIORITY, actor="system"
        )
    elif conversation.handoff_id is not None:
        under_way = session.get_one(Handoff, conversation.handoff_id)
        under_way.priority, under_way.reason, under_way.skill = min(under_way.priority, PRIORITY), REASON, SKILL


def _beside_the_agent(session: Session, conversation: Conversation, text: str) -> None:
    """The lines stand in the talk once in a while: after that a person speaks, and repeating them would be cold."""
    given = sa.select(Message.id).where(
        Message.conversation_id == conversation.id, Message.text == text, Message.created_at > clock.now() - ONCE_IN
    )
    if session.scalar(given.limit(1)) is not None:
        return
    transcript.append(session, conversation, author=Author.SYSTEM, text=text)
    supervisors = sa.select(Agent.id).where(
        Agent.role.in_([role for role in Role if role.reaches(Role.SUPERVISOR)]), Agent.disabled_at.is_(None)
    )
    told = {conversation.agent_id, *session.scalars(supervisors)}
    for agent_id in sorted(each for each in told if each is not None):
        notices.tell(session, agent_id, NoticeKind.CRISIS, conversation.id)
