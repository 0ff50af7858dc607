"""STOP, START and HELP on a phone: done at once, before any understanding, and confirmed once (C4, C5).

A stop binds the medium on which it was said; a later question gets its answer and restores nothing (design section 10,
10).
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies, words
from bot.billing.identity import refusals
from bot.conversations import consents, keywords, opt_in, opt_out_words, transcript, turns
from bot.conversations.keywords import Keyword
from bot.conversations.redaction import redact_cards
from bot.db import lock
from bot.errors import NotFound
from bot.models import (
    Author,
    Channel,
    ConsentSource,
    Conversation,
    Delivery,
    DeliveryStatus,
    Holder,
    Message,
    Purpose,
)
from bot.words import say

WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.HELD, DeliveryStatus.UNCERTAIN)
OPTED_OUT, OPTED_IN = "opted_out", "opted_in"
# For agents.
NOTES = {
    Keyword.STOP: "The customer sent STOP. What is written here now reaches them only as an answer to a later message.",
    Keyword.START: "The customer sent START: messages reach them here again.",
}


def heard(
    session: Session,
    conversation: Conversation,
    keyword: Keyword,
    *,
    text: str,
    client_id: str,
    told_by_provider: bool,
    at: dt.datetime | None = None,
) -> Message:
    """Write down the customer's `text`, do what `keyword` asks, and confirm it; gives the customer's message.

    `told_by_provider`: the provider has answered it by itself, so that we say nothing (state in step with its list).
    `at` is when it was said, where that is not now: what comes late, after the contrary was said, is written down and
    changes nothing (T3). The same `client_id` again changes nothing. Takes the lock of the conversation's row. Raises
    `NotFound`.
    """
    held = lock(session, Conversation, conversation.id)
    if held is None or held.address is None:
        raise NotFound("There is no such conversation.", about=conversation.id)
    before = transcript.by_client_id(session, held.id, client_id)
    if before is not None:
        return before
    confirmed = _confirmation(session, held) if keyword is Keyword.STOP else None
    message = transcript.append(
        session,
        held,
        author=Author.CUSTOMER,
        text=redact_cards(text.replace("\x00", "").strip(), say("card_removed", held.locale)),
        client_id=client_id,
    )
    is_late = _is_late(session, held, keyword, at)
    if keyword is not Keyword.HELP:
        _record(session, held, keyword, at=at, told_by_provider=told_by_provider)
    if is_late:
        session.flush()
        return message
    locale = keywords.language(text, held.locale)
    match keyword:
        case Keyword.STOP:
            _end_turn(session, held)
            _withhold(session, held, but=confirmed)
        case Keyword.START:
            _take_back(session, held)
            opt_in.welcome(session, held)
            opt_in.pass_on(session, held)
        case Keyword.HELP:
            pass
    _tell_person(session, held, keyword)
    if not told_by_provider and confirmed is None:
        _confirm(session, held, keyword, locale)
    session.flush()
    return message


def by_link(session: Session, conversation: Conversation) -> None:
    """The link in an e-mail was pressed: the refusal is written down at once, what waits stays here, and nothing is
    said, for the page has said it. The same again changes nothing. The caller holds the lock of the row."""
    if consents.is_refused(session, Channel(conversation.channel), conversation.address or ""):
        return
    consents.record(
        session,
        channel=Channel(conversation.channel),
        address=conversation.address or "",
        granted=False,
        source=ConsentSource.LINK,
        detail="link",
        conversation=conversation,
    )
    _end_turn(session, conversation)
    _withhold(session, conversation, but=None)
    _tell_person(session, conversation, Keyword.STOP)
    session.flush()


def awaits_yes(session: Session, conversation: Conversation) -> bool:
    """Whether a mere YES means START here: messages are stopped, and nothing that we have said since could be what it
    answers. It is what `keywords.read` takes for `refused`."""
    channel, address = Channel(conversation.channel), conversation.address or ""
    if not consents.is_refused(session, channel, address):
        return False
    last = _last_said(session, conversation)
    refused = refusals.newest(session, channel, address, Purpose.EVERYTHING)
    is_older = last is None or (refused is not None and last.created_at <= refused.created_at)
    return is_older or (last is not None and last.text in _spoken("opted_out", "help_phone"))


def _confirmation(session: Session, conversation: Conversation) -> Message | None:
    """The confirmation of a stop that is in force, where it is the last that we said as an answer (C5)."""
    if not consents.is_refused(session, Channel(conversation.channel), conversation.address or ""):
        return None
    last = _last_said(session, conversation)
    return last if last is not None and last.text in _spoken("opted_out") else None


def _last_said(session: Session, conversation: Conversation) -> Message | None:
    """The newest message of ours that was meant to reach them as an answer."""
    return session.scalars(
        sa.select(Message)
        .join(Delivery, Delivery.message_id == Message.id)
        .where(
            Message.conversation_id == conversation.id,
            Delivery.unasked.is_(False),
            Delivery.status != DeliveryStatus.WITHHELD,
        )
        .order_by(Message.seq.desc())
        .limit(1)
    ).first()


def _spoken(*keys: str) -> set[str]:
    brand = policies.brand_name()
    said = {say(key, language, brand=brand) for key in keys for language in words.languages(key)}
    return said | (opt_out_words.every_stop() if "opted_out" in keys else set())


def _is_late(session: Session, conversation: Conversation, keyword: Keyword, at: dt.datetime | None) -> bool:
    """Whether the contrary was said after `at`."""
    channel, address = Channel(conversation.channel), conversation.address or ""
    newest = refusals.newest(session, channel, address, Purpose.EVERYTHING)
    if at is None or newest is None or keyword is Keyword.HELP:
        return False
    return newest.created_at > at and newest.granted == (keyword is Keyword.STOP)


def _record(
    session: Session, conversation: Conversation, keyword: Keyword, *, at: dt.datetime | None, told_by_provider: bool
) -> None:
    consents.record(
        session,
        channel=Channel(conversation.channel),
        address=conversation.address or "",
        granted=keyword is Keyword.START,
        source=ConsentSource.PROVIDER if told_by_provider else ConsentSource.KEYWORD,
        detail=keyword,
        conversation=conversation,
        at=at,
    )


def _end_turn(session: Session, conversation: Conversation) -> None:
    """The assistant says no more about what came before: its turn, its form and what still waited for it are over."""
    turns.give_up(conversation)
    conversation.dialogue_reset = True
    conversation.failures = 0
    session.execute(
        sa.update(Message)
        .where(Message.conversation_id == conversation.id, Message.pending.is_(True))
        .values(pending=False)
        .execution_options(synchronize_session="fetch")
    )


def _withhold(session: Session, conversation: Conversation, *, but: Message | None) -> None:
    """What is still on its way there stays here, save the confirmation `but`; a one-time code is not kept, either."""
    forms = refusals.forms(Channel(conversation.channel), conversation.address or "")
    theirs = sa.or_(
        Delivery.conversation_id == conversation.id,
        sa.and_(Delivery.channel == conversation.channel, Delivery.address.in_(forms)),
    )
    kept = but.id if but is not None else uuid.UUID(int=0)
    session.execute(
        sa.update(Delivery)
        .where(theirs, Delivery.status.in_(WAITING), sa.or_(Delivery.message_id.is_(None), Delivery.message_id != kept))
        .values(
            status=DeliveryStatus.WITHHELD,
            error=OPTED_OUT,
            changed_at=clock.now(),
            body=sa.case((Delivery.secret.is_(True), ""), else_=Delivery.body),
        )
        .execution_options(synchronize_session="fetch")
    )


def _take_back(session: Session, conversation: Conversation) -> None:
    """The confirmation of a stop that has not gone out yet is no longer true."""
    confirmations = sa.select(Message.id).where(
        Message.conversation_id == conversation.id,
        Message.author == Author.SYSTEM,
        Message.text.in_(_spoken("opted_out")),
    )
    session.execute(
        sa.update(Delivery)
        .where(
            Delivery.message_id.in_(confirmations), Delivery.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.HELD))
        )
        .values(status=DeliveryStatus.WITHHELD, error=OPTED_IN, changed_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def _tell_person(session: Session, conversation: Conversation, keyword: Keyword) -> None:
    """A note for whoever has the conversation, or takes it: they still have it."""
    if conversation.holder != Holder.BOT and keyword in NOTES:
        transcript.append(session, conversation, author=Author.SYSTEM, text=NOTES[keyword], hidden=True)


def _confirm(session: Session, conversation: Conversation, keyword: Keyword, locale: str) -> None:
    brand = policies.brand_name()
    buttons = None
    match keyword:
        case Keyword.STOP:
            text = opt_out_words.stopped(conversation.channel, locale)
        case Keyword.START if opt_in.is_held(session, conversation):
            text = say("opted_in_asked", locale, brand=brand)
        case Keyword.START:
            text = opt_out_words.welcome(conversation.channel, locale)
        case Keyword.HELP:
            text = say("help_phone", locale, brand=brand)
            if conversation.holder == Holder.BOT:
                buttons = [{"title": say("button_person", locale), "payload": turns.PERSON}]
    transcript.append(session, conversation, author=Author.SYSTEM, text=text, buttons=buttons)
