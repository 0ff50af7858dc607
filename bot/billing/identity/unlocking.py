"""What an agent does about a proof of identity: lifts what wrong tries have locked, or ends a proof that they doubt."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing.identity import refusals
from bot.billing.identity import verification_locks as locks
from bot.errors import Conflict
from bot.models import (
    Agent,
    Channel,
    Conversation,
    Customer,
    VerificationChallenge,
    VerificationLock,
    VerificationUnlock,
)


def locked_until(session: Session, conversation: Conversation) -> dt.datetime | None:
    """Until when nobody can prove who they are here: the longest lock of the address and of the accounts that were
    tried. None when nothing is locked."""
    until = session.scalar(
        sa.select(sa.func.max(VerificationLock.locked_until)).where(
            VerificationLock.subject.in_(_subjects(session, conversation)), VerificationLock.locked_until > clock.now()
        )
    )
    return until.replace(tzinfo=dt.UTC) if until is not None and until.tzinfo is None else until


def unlock(session: Session, agent: Agent, conversation: Conversation, reason: str) -> VerificationUnlock:
    """Lift every lock that stands in the way here, and write down why. Raises `Conflict` when nothing is locked.

    The caller holds the conversation's row.
    """
    if locked_until(session, conversation) is None:
        raise Conflict("Nothing is locked here (any more).", about=conversation.id)
    for subject in _subjects(session, conversation):
        locks.unlock(session, subject)
    made = VerificationUnlock(
        customer_id=conversation.customer_id, conversation_id=conversation.id, reason=reason, agent_id=agent.id
    )
    session.add(made)
    session.flush()
    return made


def _subjects(session: Session, conversation: Conversation) -> list[str]:
    """Sorted, so that two agents lock them in the same order."""
    tried: set[uuid.UUID | None] = {conversation.customer_id}
    tried |= set(
        session.scalars(
            sa.select(VerificationChallenge.customer_id).where(VerificationChallenge.conversation_id == conversation.id)
        )
    )
    if conversation.channel != Channel.WEB and conversation.address:
        numbers = refusals.forms(Channel(conversation.channel), conversation.address)
        on_file = Customer.email if conversation.channel == Channel.EMAIL else Customer.phone
        tried |= set(session.scalars(sa.select(Customer.id).where(on_file.in_(numbers))))
    return sorted([locks.address(conversation), *(locks.account(customer_id) for customer_id in tried if customer_id)])
