"""What words about texts and WhatsApp mean for the ledger of consents: a refusal binds at once, as STOP would; a yes
counts where nothing is refused (C4, C5, C7)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from bot.conversations import consents
from bot.models import Channel, ConsentSource, Conversation, Customer, Medium

CHANNELS = {Medium.SMS: Channel.SMS, Medium.WHATSAPP: Channel.WHATSAPP}


def refuse(
    session: Session, conversation: Conversation, customer: Customer | None, media: Iterable[Medium | None]
) -> None:
    """They want nothing by `media`; None is every one. On a phone, texts are what they get there, whatever they call
    it. The answer to this message still goes out."""
    refused = set(media)
    channels = {CHANNELS[medium] for medium in refused if medium in CHANNELS}
    if None in refused:
        channels = set(CHANNELS.values())
    elif Medium.SMS in refused and conversation.channel != Channel.WEB:
        channels.add(Channel(conversation.channel))
    _record(session, conversation, customer, channels, granted=False)


def refused(session: Session, conversation: Conversation, customer: Customer | None) -> frozenset[Medium]:
    """The media of phones on which nothing may be begun, where they write from and at the number on file."""
    return frozenset(
        medium
        for medium, channel in CHANNELS.items()
        if any(consents.is_refused(session, channel, phone) for phone in _phones(conversation, customer))
    )


def allow(
    session: Session, conversation: Conversation, customer: Customer | None, media: Iterable[Medium | None]
) -> None:
    """They would like to hear from us by `media`. What they have stopped stays so until they send START."""
    channels = {CHANNELS[medium] for medium in media if medium in CHANNELS}
    _record(session, conversation, customer, channels, granted=True)


def _record(
    session: Session, conversation: Conversation, customer: Customer | None, channels: set[Channel], *, granted: bool
) -> None:
    for phone in _phones(conversation, customer):
        for channel in sorted(channels):
            if granted and consents.is_refused(session, channel, phone):
                continue
            consents.record(
                session,
                channel=channel,
                address=phone,
                granted=granted,
                source=ConsentSource.WORDS,
                conversation=conversation,
                customer_id=customer.id if customer else None,
            )


def _phones(conversation: Conversation, customer: Customer | None) -> list[str]:
    here = conversation.address if conversation.channel != Channel.WEB else None
    return sorted({phone for phone in (here, customer.phone if customer else None) if phone})
