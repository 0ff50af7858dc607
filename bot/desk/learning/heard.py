"""What customers said that the assistant did not understand, or seems not to have: newest first, each sentence once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.desk.learning.sentence import folded
from bot.keyed_hash import keyed_hash
from bot.models import Author, Message, Review, ReviewStatus

DAYS = 60
MOST = 4_000  # turns that are looked at
SOON = dt.timedelta(hours=1)
SURE = 0.5  # confidences are calibrated: below, it is more likely wrong than right
CURRENT = (ReviewStatus.PROPOSED, ReviewStatus.ACCEPTED)


class Why(StrEnum):
    """What makes us doubt that a sentence was understood."""

    NOT_UNDERSTOOD = "not understood"
    OUT_OF_SCOPE = "out of scope"
    UNSURE = "unsure"
    REPEATED = "asked again"
    FRUSTRATED = "then annoyed"
    PERSON = "then a person"


HEARD_AS = {"nlu_fallback": Why.NOT_UNDERSTOOD, "out_of_scope": Why.OUT_OF_SCOPE}
FOLLOWED_BY = {"repeat": Why.REPEATED, "express_frustration": Why.FRUSTRATED, "request_human": Why.PERSON}


@dataclass(slots=True)
class Heard:
    """A sentence, by the newest message that said it; `count` messages said it, in those `conversations`; `why` each
    is in question."""

    key: str
    message_id: uuid.UUID
    conversation_id: uuid.UUID
    text: str
    intent: str
    confidence: float | None
    at: dt.datetime
    messages: set[uuid.UUID] = field(default_factory=set)
    conversations: set[uuid.UUID] = field(default_factory=set)
    why: set[Why] = field(default_factory=set)
    review: Review | None = None

    @property
    def count(self) -> int:
        """How often it was said."""
        return len(self.messages)


def key_of(text: str) -> str:
    """By which a sentence is known, however it was typed; it tells nothing of the words."""
    return keyed_hash("heard sentence", folded(text))


def heard(session: Session) -> list[Heard]:
    """Every sentence of the last 60 days that is in question, each with the proposal that waits or holds for it."""
    sentences: dict[str, Heard] = {}
    for row in session.execute(_in_question()):
        why = set(_why(row))
        if not why or not folded(row.text):
            continue
        key = key_of(row.text)
        known = sentences.setdefault(
            key, Heard(key, row.id, row.conversation_id, row.text, row.intent, row.confidence, row.created_at)
        )
        known.messages.add(row.id)
        known.conversations.add(row.conversation_id)
        known.why |= why
    current = sa.select(Review).where(Review.key.in_(sentences), Review.status.in_(CURRENT))
    for review in session.scalars(current):
        sentences[review.key].review = review
    return list(sentences.values())


def pointed_at(session: Session, message_id: uuid.UUID) -> Heard | None:
    """A customer's own words that the assistant was sure of and an agent's eye puts in question; None for any other
    message."""
    row = session.get(Message, message_id)
    if row is None or row.author != Author.CUSTOMER or row.payload is not None or row.intent is None:
        return None
    if not folded(row.text):
        return None
    key = key_of(row.text)
    current = sa.select(Review).where(Review.key == key, Review.status.in_(CURRENT))
    found = Heard(key, row.id, row.conversation_id, row.text, row.intent, row.confidence, row.created_at)
    found.messages.add(row.id)
    found.conversations.add(row.conversation_id)
    found.review = session.scalars(current).first()
    return found


def to_review(sentences: Iterable[Heard], why: Why | None = None) -> list[Heard]:
    """Those that nobody has proposed anything about, in their order; of one reason, if given."""
    return [each for each in sentences if each.review is None and (why is None or why in each.why)]


def _in_question() -> sa.Select[Any]:
    """Customers' own words that the assistant read, each beside what the customer said next."""

    def following(column: Any) -> Any:
        lead = sa.func.lead(column, type_=column.type).over(partition_by=Message.conversation_id, order_by=Message.seq)
        return lead.label(f"next_{column.key}")

    said = (
        sa.select(
            Message.id,
            Message.conversation_id,
            Message.text,
            Message.payload,
            Message.intent,
            Message.confidence,
            Message.created_at,
            *map(following, (Message.text, Message.intent, Message.created_at)),
        )
        .where(Message.author == Author.CUSTOMER, Message.created_at >= clock.now() - dt.timedelta(days=DAYS))
        .subquery()
    )
    row = said.c
    doubtful = sa.or_(
        row.intent.in_(HEARD_AS),
        row.confidence < SURE,
        row.next_intent.in_(FOLLOWED_BY),
        row.next_intent == row.intent,
        sa.func.lower(row.next_text) == sa.func.lower(row.text),
    )
    return (
        sa.select(said)
        # What was pressed was offered by us, and says nothing of how we listen.
        .where(row.intent.is_not(None), row.payload.is_(None), row.text != "", doubtful)
        .order_by(row.created_at.desc(), row.id.desc())
        .limit(MOST)
    )


def _why(row: Any) -> Iterable[Why]:
    if row.intent in HEARD_AS:
        yield HEARD_AS[row.intent]
    elif row.confidence is not None and row.confidence < SURE:
        yield Why.UNSURE
    if row.next_created_at is None or row.next_created_at - row.created_at > SOON:
        return
    # A wish for a person that is met has been understood; so has annoyance.
    if row.next_intent in FOLLOWED_BY and row.intent != row.next_intent:
        yield FOLLOWED_BY[row.next_intent]
    if _alike(row.text, row.next_text):
        yield Why.REPEATED


def _alike(one: str, other: str) -> bool:
    """The same words, save one in three at most, as somebody asks who got no answer."""
    a, b = set(folded(one).split()), set(folded(other).split())
    return len(a) > 1 and len(a & b) * 3 >= len(a | b) * 2
