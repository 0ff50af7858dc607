"""A message from a phone into its conversation: keyword, choice, words or a file, in this order (design section 3)."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa
from babel import Locale, UnknownLocaleError
from sqlalchemy.orm import Session

from bot import clock, phone_numbers, policies
from bot.billing import identity
from bot.channels import media, meta_webhook, twilio_webhook, unread
from bot.channels.inbound_message import NOT_ANSWERED, InboundMessage, Kind
from bot.conversations import choices, keywords, opt_out, router, transcript
from bot.conversations.keywords import Keyword
from bot.conversations.router import Received
from bot.db import lock
from bot.errors import InvalidInput
from bot.models import Author, Conversation, ExternalEvent, Holder, Source
from bot.words import say

GREETING = "greeting"
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
    read = twilio_webhook.read if event.source == Source.TWILIO else meta_webhook.read
    message = read(event)
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
    received = _received(session, conversation, message)
    media.expect(session, received.message_id, message)
    session.flush()
    return received


def _conversation(session: Session, message: InboundMessage, *, begun: bool) -> Conversation | None:
    """The one conversation of this phone and medium, locked; made if there is none and it is `begun` by this message.

    Where the provider writes a number otherwise than we did when we began, the conversation that is there goes on.
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
                    locale=_locale(message.address),
                )
            )
    except sa.exc.IntegrityError:  # its first two messages at the same moment
        pass
    return _known(session, message)


def _known(session: Session, message: InboundMessage) -> Conversation | None:
    forms = phone_numbers.alike(message.address)
    rows = session.execute(
        sa.select(Conversation.address, Conversation.id).where(
            Conversation.channel == message.channel, Conversation.address.in_(forms)
        )
    )
    known = {row.address: row.id for row in rows}
    nearest = next((known[form] for form in forms if form in known), None)
    return lock(session, Conversation, nearest) if nearest is not None else None


def _locale(address: str) -> str:
    """English as it is written where the number is from: nothing is taken from an account (P2)."""
    region = phone_numbers.region_of(address)
    try:
        return f"en-{Locale.parse(f'en_{region}').territory}" if region else "en-US"
    except UnknownLocaleError:
        return "en-US"


def _doubt(session: Session, conversation: Conversation, message: InboundMessage) -> Received:
    """Somebody else may hold the phone now: the proof of identity ends, and agents are told."""
    identity.end(session, conversation)
    note = transcript.append(
        session, conversation, author=Author.SYSTEM, text=_NOTES[message.kind], client_id=message.client_id, hidden=True
    )
    session.flush()
    return Received(note.id, None, desk=True)


def _received(session: Session, conversation: Conversation, message: InboundMessage) -> Received:
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
        )
        return Received(said.id, None, desk=conversation.holder != Holder.BOT)
    if message.kind == Kind.TEXT or (message.media and message.text):
        return _words(session, conversation, message, payload)
    received = unread.keep(session, conversation, message)
    if conversation.holder == Holder.BOT:
        _greet(session, conversation)
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
        received = _routed(session, conversation, message, payload)
    except InvalidInput as error:
        conversation.wrote_at = clock.now()  # they did write, so the answer may go out (T4)
        said = transcript.append(
            session, conversation, author=Author.SYSTEM, text=error.message, client_id=message.client_id
        )
        session.flush()
        return Received(said.id, None, desk=conversation.holder != Holder.BOT)
    if conversation.holder == Holder.BOT:
        _greet(session, conversation)
    return received


def _routed(session: Session, conversation: Conversation, message: InboundMessage, payload: str | None) -> Received:
    if payload is not None:
        with contextlib.suppress(InvalidInput):  # open no more: its title is heard as words
            return router.receive(session, conversation.id, client_id=message.client_id, payload=payload)
    return router.receive(session, conversation.id, client_id=message.client_id, text=message.text)


def _greet(session: Session, conversation: Conversation) -> None:
    """Once for each phone, before the first answer: this is a program (P6), and nothing that implies a debt (P1)."""
    if transcript.id_by_client_id(session, conversation.id, GREETING) is None:
        text = say("greeting_phone", conversation.locale, brand=policies.brand_name())
        transcript.append(session, conversation, author=Author.BOT, text=text, client_id=GREETING)
