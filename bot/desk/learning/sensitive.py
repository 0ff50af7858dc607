"""Whose eyes a sentence is for: hard times are told to the person who listens, and to those who look after them (P1).

Without a name it may still be known whose illness it is. So what was heard as a sensitive matter, and what holds words
of one (`sensitive.yml`), is for who may open a conversation in which it was said, and for specialists and above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session

from bot.conversations import distress
from bot.desk.auth import Seat
from bot.desk.learning import intents
from bot.desk.learning.heard import Heard
from bot.desk.learning.on_file import plain
from bot.desk.sight import may_open
from bot.models import Conversation, Message, Review, ReviewStatus, Role


def is_sensitive(text: str, *heard_as: str | None) -> bool:
    """Whether `text`, heard as or meant as those intents, tells of hard times."""
    if any(intent in intents.inventory()["sensitive"] for intent in heard_as):
        return True
    return (
        distress.is_heard(text)
        or _words().search(plain(text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")) is not None
    )


def for_eyes(session: Session, seat: Seat, sentences: Sequence[Heard]) -> list[Heard]:
    """Those of `sentences` that this agent may see, in their order."""
    if _sees_all(seat):
        return list(sentences)
    held = [each for each in sentences if is_sensitive(each.text, each.intent)]
    where = {conversation_id for each in held for conversation_id in each.conversations}
    rows = session.scalars(sa.select(Conversation).where(Conversation.id.in_(where)))
    theirs = {row.id for row in rows if may_open(seat, row)}
    hidden = {each.key for each in held if not each.conversations & theirs}
    return [each for each in sentences if each.key not in hidden]


def sees_words(session: Session, seat: Seat, message: Message) -> bool:
    """Whether this agent may see what a customer said in `message`."""
    if _sees_all(seat) or not is_sensitive(message.text, message.intent):
        return True
    return may_open(seat, session.get_one(Conversation, message.conversation_id))


def sees_proposal(session: Session, seat: Seat, review: Review) -> bool:
    """Whether this agent may see a proposal: their own, one that two people found to tell of nobody, and any other that
    tells of no hard times, or those of somebody whom they may open."""
    if _sees_all(seat) or review.proposed_by == seat.agent.id or review.status == ReviewStatus.ACCEPTED:
        return True
    if not is_sensitive(f"{review.text or ''}\n{review.answer or ''}", review.heard_as, review.intent):
        return True
    said = session.get(Message, review.message_id) if review.message_id else None
    return said is not None and may_open(seat, session.get_one(Conversation, said.conversation_id))


def _sees_all(seat: Seat) -> bool:
    return Role(seat.agent.role).reaches(Role.SPECIALIST)


@lru_cache(maxsize=1)
def _words() -> re.Pattern[str]:
    languages: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("sensitive.yml").read_text("utf-8"))
    return re.compile("|".join(f"(?:{pattern})" for patterns in languages.values() for pattern in patterns))
