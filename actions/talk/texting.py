"""What words about texts, WhatsApp and e-mail mean for the ledger of consents: a refusal binds at once, as STOP would;
a yes counts where nothing is refused (C4, C5, C7)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from bot.conversations import consents
from bot.models import Channel, ConsentSource, Conversation, Customer, Medium

CHANNELS = {Medium.SMS: Channel.SMS, Medium.WHATSAPP: Channel.WHATSAPP, Medium.EMAIL: Channel.EMAIL}


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
    """The media on which nothing may be begun, where they write from and at what is on file."""
    return frozenset(
        medium
        for medium, channel in CHANNELS.items()
        if any(consents.is_refused(session, channel, own) for own in _addresses(conversation, customer, channel))
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
    for channel in sorted(channels):
        for address in _addresses(conversation, customer, channel):
            if granted and consents.is_refused(session, channel, address):
                continue
            consents.record(
                session,
                channel=channel,
                address=address,
                granted=granted,
                source=ConsentSource.WORDS,
                conversation=conversation,
                customer_id=customer.id if customer else None,
            )


def _addresses(conversation: Conversation, customer: Customer | None, channel: Channel) -> list[str]:
    """Where `channel` reaches them: from where they write, if it does so there, and what is on file."""
    is_mail = channel == Channel.EMAIL
    has_same_kind = (conversation.channel == Channel.EMAIL) == is_mail and conversation.channel != Channel.WEB
    on_file = (customer.email if is_mail else customer.phone) if customer else None
    return sorted({own for own in (conversation.address if has_same_kind else None, on_file) if own})
