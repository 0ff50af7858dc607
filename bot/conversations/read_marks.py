"""How far customers on the website have read. It only ever goes forward."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from bot import clock
from bot.conversations import news
from bot.db import lock
from bot.models import Conversation, ReadMark


def read(session: Session, conversation_id: uuid.UUID, message_id: uuid.UUID) -> bool:
    """The customer has this message before their eyes, and all before it; whether that is news. A message of another
    conversation is none."""
    seq = news.seq_of(session, conversation_id, message_id)
    if seq is None or seq <= reached(session, conversation_id):
        return False
    if lock(session, Conversation, conversation_id) is None:
        return False
    mark = session.get(ReadMark, conversation_id, populate_existing=True)
    if mark is None:
        session.add(ReadMark(conversation_id=conversation_id, seq=seq, at=clock.now()))
    elif mark.seq < seq:
        mark.seq, mark.at = seq, clock.now()
    return True


def reached(session: Session, conversation_id: uuid.UUID) -> int:
    """The number of the newest message that they have read; 0 for none."""
    mark = session.get(ReadMark, conversation_id)
    return mark.seq if mark is not None else 0
