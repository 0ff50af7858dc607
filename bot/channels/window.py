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
from bot.models import Channel, Conversation, Delivery, DeliveryStatus, Provider

OPEN_FOR = dt.timedelta(hours=24)
UPDATE = "conversation_update"
# Before everything that waits, which is what it tells of.
FIRST = {"seq": 0, "part": -1}
# Why a template did not go out: the customer wrote before it did.
OPEN_AGAIN = "window_open"


def left(conversation: Conversation) -> dt.timedelta:
    """How long free text is still taken; nothing for a closed window, or for somebody who never wrote."""
    if conversation.wrote_at is None:
        return dt.timedelta(0)
    return max(conversation.wrote_at + OPEN_FOR - clock.now(), dt.timedelta(0))


def wrote(session: Session, conversation: Conversation, before: dt.datetime | None, at: dt.datetime) -> None:
    """The customer wrote at `at`, which we may hear late: the window opens there, and never earlier than `before`, when
    they wrote last (T4). What was held meanwhile goes out, too. The caller holds the lock of the conversation's row."""
    conversation.wrote_at = at if before is None else max(before, at)
    if is_closed(conversation) or conversation.wrote_at == before:
        return
    session.execute(
        sa.update(Delivery)
        .where(
            Delivery.conversation_id == conversation.id,
            Delivery.status == DeliveryStatus.HELD,
            Delivery.changed_at > conversation.wrote_at,
        )
        .values(changed_at=conversation.wrote_at)
        .execution_options(synchronize_session="fetch")
    )


def is_closed(conversation: Conversation) -> bool:
    """Whether only a template would be taken; never so but on WhatsApp."""
    return conversation.channel == Channel.WHATSAPP and not left(conversation)


def knock(session: Session, conversation: Conversation, held: Delivery) -> None:
    """Write down a template for the customer in place of `held`, once for each time that the window closes. The caller
    holds the lock of the conversation's row."""
    if knocked(session, conversation) is None:
        _write(session, conversation, held.channel, held.provider, held.address, until=held.expires_at)


def invite(session: Session, conversation: Conversation) -> None:
    """Write down the same template though nothing waits, once for each time that the window closes. The caller holds
    the lock of the conversation's row."""
    if knocked(session, conversation) is None and conversation.address:
        _write(session, conversation, conversation.channel, conversation.provider, conversation.address)


def knocked(session: Session, conversation: Conversation) -> Delivery | None:
    """The template that tells of this closing, if it is written down."""
    told = sa.select(Delivery).where(
        Delivery.conversation_id == conversation.id,
        Delivery.message_id.is_(None),
        Delivery.part == FIRST["part"],
        Delivery.created_at >= _closed_since(session, conversation),
        Delivery.error.is_distinct_from(OPEN_AGAIN),
    )
    return session.scalar(told.limit(1))


def notice(conversation: Conversation) -> str:
    """What the customer reads of it."""
    return filled(_template(conversation.locale))


def _write(
    session: Session,
    conversation: Conversation,
    channel: str,
    provider: Provider | None,
    address: str,
    *,
    until: dt.datetime | None = None,
) -> None:
    template = _template(conversation.locale)
    session.add(
        Delivery(
            conversation_id=conversation.id,
            channel=channel,
            provider=provider,
            address=address,
            body=filled(template),
            content={"template": _kept(template)},
            unasked=True,
            expires_at=until,  # what may not go out by night has a template that may not either (C1)
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


def _closed_since(session: Session, conversation: Conversation) -> dt.datetime:
    """What the template that tells of this closing is younger than.

    By our clock the window closes a day after the customer wrote. When the provider says that it is closed although
    they did, it has not been open since free text last arrived: what they write meanwhile is no news of a closing.
    """
    if is_closed(conversation):
        return conversation.wrote_at or conversation.created_at
    arrived = sa.select(sa.func.max(Delivery.sent_at)).where(
        Delivery.conversation_id == conversation.id,
        Delivery.message_id.is_not(None),
        Delivery.status.in_((DeliveryStatus.DELIVERED, DeliveryStatus.READ)),
    )
    return session.scalar(arrived) or conversation.created_at


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
