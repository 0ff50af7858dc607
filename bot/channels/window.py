"""WhatsApp's window: free text only within 24 hours of the customer's last message, else an approved template (T4).

What is to go out after it has closed is held, and one template says that there is something to read. When the customer
writes again the window is open, and what was held goes out in its order.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.channels.base import Template
from bot.models import Channel, Conversation, Delivery

OPEN_FOR = dt.timedelta(hours=24)
UPDATE = "conversation_update"
# Before everything that waits, which is what it tells of.
FIRST = {"seq": 0, "part": -1}


def left(conversation: Conversation) -> dt.timedelta:
    """How long free text is still taken; nothing for a closed window, or for somebody who never wrote."""
    if conversation.wrote_at is None:
        return dt.timedelta(0)
    return max(conversation.wrote_at + OPEN_FOR - clock.now(), dt.timedelta(0))


def is_closed(conversation: Conversation) -> bool:
    """Whether only a template would be taken; never so but on WhatsApp."""
    return conversation.channel == Channel.WHATSAPP and not left(conversation)


def knock(session: Session, conversation: Conversation, held: Delivery) -> None:
    """Write down a template for the customer in place of `held`, once for each time that the window closes. The caller
    holds the lock of the conversation's row."""
    since = conversation.wrote_at or conversation.created_at
    told = sa.select(Delivery.id).where(
        Delivery.conversation_id == conversation.id,
        Delivery.message_id.is_(None),
        Delivery.part == FIRST["part"],
        Delivery.created_at >= since,
    )
    if session.scalar(told.limit(1)) is not None:
        return
    template = _template(conversation.locale)
    session.add(
        Delivery(
            conversation_id=conversation.id,
            channel=held.channel,
            provider=held.provider,
            address=held.address,
            body=filled(template),
            content={"template": _kept(template)},
            unasked=True,
            **FIRST,
        )
    )
    session.flush()


def is_template(row: Delivery) -> bool:
    """Whether this delivery is one of our templates."""
    return row.content is not None and "template" in row.content


def template_of(row: Delivery) -> Template | None:
    """The template that this delivery carries."""
    if row.content is None or "template" not in row.content:
        return None
    kept: dict[str, Any] = row.content["template"]
    return Template(**{**kept, "parameters": tuple(kept["parameters"])})


def filled(template: Template) -> str:
    """What the customer reads."""
    text = template.body
    for number, value in enumerate(template.parameters, 1):
        text = text.replace(f"{{{{{number}}}}}", value)
    return text


def _template(locale: str) -> Template:
    wanted = policies.whatsapp_templates().in_locale(UPDATE, locale)
    return Template(wanted.name, wanted.language, wanted.body, (policies.brand_name(),), wanted.content_sid)


def _kept(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "language": template.language,
        "body": template.body,
        "parameters": list(template.parameters),
        "content_sid": template.content_sid,
    }
