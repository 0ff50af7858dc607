"""A proof of identity: what can come of one, and how long it holds (design section 6)."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.models import Author, Channel, Conversation, Customer, Message


class Outcome(StrEnum):
    """What came of a try. `expired` also when no code was asked for or it was used; `shared`: what was said is right
    for several customers with this number, so that the other factor has to tell them apart."""

    VERIFIED = "verified"
    WRONG = "wrong"
    EXPIRED = "expired"
    LOCKED = "locked"
    SHARED = "shared"


# How the transcript names an e-mail that answers one of ours, and one that only says whom it is from.
MAIL_ANSWERS, MAIL_SAYS = "mail+", "mail-"


def answers_us(session: Session, conversation: Conversation) -> bool:
    """Whether what the customer wrote last came from the conversation's address, and did not only say so: anybody can
    write an e-mail in another's name. A phone's network knows its numbers, and a browser its session."""
    if conversation.channel != Channel.EMAIL:
        return True
    newest = session.scalar(
        sa.select(Message.client_id)
        .where(Message.conversation_id == conversation.id, Message.author == Author.CUSTOMER)
        .order_by(Message.seq.desc())
        .limit(1)
    )
    return newest is not None and newest.startswith(MAIL_ANSWERS)


def verify(conversation: Conversation, customer: Customer) -> None:
    """The conversation is `customer`'s from now on, for as long as a proof holds there."""
    conversation.customer_id = customer.id
    conversation.verified_until = clock.now() + holds_for(conversation)


def holds_for(conversation: Conversation) -> dt.timedelta:
    """How long a proof holds: on the web after the last use, on a phone after the proof."""
    policy = policies.identity()
    if conversation.channel == Channel.WEB:
        return dt.timedelta(minutes=policy.web_idle_minutes)
    return dt.timedelta(hours=policy.phone_hours)
