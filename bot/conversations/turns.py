"""The bot's turns, each under a lease on the conversation's row (docs/decisions/0002-turns-are-leased.md).

Only the lease's owner answers; a crash lets the lease run out, and `recover` finishes what was left. The holder is read
again, under the lock, before a bot's reply is recorded: the bot never talks over a person.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.orm import Session

from bot import clock, failpoints
from bot.conversations import distress, greeting, handoff, kept_files, transcript
from bot.conversations.dialogue import Answer, Dialogue, Turn
from bot.conversations.signals import Signals
from bot.db import Database, lock, new_id
from bot.errors import DialogueFailed
from bot.models import Author, Channel, Conversation, Handoff, Holder, Message
from bot.words import say

LEASE = dt.timedelta(seconds=20)  # longer than the wait for Rasa (`GT_RASA_TIMEOUT`)
PAUSE = dt.timedelta(seconds=3)
WAIT_FOR_REPAIR = dt.timedelta(seconds=60)
FAILURES_BEFORE_PERSON = 2
PERSON = "/request_human"

TURN_S = Histogram("goodterms_turn_seconds", "From asking Rasa to the recorded answer")
FAILED_TURNS = Counter("goodterms_failed_turns", "Turns that Rasa did not answer")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that waits for the bot. `reset`: the dialogue begins a clean session first."""

    turn: Turn
    reset: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A lease to answer a conversation; `first` is the message to begin with, when it is known already."""

    conversation_id: uuid.UUID
    lease: uuid.UUID
    first: Asked | None = None


def begin(conversation: Conversation, message: Message) -> Begun | None:
    """A lease to answer `message`, or None while somebody else has one. The caller holds the lock of the row."""
    # A lease that was given back left nothing unanswered; one that ran out may have.
    first = _asked(conversation, message) if conversation.turn_owner is None else None
    lease = _lease(conversation)
    return Begun(conversation.id, lease, first) if lease else None


async def answer(db: Database, dialogue: Dialogue, signals: Signals, begun: Begun) -> None:
    """Run the bot's turns for every message that waits, in order, while the lease is ours."""
    conversation_id, lease = begun.conversation_id, begun.lease
    turn = begun.first or await asyncio.to_thread(_next_turn, db, begun)
    while turn is not None:
        said: Answer | DialogueFailed
        began = time.perf_counter()
        try:
            if turn.reset:
                await dialogue.reset(conversation_id, turn.turn.locale)
            said = await dialogue.converse(turn.turn)
        except DialogueFailed as error:
            said = error
            FAILED_TURNS.inc()
            log.warning(
                "turn_failed", conversation=str(conversation_id), reason=str(error.about), retryable=error.retryable
            )
        failpoints.reach("turn.answered")
        more = await asyncio.to_thread(_record, db, conversation_id, lease, turn, said)
        failpoints.reach("turn.recorded")
        TURN_S.observe(time.perf_counter() - began)
        signals.ring(conversation_id, desk=more.desk)
        turn = await asyncio.to_thread(_next_turn, db, begun) if more.go_on else None


async def recover(db: Database, dialogue: Dialogue, signals: Signals) -> int:
    """Finish what a crash or an outage left unanswered; how many conversations were taken up."""
    begun = await asyncio.to_thread(_left_behind, db)
    await asyncio.gather(*(answer(db, dialogue, signals, one) for one in begun))
    return len(begun)


def to_person(session: Session, conversation: Conversation) -> None:
    """The assistant does not work: say so, and ask for a person. The caller holds the lock of the row."""
    transcript.append(session, conversation, author=Author.BOT, text=say("failed_to_person", conversation.locale))
    handoff.request(
        session,
        conversation.id,
        reason="technical_failure",
        skill="general",
        summary={"what": "The assistant failed; the customer's messages are unanswered."},
        actor="system",
    )


def give_up(conversation: Conversation) -> None:
    """End the lease: whoever had it records nothing any more, and nobody takes its turn up again."""
    conversation.turn_owner = conversation.turn_until = None


@dataclass(frozen=True, slots=True)
class _More:
    go_on: bool
    desk: bool


def _lease(conversation: Conversation) -> uuid.UUID | None:
    at = clock.now()
    if conversation.turn_until is not None and conversation.turn_until > at:
        return None
    conversation.turn_owner = new_id()
    conversation.turn_until = at + LEASE
    return conversation.turn_owner


def _asked(conversation: Conversation, message: Message) -> Asked:
    text = message.text if message.payload is None else None
    turn = Turn(conversation.id, message.id, conversation.locale, text=text, payload=message.payload)
    return Asked(turn, conversation.dialogue_reset)


def _next_turn(db: Database, begun: Begun) -> Asked | None:
    with db.reading() as session:
        conversation = session.get_one(Conversation, begun.conversation_id)
        waiting = transcript.pending(session, begun.conversation_id)
        if conversation.turn_owner == begun.lease and conversation.holder == Holder.BOT and waiting:
            return _asked(conversation, waiting[0])
    with db.transaction() as session:
        held = lock(session, Conversation, begun.conversation_id)
        if held is not None and held.turn_owner == begun.lease:
            give_up(held)
    return None


def _record(
    db: Database, conversation_id: uuid.UUID, lease: uuid.UUID, turn: Asked, said: Answer | DialogueFailed
) -> _More:
    with db.transaction() as session:
        conversation = lock(session, Conversation, conversation_id)
        message_id = turn.turn.message_id
        if conversation is None or conversation.turn_owner != lease:
            return _More(go_on=False, desk=False)
        waiting = transcript.pending_ids(session, conversation_id)
        is_waiting = message_id in waiting
        # Nobody else moves it from the bot to the queue while the turn runs: the turn itself asked for a person.
        is_wanted = is_waiting or conversation.holder == Holder.QUEUE
        if is_wanted and conversation.channel != Channel.WEB and conversation.holder != Holder.AGENT:
            greeting.before_answer(session, conversation, to=session.get_one(Message, message_id))
        if isinstance(said, DialogueFailed):
            message = session.get_one(Message, message_id)
            if conversation.holder == Holder.QUEUE:
                _say_handed_over(session, conversation)
            if is_waiting and _apologise(session, conversation, message, said):
                # The lease stays until it runs out: that is the pause before `recover` tries again.
                conversation.turn_until = clock.now() + PAUSE
                return _More(go_on=False, desk=conversation.holder != Holder.BOT)
        else:
            transcript.answered(session, message_id, said.intent, said.confidence)
            conversation.dialogue_reset = conversation.dialogue_reset and not turn.reset
            if is_wanted and conversation.holder != Holder.AGENT:
                conversation.failures = 0
                kept_files.say_kept(session, conversation, message_id)
                _say(session, conversation, said)
        go_on = conversation.holder == Holder.BOT and bool(waiting - {message_id})
        if go_on:
            conversation.turn_until = clock.now() + LEASE
        else:
            give_up(conversation)
        return _More(go_on=go_on, desk=conversation.holder != Holder.BOT)


def _say(session: Session, conversation: Conversation, said: Answer) -> None:
    for reply in said.replies:
        buttons: list[Any] | None = [dict(button) for button in reply.buttons] or None
        transcript.append(session, conversation, author=Author.BOT, text=reply.text, buttons=buttons, card=reply.card)


def _apologise(session: Session, conversation: Conversation, message: Message, failed: DialogueFailed) -> bool:
    """Tell the customer kindly, and turn to a person when it lasts. Gives whether the turn is to be tried again."""
    first = conversation.failures == 0
    conversation.failures += 1
    if distress.is_heard(message.text):
        message.pending = False
        distress.answer(session, conversation)
        return False
    locale = conversation.locale
    person = [{"title": say("button_person", locale), "payload": PERSON}]
    wants_person = message.payload == PERSON
    if failed.retryable and not wants_person and clock.now() - message.created_at < WAIT_FOR_REPAIR:
        if first:
            transcript.append(session, conversation, author=Author.BOT, text=say("unavailable", locale), buttons=person)
        return True
    message.pending = False
    if failed.retryable or wants_person or conversation.failures >= FAILURES_BEFORE_PERSON:
        to_person(session, conversation)
    else:
        transcript.append(session, conversation, author=Author.BOT, text=say("failed", locale), buttons=person)
    return False


def _say_handed_over(session: Session, conversation: Conversation) -> None:
    """The turn asked for a person and then broke off: the sentence that says so must not be missing."""
    reason = session.scalar(sa.select(Handoff.reason).where(Handoff.id == conversation.handoff_id))
    if reason == distress.REASON:
        distress.answer(session, conversation)
    else:
        transcript.append(
            session, conversation, author=Author.SYSTEM, text=say("failed_to_person", conversation.locale)
        )


def _left_behind(db: Database) -> list[Begun]:
    ran_out = Conversation.turn_until < clock.now()
    with db.reading() as session:
        broken_off = list(
            session.scalars(sa.select(Conversation.id).where(Conversation.holder == Holder.QUEUE, ran_out).limit(50))
        )
        ids = list(
            session.scalars(
                sa.select(Message.conversation_id)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .where(
                    Message.pending.is_(True),
                    Conversation.holder == Holder.BOT,
                    sa.or_(Conversation.turn_until.is_(None), ran_out),
                )
                .distinct()
                .limit(50)
            )
        )
    begun = []
    for conversation_id in broken_off:
        with db.transaction() as session:
            conversation = lock(session, Conversation, conversation_id)
            if conversation is not None and conversation.turn_owner is not None and conversation.holder == Holder.QUEUE:
                give_up(conversation)
                greeting.before_answer(session, conversation)
                _say_handed_over(session, conversation)
    for conversation_id in ids:
        with db.transaction() as session:
            conversation = lock(session, Conversation, conversation_id)
            lease = _lease(conversation) if conversation is not None else None
            if lease is not None:
                begun.append(Begun(conversation_id, lease))
    return begun
