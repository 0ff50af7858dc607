"""What is a customer's, for forgetting them: their conversations, messages and payments, and how they were reached."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.db import lock
from bot.errors import NotFound
from bot.models import Channel, ContactEdit, Conversation, Customer, Message, Payment
from bot.phone_numbers import alike


@dataclass(frozen=True, slots=True)
class Theirs:
    """What is a customer's: their row as it still is, and their conversations and payments as queries."""

    customer: Customer
    conversations: sa.Select[uuid.UUID]
    messages: sa.Select[uuid.UUID]
    payments: sa.Select[uuid.UUID]


def theirs(session: Session, customer_id: uuid.UUID) -> Theirs:
    """What is the customer's."""
    conversations = sa.select(Conversation.id).where(Conversation.customer_id == customer_id)
    return Theirs(
        session.get_one(Customer, customer_id, populate_existing=True),
        conversations,
        sa.select(Message.id).where(Message.conversation_id.in_(conversations)),
        sa.select(Payment.id).where(Payment.customer_id == customer_id),
    )


def locked(session: Session, customer_id: uuid.UUID) -> Theirs:
    """The same, with their conversations and then the customer locked, as the house does it; those on their number,
    too, on which nobody has proven anything. Raises `NotFound`."""
    known = session.execute(sa.select(Customer.phone, Customer.email).where(Customer.id == customer_id)).first()
    phone, email = known if known is not None else (None, None)
    here = Conversation.customer_id == customer_id
    for own in (phone, email):
        if own:
            there = sa.and_(Conversation.channel != Channel.WEB, Conversation.address.in_(alike(own)))
            here = sa.or_(here, there)
    ids = sa.select(Conversation.id).where(here).order_by(Conversation.id)
    session.scalars(ids.with_for_update(key_share=True)).all()
    if lock(session, Customer, customer_id) is None:
        raise NotFound("There is no such customer.", about=customer_id)
    return theirs(session, customer_id)


def numbers(session: Session, of: Theirs) -> list[str]:
    """Every number by which they alone are or were reached, in each of its forms: what others have on file stays."""
    every = reached(session, of)
    others = sa.select(Customer.phone).where(Customer.phone.in_(every), Customer.id != of.customer.id)
    shared = {form for phone in session.scalars(others) if phone for form in alike(phone)}
    return sorted(every - shared)


def reached(session: Session, of: Theirs) -> set[str]:
    """The same with numbers that they share with others."""
    edits = sa.select(ContactEdit).where(ContactEdit.customer_id == of.customer.id, ContactEdit.field == "phone")
    found = {of.customer.phone, *(each for edit in session.scalars(edits) for each in (edit.before, edit.after))}
    mine = sa.select(Conversation.address).where(
        Conversation.customer_id == of.customer.id, Conversation.channel.not_in((Channel.WEB, Channel.EMAIL))
    )
    return {form for number in (*found, *session.scalars(mine)) if number for form in alike(number)}


def addresses(session: Session, of: Theirs) -> list[str]:
    """Every number and every e-mail address by which they alone are or were reached."""
    every = mailboxes(session, of)
    others = sa.select(Customer.email).where(Customer.email.in_(every), Customer.id != of.customer.id)
    return sorted({*numbers(session, of), *every - set(session.scalars(others))})


def mailboxes(session: Session, of: Theirs) -> set[str]:
    """Every e-mail address by which they are or were reached."""
    edits = sa.select(ContactEdit).where(ContactEdit.customer_id == of.customer.id, ContactEdit.field == "email")
    found = {of.customer.email, *(each for edit in session.scalars(edits) for each in (edit.before, edit.after))}
    mine = sa.select(Conversation.address).where(
        Conversation.customer_id == of.customer.id, Conversation.channel == Channel.EMAIL
    )
    return {each for each in (*found, *session.scalars(mine)) if each and "@" in each}


def about(kind: Any, of: Theirs) -> sa.ColumnElement[bool]:
    """Rows of `kind` that are theirs, by customer or by conversation."""
    return sa.or_(kind.customer_id == of.customer.id, kind.conversation_id.in_(of.conversations))
