"""Hearing somebody in crisis when the dialogue model is not asked: in the queue, or while Rasa is down (C12).

The model hears it otherwise. This is a net beneath it, wide on purpose; its words are data (`policies/distress.yml`).
"""

from __future__ import annotations

import re
from functools import cache

import yaml
from sqlalchemy.orm import Session

from bot.conversations import handoff, transcript
from bot.help_lines import as_lines, country_of, help_lines
from bot.models import Author, Conversation, Customer, Handoff, Holder
from bot.settings import ROOT
from bot.words import say

PRIORITY = 0
REASON, SKILL = "crisis", "care"
SPOKEN = "en"  # what the dialogue model was taught


def is_heard(text: str) -> bool:
    """Whether `text` may be somebody in crisis speaking, in any of the languages."""
    return any(pattern.search(_plain(text)) for pattern in _patterns().values())


def is_heard_abroad(text: str) -> bool:
    """The same in the languages that the dialogue model does not speak."""
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
    """Say where help is, with no word of money, and bring a person first. The caller holds the row's lock."""
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    lines = help_lines().in_crisis(customer.country if customer else country_of(conversation.locale))
    text = say("crisis", conversation.locale, lines=as_lines(lines.lines), emergency=lines.emergency)
    transcript.append(session, conversation, author=Author.SYSTEM, text=text)
    if conversation.holder == Holder.BOT:
        summary = {"what": "Words of crisis were heard while the assistant was not working."}
        handoff.request(
            session, conversation.id, reason=REASON, skill=SKILL, summary=summary, priority=PRIORITY, actor="system"
        )
    elif conversation.handoff_id is not None:
        waiting = session.get_one(Handoff, conversation.handoff_id)
        waiting.priority, waiting.reason, waiting.skill = min(waiting.priority, PRIORITY), REASON, SKILL
