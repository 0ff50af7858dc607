"""Where a customer's message goes: to the bot, to the queue or to an agent (design section 3)."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import identity
from bot.conversations import distress, feedback, handoff, keywords, refused_in_words, spoken, transcript, turns, waits
from bot.conversations.redaction import redact_cards
from bot.db import lock
from bot.errors import InvalidInput, NotFound, NotVerified, TooMany
from bot.models import Author, Conversation, Holder, Message
from bot.words import say

ACKNOWLEDGE_EVERY = dt.timedelta(minutes=3)
UNANSWERED_LIMIT = 20
BACK_TO_ASSISTANT = "/back_to_assistant"
CALL_BACK = "/request_callback"


@dataclass(frozen=True, slots=True)
class Received:
    """A message taken in. `begun` is set when the bot's turn is the receiver's to run."""

    message_id: uuid.UUID
    begun: turns.Begun | None
    desk: bool


def receive(
    session: Session,
    conversation_id: uuid.UUID,
    *,
    client_id: str,
    text: str | None = None,
    payload: str | None = None,
) -> Received:
    """Write down what the customer said or chose, and route it by the holder.

    Raises `InvalidInput` (empty, too long, a choice that is not open), `TooMany`, `NotFound`. Nothing is stored then.
    The same `client_id` again changes nothing and gives the same message.
    """
    conversation = lock(session, Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.", about=conversation_id)
    before = transcript.id_by_client_id(session, conversation_id, client_id)
    if before is not None:
        return Received(before, None, desk=False)
    text = _readable(session, conversation, text, payload)
    if payload == BACK_TO_ASSISTANT:
        return _back_to_assistant(session, conversation, client_id, text)
    if payload == CALL_BACK and conversation.holder == Holder.QUEUE:
        # A call instead of the wait, as it was offered: the assistant arranges it.
        handoff.withdraw(session, conversation, told=False)
    if payload is None:
        spoken.hear(session, conversation, text)
    to_bot = conversation.holder == Holder.BOT
    busy = to_bot and conversation.turn_until is not None
    if busy and len(transcript.pending_ids(session, conversation_id)) >= UNANSWERED_LIMIT:
        raise TooMany(say("too_fast", conversation.locale), retry_after=5, about=conversation_id)
    if not feedback.is_rating(session, conversation, text, payload):
        conversation.closed_at = None
    message = transcript.append(
        session,
        conversation,
        author=Author.CUSTOMER,
        text=text,
        payload=payload,
        client_id=client_id,
        pending=to_bot,
    )
    if not to_bot:
        _stay_verified(session, conversation)
    unheard = not to_bot or conversation.failures > 0
    if unheard and payload is None and distress.is_heard(text):
        distress.answer(session, conversation)
        message.pending = False
        turns.give_up(conversation)
        return Received(message.id, None, desk=True)
    if not to_bot and payload is None and refused_in_words.is_heard(text):
        refused_in_words.bind(session, conversation)
    elif conversation.holder == Holder.QUEUE:
        _acknowledge(session, conversation, text)
    if payload == turns.PERSON and conversation.failures:
        # The assistant does not work at the moment, so it is not asked: no dead ends (C13).
        turns.to_person(session, conversation)
        turns.give_up(conversation)
        return Received(message.id, None, desk=True)
    if not to_bot:
        return Received(message.id, None, desk=True)
    return Received(message.id, turns.begin(conversation, message), desk=False)


def _readable(session: Session, conversation: Conversation, text: str | None, payload: str | None) -> str:
    if payload is not None:
        title = transcript.offers(session, conversation.id, payload)
        if title is None:
            raise InvalidInput(say("choice_gone", conversation.locale))
        return title
    text = (text or "").replace("\x00", "").strip()
    if not text:
        raise InvalidInput(say("empty", conversation.locale))
    if len(text) > handoff.MESSAGE_LIMIT:
        limit, length = f"{handoff.MESSAGE_LIMIT:,}", f"{len(text):,}"
        raise InvalidInput(say("too_long", conversation.locale, limit=limit, length=length))
    return redact_cards(text, say("card_removed", conversation.locale))


def _back_to_assistant(session: Session, conversation: Conversation, client_id: str, text: str) -> Received:
    """The customer gives up the place in the queue. With an agent or the bot already, only the wish is written down."""
    message = transcript.append(
        session, conversation, author=Author.CUSTOMER, text=text, payload=BACK_TO_ASSISTANT, client_id=client_id
    )
    session.flush()
    if conversation.holder == Holder.QUEUE:
        handoff.withdraw(session, conversation)
    return Received(message.id, None, desk=True)


def _stay_verified(session: Session, conversation: Conversation) -> None:
    """Talking to a person is use too: the proof of identity does not run out in the middle of it (design section 6)."""
    with contextlib.suppress(NotVerified):
        identity.customer_of(session, conversation)


def _acknowledge(session: Session, conversation: Conversation, text: str) -> None:
    """Tell a waiting customer their place, at most every few minutes (design section 10, 2). Who asks whether a person
    writes is told each time (P6)."""
    is_asked = keywords.asks_what_writes(text)
    last = session.scalar(
        sa.select(sa.func.max(Message.created_at)).where(
            Message.conversation_id == conversation.id, Message.author == Author.SYSTEM
        )
    )
    if not is_asked and last is not None and clock.now() - last < ACKNOWLEDGE_EVERY:
        return
    locale, where = conversation.locale, waits.told(session, conversation)
    transcript.append(
        session,
        conversation,
        author=Author.SYSTEM,
        text=say("waiting_program" if is_asked else "waiting", locale, place=where),
        buttons=[{"title": say("button_assistant", locale), "payload": BACK_TO_ASSISTANT}],
    )
