"""The first words on a phone: this is a program (P6), and nothing that implies a debt (P1)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot import policies
from bot.billing.identity import refusals
from bot.conversations import transcript
from bot.models import Author, Channel, Conversation, Message, Purpose
from bot.words import say

GREETING = "greeting"


def before_answer(session: Session, conversation: Conversation, to: Message | None = None) -> None:
    """Greet, once for each phone, before the first answer; on the website nothing is done. The caller holds the lock of
    the row.

    Not before the confirmation of a refusal, in which nothing else may be (C5): `to` is what is answered now, and has
    refused messages when the refusal is younger.
    """
    if conversation.channel == Channel.WEB or conversation.address is None:
        return
    if transcript.id_by_client_id(session, conversation.id, GREETING) is not None:
        return
    if to is not None and _has_refused(session, conversation, conversation.address, to):
        return
    text = say("greeting_phone", conversation.locale, brand=policies.brand_name())
    transcript.append(session, conversation, author=Author.BOT, text=text, client_id=GREETING)


def _has_refused(session: Session, conversation: Conversation, address: str, message: Message) -> bool:
    """Ids sort by creation, however the clock moves."""
    refusal = refusals.newest(session, Channel(conversation.channel), address, Purpose.EVERYTHING)
    return refusal is not None and not refusal.granted and message.id < refusal.id
