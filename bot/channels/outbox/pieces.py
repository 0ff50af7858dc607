"""A message of the transcript becomes pieces of what its channel can carry; a piece becomes what a sender sends."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from bot import disclosures, policies
from bot.billing.identity import proofs
from bot.channels import segments, window
from bot.channels.base import Choosable, Mail, Outgoing, Sender, Style
from bot.channels.outbox import letters
from bot.channels.rendering import render as render_message
from bot.conversations import choices
from bot.help_lines import country_of
from bot.models import Author, Channel, Conversation, Customer, Delivery, Holder, Message
from bot.settings import settings
from bot.words import say

STATUS_PATH = "/webhooks/twilio/status"


def render(session: Session, conversation: Conversation, row: Delivery, sender: Sender) -> bool:
    """Render the message of `row` for `sender`; its first piece is `row`, each further one a delivery of its own. False
    when there is nothing to show.

    What we begin says how to hear no more (C3), save while a person is talking with the customer. An e-mail says it at
    its foot, and has in it what waits behind it, too.
    """
    if row.channel == Channel.EMAIL:
        return _render_mail(session, conversation, row, sender)
    message = session.get_one(Message, row.message_id)
    number = choices.first_number(session, message)
    is_begun = row.unasked and conversation.holder == Holder.BOT
    if is_begun:
        message = _with_way_out(message, say("way_out", conversation.locale))
    parts = render_message(message, sender.capabilities, locale=conversation.locale, first_number=number)
    for index, part in enumerate(parts):
        piece = row if index == 0 else _another(row, index)
        piece.body, piece.content, piece.rendered = part.body, part.content, True
        piece.segments = segments.count(part.body) if row.channel == Channel.SMS else None
        session.add(piece)
    session.flush()
    return bool(parts)


def _render_mail(session: Session, conversation: Conversation, row: Delivery, sender: Sender) -> bool:
    """One e-mail of all that was said in one breath; a message in which there is nothing to show is left out."""
    inside = letters.behind(session, row)
    first = session.get_one(Message, row.message_id)
    said = [text for each in (row, *inside) for text in _words(session, conversation, each, sender)]
    for each in inside:
        letters.put_inside(each, row)
    row.body, row.content, row.rendered = "\n\n".join(said), _mail(session, conversation, first, row), True
    session.flush()
    return bool(said)


def _words(session: Session, conversation: Conversation, row: Delivery, sender: Sender) -> list[str]:
    message = session.get_one(Message, row.message_id)
    number = choices.first_number(session, message)
    parts = render_message(message, sender.capabilities, locale=conversation.locale, first_number=number)
    return [part.body for part in parts]


def outgoing(row: Delivery) -> Outgoing:
    """What a sender is given for this piece."""
    kept = row.content or {}
    return Outgoing(
        to=row.address,
        body=row.body,
        reference=str(row.id),
        status_callback=f"{settings().public_url}{STATUS_PATH}?{urlencode({'delivery': str(row.id)})}",
        choices=tuple(Choosable(**choice) for choice in kept.get("choices", ())),
        style=Style(kept.get("style", Style.PLAIN)),
        list_button=kept.get("list_button", ""),
        plain=kept.get("plain"),
        template=window.template_of(row),
        mail=_kept_mail(row),
    )


def _mail(session: Session, conversation: Conversation, message: Message, row: Delivery) -> dict[str, Any]:
    """What an e-mail has beside its words. The subject is the same for all: it implies nothing (P1). Where nobody has
    shown who they are, the language says by which country's law it is signed (C10)."""
    subject = policies.in_language(policies.email().subject, conversation.locale)
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    country = customer.country if customer else country_of(conversation.locale)
    is_person = message.author == Author.AGENT
    return {
        "subject": subject.format(brand=policies.brand_name()),
        "locale": conversation.locale,
        "auto": "no" if is_person else "auto-generated" if row.unasked else "auto-replied",
        "asks_answer": conversation.wrote_at is not None and not proofs.answers_us(session, conversation),
        "disclosures": disclosures.in_email(country, conversation.locale),
    }


def _kept_mail(row: Delivery) -> Mail | None:
    if row.channel != Channel.EMAIL or row.conversation_id is None or not row.content:
        return None
    return Mail(**row.content, conversation_id=row.conversation_id)


def _another(first: Delivery, part: int) -> Delivery:
    return Delivery(
        message_id=first.message_id,
        conversation_id=first.conversation_id,
        seq=first.seq,
        part=part,
        channel=first.channel,
        provider=first.provider,
        address=first.address,
        unasked=first.unasked,
        expires_at=first.expires_at,
    )


def _with_way_out(message: Message, way_out: str) -> Message:
    """The same message, which is not in the database, with the way out below its words, unless they name it."""
    if not message.text.strip() or re.search(r"\b(STOP|PARAR)\b", message.text):
        return message
    kept = {column.key: getattr(message, column.key) for column in inspect(Message).column_attrs}
    return Message(**{**kept, "text": f"{message.text.rstrip()}\n\n{way_out}"})
