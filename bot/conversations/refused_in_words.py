"""A refusal in free words while a person has the conversation: nobody but us hears it as one, and it binds (C4, C7).

With the assistant the dialogue model hears it. The words are data (`policies/keywords.yml`, `refusals`). On a phone
they bind where they were written; on the website the number on file of whoever is verified there.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import identity
from bot.conversations import consents, keywords, opt_out_words, transcript
from bot.errors import NotVerified
from bot.models import Author, Case, CaseStatus, Channel, Consent, ConsentSource, Conversation, Customer
from bot.words import say

CASE = "cease"
PHONES = (Channel.SMS, Channel.WHATSAPP)
SUMMARY = "Refused messages on this number in words, while waiting for a person or speaking with one."
SUMMARY_WEB = "Refused messages in words on the website, while waiting for a person or speaking with one."
# For agents.
NOTE = "The customer wants no more messages here. What is written now reaches them only as an answer to a later one."
NOTE_PHONES = (
    "The customer wants no more messages to their phone: texts and WhatsApp to the number on file are stopped."
)
NOTE_UNKNOWN = "They want no more messages to their phone. No number is known here, so nothing is stopped yet."


def is_heard(text: str) -> bool:
    """Whether `text` refuses messages."""
    return keywords.refuses(text)


def bind(session: Session, conversation: Conversation) -> None:
    """Keep it in the ledger of consents, tell whoever has the conversation, and confirm it once (C5). On the website,
    where no number is known, a person has to find whom it is about, and that is said. The caller holds the lock of the
    conversation's row."""
    if conversation.channel == Channel.WEB or conversation.address is None:
        _bind_on_web(session, conversation)
    elif _refused(session, conversation, [Channel(conversation.channel)], conversation.address):
        _case(session, conversation, SUMMARY)
        told = opt_out_words.stopped(conversation.channel, conversation.locale)
        _tell(session, conversation, note=NOTE, told=told)


def _bind_on_web(session: Session, conversation: Conversation) -> None:
    customer = _customer(session, conversation)
    if customer is not None and customer.phone:
        if _refused(session, conversation, PHONES, customer.phone):
            _case(session, conversation, SUMMARY_WEB)
            _tell(session, conversation, note=NOTE_PHONES, told=say("refused_on_phones", conversation.locale))
    elif _case(session, conversation, SUMMARY_WEB):
        _tell(session, conversation, note=NOTE_UNKNOWN, told=say("refused_passed_on", conversation.locale))


def _customer(session: Session, conversation: Conversation) -> Customer | None:
    try:
        return identity.customer_of(session, conversation)
    except NotVerified:
        return None


def _refused(session: Session, conversation: Conversation, channels: Iterable[Channel], address: str) -> list[Consent]:
    """What is new in the ledger."""
    kept = (
        consents.record(
            session,
            channel=channel,
            address=address,
            granted=False,
            source=ConsentSource.WORDS,
            conversation=conversation,
        )
        for channel in channels
    )
    return [consent for consent in kept if consent is not None]


def _case(session: Session, conversation: Conversation, summary: str) -> bool:
    """Open a case; False where one is open already."""
    is_open = sa.select(Case.id).where(
        Case.conversation_id == conversation.id, Case.kind == CASE, Case.status == CaseStatus.OPEN
    )
    if session.scalar(is_open.limit(1)) is not None:
        return False
    session.add(Case(conversation_id=conversation.id, customer_id=conversation.customer_id, kind=CASE, summary=summary))
    return True


def _tell(session: Session, conversation: Conversation, *, note: str, told: str) -> None:
    transcript.append(session, conversation, author=Author.SYSTEM, text=note, hidden=True)
    transcript.append(session, conversation, author=Author.SYSTEM, text=told)
