"""How a conversation on a phone is reached: what was refused there, WhatsApp's window, how far each message got."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.channels import delivery_news, outbox, window
from bot.conversations import consents
from bot.desk.outreach import beginning
from bot.desk.thread.lines import attachments, instant
from bot.models import Author, Channel, Conversation, Message

NEWEST = 200


def phone(session: Session, conversation: Conversation) -> dict[str, Any] | None:
    """What an agent has to know before they write, None on the website. `barrier` is why a message would not arrive at
    once (`outbox.Barrier`); `window_until` is when WhatsApp's window closes, None elsewhere and once it has (T4);
    `parts` is whether a text is counted in parts (T2); `begins` is what the gate says against beginning something."""
    if conversation.channel == Channel.WEB or not conversation.address:
        return None
    left = window.left(conversation) if conversation.channel == Channel.WHATSAPP else None
    return {
        "refused": consents.is_refused(session, Channel(conversation.channel), conversation.address),
        "barrier": outbox.may_write(session, conversation),
        "window_until": instant(clock.now() + left) if left else None,
        "parts": conversation.channel == Channel.SMS,
        "begins": beginning.warning(session, conversation),
    }


def consents_of(session: Session, conversation: Conversation) -> list[dict[str, Any]]:
    """Every yes and no that was said about the address, the newest first."""
    if conversation.channel == Channel.WEB or not conversation.address:
        return []
    return [
        {
            "channel": one.channel,
            "purpose": one.purpose,
            "granted": one.granted,
            "source": one.source,
            "detail": one.detail,
            "at": instant(one.created_at),
        }
        for one in consents.history(session, [conversation.address])
    ]


def now(session: Session, conversation: Conversation) -> dict[str, Any]:
    """What changes on a phone while nothing is said: how it is reached, how far our newest messages got, and what
    became of the files that came."""
    if conversation.channel == Channel.WEB:
        return {"phone": None, "deliveries": {}, "attachments": {}}
    newest = session.scalars(
        sa.select(Message)
        .where(Message.conversation_id == conversation.id, Message.author == Author.CUSTOMER)
        .order_by(Message.seq.desc())
        .limit(NEWEST)
    )
    files = attachments(session, newest.all())
    return {
        "phone": phone(session, conversation),
        "deliveries": deliveries(session, conversation),
        "attachments": {str(message_id): kept for message_id, kept in files.items()},
    }


def deliveries(session: Session, conversation: Conversation, newest: int = NEWEST) -> dict[str, str]:
    """How far our `newest` messages got, by message id; nothing on the website."""
    if conversation.channel == Channel.WEB:
        return {}
    ours = session.scalars(
        sa.select(Message.id)
        .where(Message.conversation_id == conversation.id, Message.author != Author.CUSTOMER)
        .order_by(Message.seq.desc())
        .limit(newest)
    )
    marks = delivery_news.marks(session, list(ours))
    return {str(message_id): str(status) for message_id, status in marks.items()}
