"""What became of a delivery, written on its row: by the answer to our request, and by what the provider says later."""

from __future__ import annotations

import datetime as dt
import random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.channels import window
from bot.channels.base import FailureReason
from bot.conversations import consents, transcript
from bot.models import Author, Channel, ConsentSource, Conversation, Delivery, DeliveryStatus, Message

LONGEST_PAUSE_S = 300
# Somebody has to mend a setting or the account before it is worth asking again.
SETUP_PAUSE_S = 60
# What an outage has kept back for longer answers nothing any more.
KEPT = dt.timedelta(hours=24)
LOOK_AFTER = dt.timedelta(seconds=5)
# For agents.
BAD_ADDRESS = "This number cannot receive our messages, so what is written here does not reach the customer."
BAD_MAILBOX = "This address takes no e-mail, so what is written here does not reach the customer."


def taken(row: Delivery, status: DeliveryStatus, provider_id: str) -> bool:
    """The provider has it under its id, and says how far it got. The caller has seen that this is no step back."""
    now = clock.now()
    row.status, row.error, row.provider_id = status, None, provider_id
    row.changed_at = now
    row.sent_at = row.sent_at or now
    _forget_secret(row)
    return True


def failed(
    session: Session, row: Delivery, reason: FailureReason, code: int | None = None, retry_after: float | None = None
) -> None:
    """It was not taken, or did not arrive. What the reason says of the address or the conversation is written down
    (T2, T4). The caller holds the locks of the conversation's and the delivery's rows."""
    row.error = f"{reason}:{code}" if code is not None else str(reason)
    match reason:
        case FailureReason.LIMITED | FailureReason.UNAVAILABLE | FailureReason.SETUP:
            row.status, row.next_at = DeliveryStatus.QUEUED, clock.now() + pause(reason, row.attempts, retry_after)
        case FailureReason.UNKNOWN_OUTCOME:
            row.status, row.next_at = DeliveryStatus.UNCERTAIN, clock.now() + LOOK_AFTER
        case FailureReason.CLOSED_WINDOW if row.conversation_id is not None and not window.is_template(row):
            hold(session, row, by=f"{reason}:{code}")
        case FailureReason.BLOCKED:
            _refused(session, row, code)
            over(row, DeliveryStatus.WITHHELD, row.error)
        case FailureReason.BAD_ADDRESS:
            over(row, DeliveryStatus.FAILED, row.error)
            _tell_agents(session, row, BAD_MAILBOX if row.channel == Channel.EMAIL else BAD_ADDRESS)
        case _:
            over(row, DeliveryStatus.FAILED, row.error)


def is_late(row: Delivery) -> bool:
    """Whether its time is over: it is not sent, or asked about, any more."""
    return (row.expires_at or row.created_at + KEPT) <= clock.now()


def over(row: Delivery, status: DeliveryStatus, error: str | None) -> bool:
    """It does not go out (any more)."""
    row.status, row.error, row.changed_at = status, error, clock.now()
    _forget_secret(row)
    return True


def hold(session: Session, row: Delivery, *, at: dt.datetime | None = None, by: str | None = None) -> None:
    """It waits until the customer writes again; a template tells them that something waits (T4).

    `at` is when our clock saw that the window is closed. For a provider's refusal (`by`) it is just after it was asked,
    which stands on the row already: what the customer wrote since has opened the window again.
    """
    row.status, row.error, row.sent_at = DeliveryStatus.HELD, by or str(FailureReason.CLOSED_WINDOW), None
    row.changed_at = at or row.changed_at + dt.timedelta(microseconds=1)
    if row.conversation_id is not None:
        window.knock(session, session.get_one(Conversation, row.conversation_id), row)


def hold_behind(row: Delivery, before: Delivery) -> None:
    """It waits as long as the one before it, for the same reason."""
    row.status, row.error, row.changed_at = DeliveryStatus.HELD, before.error, before.changed_at


def pause(reason: FailureReason, attempts: int, retry_after: float | None) -> dt.timedelta:
    """Twice as long each time, up to five minutes, and never quite the same: many wait for the same provider."""
    first = SETUP_PAUSE_S if reason == FailureReason.SETUP else 1
    grown = float(min(first * 2 ** min(attempts, 12), LONGEST_PAUSE_S))
    return dt.timedelta(seconds=max(grown * random.uniform(0.75, 1.25), retry_after or 0))  # noqa: S311 - no secret


def _refused(session: Session, row: Delivery, code: int | None) -> None:
    """The provider keeps a list of its own of who wants no messages; ours stays in step with it (T2)."""
    conversation = session.get(Conversation, row.conversation_id) if row.conversation_id else None
    consents.record(
        session,
        channel=Channel(row.channel),
        address=row.address,
        granted=False,
        source=ConsentSource.PROVIDER,
        detail=str(code) if code is not None else None,
        conversation=conversation,
    )


def _tell_agents(session: Session, row: Delivery, text: str) -> None:
    """A note in the thread, once until the customer writes again."""
    conversation = session.get(Conversation, row.conversation_id) if row.conversation_id else None
    if conversation is None:
        return
    spoken = sa.select(sa.func.max(Message.seq)).where(
        Message.conversation_id == conversation.id, Message.author == Author.CUSTOMER
    )
    told = sa.select(Message.id).where(
        Message.conversation_id == conversation.id,
        Message.hidden.is_(True),
        Message.text == text,
        Message.seq > sa.func.coalesce(spoken.scalar_subquery(), 0),
    )
    if session.scalar(told.limit(1)) is None:
        transcript.append(session, conversation, author=Author.SYSTEM, text=text, hidden=True)


def _forget_secret(row: Delivery) -> None:
    if row.secret:
        row.body = ""
