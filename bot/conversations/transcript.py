"""The transcript: everything said in a conversation, numbered without gaps."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.db import new_id
from bot.models import Author, Channel, Conversation, Delivery, Message

_table = Message.__table__
_PENDING = sa.select(_table.c.id).where(
    _table.c.conversation_id == sa.bindparam("conversation_id"), _table.c.pending.is_(True)
)
_ANSWERED = (
    sa.update(Message)
    .where(_table.c.id == sa.bindparam("message_id"))
    .values(pending=False, intent=sa.bindparam("new_intent"), confidence=sa.bindparam("new_confidence"))
)
_BY_CLIENT_ID = sa.select(_table.c.id).where(
    _table.c.conversation_id == sa.bindparam("conversation_id"), _table.c.client_id == sa.bindparam("client_id")
)


def append(
    session: Session,
    conversation: Conversation,
    *,
    author: Author,
    text: str = "",
    payload: str | None = None,
    buttons: list[Any] | None = None,
    card: dict[str, Any] | None = None,
    agent_id: uuid.UUID | None = None,
    client_id: str | None = None,
    hidden: bool = False,
    pending: bool = False,
    unasked: bool = False,
) -> Message:
    """Add a message at the end. The caller holds the lock of the conversation's row, so that numbers never collide.

    On a phone, what we say is written down to be sent, too; `unasked` when we begin it and it answers nothing (C5).
    """
    at = clock.now()
    conversation.last_seq += 1
    conversation.last_message_at = at
    message = Message(
        id=new_id(),
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        author=author,
        text=text,
        payload=payload,
        buttons=buttons,
        card=card,
        agent_id=agent_id,
        client_id=client_id,
        hidden=hidden,
        pending=pending,
        created_at=at,
    )
    session.add(message)
    if author == Author.CUSTOMER:
        conversation.wrote_at = at
    elif conversation.channel != Channel.WEB and conversation.address and not hidden:
        session.add(
            Delivery(
                message_id=message.id,
                conversation_id=conversation.id,
                seq=message.seq,
                channel=conversation.channel,
                address=conversation.address,
                rendered=False,
                unasked=unasked,
            )
        )
    return message


def after(
    session: Session, conversation_id: uuid.UUID, seq: int = 0, *, limit: int = 200, hidden: bool = False
) -> list[Message]:
    """Messages numbered above `seq`, oldest first, at most `limit`; notes between agents only if `hidden`."""
    query = sa.select(Message).where(Message.conversation_id == conversation_id, Message.seq > seq)
    if not hidden:
        query = query.where(Message.hidden.is_(False))
    return list(session.scalars(query.order_by(Message.seq).limit(limit)))


def before(session: Session, conversation_id: uuid.UUID, seq: int | None = None, *, limit: int = 200) -> list[Message]:
    """The newest messages numbered below `seq` (None: of all), oldest first, at most `limit`; notes are among them."""
    query = sa.select(Message).where(Message.conversation_id == conversation_id)
    if seq is not None:
        query = query.where(Message.seq < seq)
    return list(session.scalars(query.order_by(Message.seq.desc()).limit(limit)))[::-1]


def by_client_id(session: Session, conversation_id: uuid.UUID, client_id: str) -> Message | None:
    """The message that its sender named `client_id`, so that sending it twice is sending it once."""
    return session.scalar(
        sa.select(Message).where(Message.conversation_id == conversation_id, Message.client_id == client_id)
    )


def id_by_client_id(session: Session, conversation_id: uuid.UUID, client_id: str) -> uuid.UUID | None:
    """Its id alone, by a prepared statement."""
    named = {"conversation_id": conversation_id, "client_id": client_id}
    return session.connection().execute(_BY_CLIENT_ID, named).scalar()


def pending(session: Session, conversation_id: uuid.UUID) -> list[Message]:
    """The customer's messages that still wait for the bot, oldest first."""
    return list(
        session.scalars(
            sa.select(Message)
            .where(Message.conversation_id == conversation_id, Message.pending.is_(True))
            .order_by(Message.seq)
        )
    )


def pending_ids(session: Session, conversation_id: uuid.UUID) -> set[uuid.UUID]:
    """The ids of the same messages, by a prepared statement: it is asked once in every turn."""
    return set(session.connection().execute(_PENDING, {"conversation_id": conversation_id}).scalars())


def answered(session: Session, message_id: uuid.UUID, intent: str | None, confidence: float | None) -> None:
    """A customer's message does not wait any more; what the bot took it for is written beside it."""
    values = {"message_id": message_id, "new_intent": intent, "new_confidence": confidence}
    session.connection().execute(_ANSWERED, values)


def offers(session: Session, conversation_id: uuid.UUID, payload: str, *, newest: int = 30) -> str | None:
    """The title under which one of the `newest` messages offered `payload` (button or card option), or None.

    Only what was offered may be chosen: a payload is an instruction to the dialogue.
    """
    rows = session.execute(
        sa.select(Message.buttons, Message.card)
        .where(
            Message.conversation_id == conversation_id,
            Message.hidden.is_(False),
            sa.or_(Message.buttons.is_not(None), Message.card.is_not(None)),
        )
        .order_by(Message.seq.desc())
        .limit(newest)
    )
    for buttons, card in rows:
        for button in buttons or []:
            if button.get("payload") == payload:
                return str(button.get("title") or "")
        for option in (card or {}).get("options") or []:
            if option.get("payload") == payload:
                return str(option.get("title") or "")
    return None
