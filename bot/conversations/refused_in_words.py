"""A refusal in free words while a person has the conversation: nobody but us hears it as one, and it binds (C4, C7).

With the assistant the dialogue model hears it. The words are data (`policies/keywords.yml`, `refusals`).
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.conversations import consents, keywords, transcript
from bot.models import Author, Case, CaseStatus, Channel, ConsentSource, Conversation
from bot.words import say

CASE = "cease"
SUMMARY = "Refused messages on this number in words, while waiting for a person or speaking with one."
NOTE = "The customer wants no more messages here. What is written now reaches them only as an answer to a later one."


def is_heard(conversation: Conversation, text: str) -> bool:
    """Whether `text` refuses messages on the phone on which it was written."""
    return conversation.channel != Channel.WEB and conversation.address is not None and keywords.refuses(text)


def bind(session: Session, conversation: Conversation) -> None:
    """Keep it in the ledger of consents, tell whoever has the conversation, and confirm it once (C5). The caller holds
    the lock of the conversation's row."""
    kept = consents.record(
        session,
        channel=Channel(conversation.channel),
        address=conversation.address or "",
        granted=False,
        source=ConsentSource.WORDS,
        conversation=conversation,
    )
    if kept is None:
        return
    is_open = sa.select(Case.id).where(
        Case.conversation_id == conversation.id, Case.kind == CASE, Case.status == CaseStatus.OPEN
    )
    if session.scalar(is_open.limit(1)) is None:
        session.add(
            Case(conversation_id=conversation.id, customer_id=conversation.customer_id, kind=CASE, summary=SUMMARY)
        )
    transcript.append(session, conversation, author=Author.SYSTEM, text=NOTE, hidden=True)
    told = say("opted_out", conversation.locale, brand=policies.brand_name())
    transcript.append(session, conversation, author=Author.SYSTEM, text=told)
