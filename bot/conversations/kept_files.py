"""A file that came with words: the answer is to the words, and says first what became of the file (T5)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.conversations import consents, transcript
from bot.models import Attachment, AttachmentStatus, Author, Channel, Conversation, Holder, Message
from bot.words import say

# A handful of photos in a row is thanked for once.
SAY_EVERY = dt.timedelta(minutes=3)
MARK = "kept_files:"


def say_kept(session: Session, conversation: Conversation, message_id: uuid.UUID) -> None:
    """Before the assistant's answer to a message: say that its file is kept, if it has one that is. The caller holds
    the lock of the row.

    Not where a person has the conversation, who sees it; nor after a refusal, when there is one answer to each message
    and it is the one to the words (C5).
    """
    if conversation.holder != Holder.BOT or conversation.address is None:
        return
    kept = sa.select(Attachment.id).where(
        Attachment.message_id == message_id, Attachment.status != AttachmentStatus.REFUSED
    )
    if session.scalar(kept.limit(1)) is None or _was_said(session, conversation):
        return
    if consents.is_refused(session, Channel(conversation.channel), conversation.address):
        return
    text = say("media_with_words", conversation.locale)
    client_id = f"{MARK}{conversation.last_seq + 1}"
    transcript.append(session, conversation, author=Author.BOT, text=text, client_id=client_id)


def _was_said(session: Session, conversation: Conversation) -> bool:
    said = sa.select(Message.id).where(
        Message.conversation_id == conversation.id,
        Message.client_id.startswith(MARK, autoescape=True),
        Message.created_at > clock.now() - SAY_EVERY,
    )
    return session.scalar(said.limit(1)) is not None
