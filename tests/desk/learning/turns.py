"""Customers' words, as the assistant took them."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from bot.conversations import transcript
from bot.models import Author, Conversation, Message
from tests import factories
from tests.desk.desks import Desk


def says(
    session: Session,
    text: str,
    intent: str | None = "nlu_fallback",
    *,
    confidence: float | None = 0.9,
    to: Conversation | None = None,
    payload: str | None = None,
) -> Message:
    """A customer's message, read as `intent`, in a conversation of its own or in `to`."""
    here = to or factories.conversation(session)
    said = transcript.append(session, here, author=Author.CUSTOMER, text=text, payload=payload)
    said.intent, said.confidence = intent, confidence
    session.flush()
    return said


def said_to(desk: Desk, text: str = "my boat sank", intent: str = "nlu_fallback") -> uuid.UUID:
    """The id of a message that was not understood."""
    with desk.db.transaction() as session:
        return says(session, text, intent).id
