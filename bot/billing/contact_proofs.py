"""What a changed contact ends: whoever got in by the old one is out, on every medium (P1; docs/decisions/0018)."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import identity
from bot.db import lock
from bot.models import (
    Channel,
    ContactEdit,
    ContactField,
    Conversation,
    Customer,
    Holder,
    VerificationChallenge,
)
from bot.phone_numbers import alike


def lock_theirs(session: Session, customer_id: uuid.UUID) -> None:
    """Lock every conversation whose proof a changed key may end, as the dialogue does it: before the customer."""
    phone = session.scalar(sa.select(Customer.phone).where(Customer.id == customer_id))
    asked = sa.select(VerificationChallenge.conversation_id).where(
        VerificationChallenge.customer_id == customer_id, VerificationChallenge.used_at.is_(None)
    )
    theirs = [_is_proven(customer_id), Conversation.id.in_(asked)]
    if phone:
        theirs.append(Conversation.address.in_(alike(phone)))
    found = session.scalars(sa.select(Conversation.id).where(sa.or_(*theirs)).order_by(Conversation.id)).all()
    for conversation_id in found:
        lock(session, Conversation, conversation_id)


def end(session: Session, customer: Customer, edit: ContactEdit) -> None:
    """End every proof of `customer` now that `edit` of a key is made, and every code that is on its way. One is kept:
    of the conversation in which whoever proposed it speaks with them, if that was proven by something else."""
    spoken = session.scalars(
        sa.select(Conversation).where(
            _is_proven(customer.id), Conversation.holder == Holder.AGENT, Conversation.agent_id == edit.proposed_by
        )
    ).all()
    kept = [here.id for here in spoken if not _rests_on(session, here, customer, ContactField(edit.field))]
    session.execute(
        sa.update(Conversation)
        .where(_is_proven(customer.id), Conversation.id.not_in(kept))
        .values(verified_until=None)
        .execution_options(synchronize_session="fetch")
    )
    if edit.field == ContactField.PHONE and edit.before:
        identity.end_everywhere(session, edit.before)
    session.execute(
        sa.update(VerificationChallenge)
        .where(VerificationChallenge.customer_id == customer.id, VerificationChallenge.used_at.is_(None))
        .values(used_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def _rests_on(session: Session, here: Conversation, customer: Customer, field: ContactField) -> bool:
    """Whether the proof in `here` may have been by `field`: on a phone by its number and what they know, by e-mail by
    the address and what they know, on the web by a code that went to the number, else by a page that they are signed in
    to."""
    if (field == ContactField.EMAIL) != (here.channel == Channel.EMAIL) and field != ContactField.POSTCODE:
        return False
    if here.channel != Channel.WEB or field == ContactField.POSTCODE:
        return here.channel != Channel.WEB
    code = sa.select(VerificationChallenge.id).where(
        VerificationChallenge.conversation_id == here.id,
        VerificationChallenge.customer_id == customer.id,
        VerificationChallenge.used_at.is_not(None),
    )
    return session.scalar(code.limit(1)) is not None


def _is_proven(customer_id: uuid.UUID) -> sa.ColumnElement[bool]:
    return sa.and_(Conversation.customer_id == customer_id, Conversation.verified_until.is_not(None))
