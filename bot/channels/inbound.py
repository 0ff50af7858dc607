"""A message from a phone into its conversation: keyword, choice, words or a file, in this order (design section 3)."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, phone_numbers
from bot.billing import identity
from bot.billing.identity import refusals
from bot.channels import media, precedence, unread, window
from bot.channels.inbound_message import NOT_ANSWERED, InboundMessage, Kind
from bot.conversations import choices, greeting, keywords, opt_out, router, spoken, transcript
from bot.conversations.keywords import Keyword
from bot.conversations.router import Received
from bot.db import lock
from bot.errors import InvalidInput
from bot.models import Author, Channel, Conversation, ExternalEvent, Holder

_CHANGES = frozenset({Kind.NUMBER_CHANGED, Kind.IDENTITY_CHANGED})
# For agents.
_NOTES = {
    Kind.NUMBER_CHANGED: "WhatsApp says that this person has moved to another number. Who writes here is unproven now.",
    Kind.IDENTITY_CHANGED: "WhatsApp says that the phone or the app behind this number is another. Who writes here is "
    "unproven now.",
}


def process(session: Session, event: ExternalEvent) -> Received | None:
    """Act on a stored message and mark it as processed, in one transaction; what was written down, or None where there
    was nothing to write.

    The conversation's row is locked first and the event's second, so that it is acted on once. Raises `TooMany` while
    the assistant has too much to read of this customer: nothing is kept then, and it may be tried again.
    """
    message = precedence.read(event)
    is_said = message is not None and message.kind not in NOT_ANSWERED | _CHANGES
    conversation = _conversation(session, message, begun=is_said) if message is not None else None
    held = lock(session, ExternalEvent, event.id)
    if held is None or held.processed_at is not None:
        return None
    held.processed_at, held.error = clock.now(), None
    if message is None or conversation is None:
        return None
    if message.kind in _CHANGES:
        return _doubt(session, conversation, message)
    if not is_said:
        return None
    conversation.provider = message.provider
    before = conversation.wrote_at
    if message.channel == Channel.EMAIL and not message.answers_us:
        identity.end(session, conversation)  # it may be anybody who writes in their name
    if held.kind == precedence.PASSED:
        received = unread.keep_passed(session, conversation, message)
    else:
        received = _received(session, conversation, message, held)
    window.wrote(session, conversation, before, min(message.at or clock.now(), clock.now()))
    media.expect(session, received.message_id, message)
    session.flush()
    return received


def _conversation(session: Session, message: InboundMessage, *, begun: bool) -> Conversation | None:
    """The one conversation of this phone and medium, locked; made if there is none and it is `begun` by this message.

    Where the provider writes a number otherwise than we did when we began, the conversation that is there goes on with
    the number that was written from. One in which somebody has written stays theirs: a proof is never shared (P1).
    """
    found = _known(session, message)
    if found is not None or not begun:
        return found
    try:
        with session.begin_nested():
            session.add(
                Conversation(
                    channel=message.channel,
                    address=message.address,
                    provider=message.provider,
                    locale=spoken.at_number(phone_numbers.region_of(message.address)),
                )
            )
    except sa.exc.IntegrityError:  # its first two messages at the same moment
        pass
    return _known(session, message)


def _known(session: Session, message: InboundMessage) -> Conversation | None:
    own, *others = refusals.forms(message.channel, message.address)
    is_here = sa.select(Conversation.id).where(Conversation.channel == message.channel)
    known = session.scalar(is_here.where(Conversation.address == own))
    if known is not None:
        return lock(session, Conversation, known)
    begun = session.scalar(is_here.where(Conversation.address.in_(others), Conversation.wrote_at.is_(None)).limit(1))
    conversation = lock(session, Conversation, begun) if begun is not None else None
    if conversation is None or conversation.wrote_at is not None:
        return None
    conversation.address = own
    return conversation


def _doubt(session: Session, conversation: Conversation, message: InboundMessage) -> Received:
    """Somebody else may hold the phone now: the proof of identity ends, and agents are told."""
    identity.end(session, conversation)
    note = transcript.append(
        session, conversation, author=Author.SYSTEM, text=_NOTES[message.kind], client_id=message.client_id, hidden=True
    )
    session.flush()
    return Received(note.id, None, desk=True)


def _received(session: Session, conversation: Conversation, message: InboundMessage, event: ExternalEvent) -> Received:
    before = transcript.id_by_client_id(session, conversation.id, message.client_id)
    if before is not None:
        return Received(before, None, desk=False)
    payload = _tapped(session, conversation, message)
    keyword = _keyword(session, conversation, message) if payload is None else None
    if keyword is not None:
        said = opt_out.heard(
            session,
            conversation,
            keyword,
            text=message.text,
            client_id=message.client_id,
            told_by_provider=message.told is not None,
            at=message.at,
        )
        if keyword is Keyword.STOP and refusals.is_refused(session, message.channel, message.address):
            precedence.stop(session, event, message)
        return Received(said.id, None, desk=conversation.holder != Holder.BOT)
    if message.kind == Kind.TEXT or (message.media and message.text):
        return _words(session, conversation, message, payload)
    received = unread.keep(session, conversation, message)
    if conversation.holder == Holder.BOT:
        greeting.before_answer(session, conversation)
        unread.answer(session, conversation, message.kind)
    return received


def _tapped(session: Session, conversation: Conversation, message: InboundMessage) -> str | None:
    return choices.by_id(session, conversation, message.choice_id) if message.choice_id else None


def _keyword(session: Session, conversation: Conversation, message: InboundMessage) -> Keyword | None:
    if message.told is not None:
        return message.told
    if not message.text or message.kind == Kind.LOCATION:
        return None
    return keywords.read(message.text, refused=opt_out.awaits_yes(session, conversation))


def _words(session: Session, conversation: Conversation, message: InboundMessage, payload: str | None) -> Received:
    payload = payload or choices.chosen(session, conversation, message.text)
    try:
        return _routed(session, conversation, message, payload)
    except InvalidInput as error:
        said = transcript.append(
            session, conversation, author=Author.SYSTEM, text=error.message, client_id=message.client_id
        )
        session.flush()
        return Received(said.id, None, desk=conversation.holder != Holder.BOT)


def _routed(session: Session, conversation: Conversation, message: InboundMessage, payload: str | None) -> Received:
    if payload is not None:
        with contextlib.suppress(InvalidInput):  # open no more: its title is heard as words
            return router.receive(session, conversation.id, client_id=message.client_id, payload=payload)
    return router.receive(session, conversation.id, client_id=message.client_id, text=message.text)
