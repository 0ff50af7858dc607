"""What a phone sends beside words: kept for a person, and answered kindly (T5)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.channels.inbound_message import InboundMessage, Kind
from bot.conversations import handoff, router, transcript
from bot.conversations.redaction import redact_cards
from bot.conversations.router import Received
from bot.models import Author, Conversation, Holder, Message
from bot.words import say

# A handful of photos in a row gets one answer.
ANSWER_EVERY = dt.timedelta(minutes=3)
ANSWER = "unread:"

_ANSWERS = {
    Kind.IMAGE: "media_received",
    Kind.AUDIO: "audio_received",
    Kind.VIDEO: "media_received",
    Kind.DOCUMENT: "media_received",
    Kind.STICKER: "sticker_received",
    Kind.LOCATION: "location_received",
    Kind.CONTACTS: "contacts_received",
    Kind.ORDER: "order_received",
    Kind.UNSUPPORTED: "unsupported_received",
}


def keep(session: Session, conversation: Conversation, message: InboundMessage) -> Received:
    """Write down that something came, in words that say what. The assistant is not asked about it; a person who has the
    conversation, or will have it next, reads it. The caller holds the lock of the row."""
    text = _named(message, conversation.locale)
    if conversation.holder != Holder.BOT:
        return router.receive(session, conversation.id, client_id=message.client_id, text=text)
    conversation.closed_at = None
    said = transcript.append(
        session, conversation, author=Author.CUSTOMER, text=text, client_id=message.client_id, pending=False
    )
    session.flush()
    return Received(said.id, None, desk=False)


def keep_passed(session: Session, conversation: Conversation, message: InboundMessage) -> Received:
    """Write down what a stop has passed (`bot.channels.precedence`): nobody answers it, for the stop was said later
    (C5). The caller holds the lock of the row."""
    before = transcript.id_by_client_id(session, conversation.id, message.client_id)
    if before is not None:
        return Received(before, None, desk=False)
    is_words = message.kind == Kind.TEXT or (message.media and message.text)
    text = message.text if is_words else _named(message, conversation.locale)
    said = transcript.append(
        session,
        conversation,
        author=Author.CUSTOMER,
        text=redact_cards(text, say("card_removed", conversation.locale))[: handoff.MESSAGE_LIMIT],
        client_id=message.client_id,
    )
    said.created_at = message.at or said.created_at
    session.flush()
    return Received(said.id, None, desk=conversation.holder != Holder.BOT)


def answer(session: Session, conversation: Conversation, kind: Kind) -> None:
    """Say what became of it and what helps, unless that is what was said last, a moment ago."""
    last = session.execute(
        sa.select(Message.client_id, Message.created_at)
        .where(Message.conversation_id == conversation.id, Message.author != Author.CUSTOMER, Message.hidden.is_(False))
        .order_by(Message.seq.desc())
        .limit(1)
    ).first()
    mark = ANSWER + _ANSWERS[kind]
    is_same = last is not None and (last.client_id or "").startswith(f"{mark}:")
    if last is not None and is_same and clock.now() - last.created_at < ANSWER_EVERY:
        return
    text = say(_ANSWERS[kind], conversation.locale)
    transcript.append(
        session, conversation, author=Author.BOT, text=text, client_id=f"{mark}:{conversation.last_seq + 1}"
    )


def _named(message: InboundMessage, locale: str) -> str:
    named = say(f"media_{message.kind}", locale)
    return f"{named} {message.text}".strip() if message.kind == Kind.LOCATION else named
