"""Customers who are reminded, and what became of it."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import payments
from bot.conversations import consents
from bot.db import Database
from bot.models import (
    Channel,
    ConsentSource,
    Conversation,
    Customer,
    Delivery,
    GateDecision,
    Message,
    Purpose,
    Reminder,
    ReminderStatus,
)
from bot.money import Money
from bot.outreach import reminders
from bot.settings import settings
from tests import factories
from tests.conftest import SetClock

SETTINGS = {
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "TWILIO_AUTH_TOKEN": "only-for-tests",
    "TWILIO_FROM": "+15005550006",
    "TWILIO_WHATSAPP_FROM": "+15005550007",
    "GT_WHATSAPP": "true",
}


def says_yes(session: Session, customer: Customer, channel: Channel = Channel.SMS) -> None:
    """They agree to reminders there."""
    address = customer.email if channel == Channel.EMAIL else customer.phone
    assert address is not None
    consents.record(
        session, channel=channel, address=address, granted=True, source=ConsentSource.WORDS, purpose=Purpose.REMINDERS
    )


def reminded(session: Session, **given: object) -> Customer:
    """A customer in Chicago with a number of Chicago, who has said yes to texts."""
    made = factories.customer(session, **({"phone": f"+1312555{uuid.uuid4().int % 10_000:04d}"} | given))
    says_yes(session, made)
    return made


def rows(db: Database, *status: ReminderStatus) -> list[Reminder]:
    """All reminders (of these statuses), the first one first."""
    query = sa.select(Reminder).order_by(Reminder.created_at, Reminder.id)
    with db.reading() as session:
        return list(session.scalars(query.where(Reminder.status.in_(status)) if status else query))


def decided(db: Database) -> list[tuple[str, str]]:
    """What the gate decided: the medium and the rule, in order."""
    with db.reading() as session:
        rows = session.scalars(sa.select(GateDecision).order_by(GateDecision.at, GateDecision.id))
        return [(row.medium, row.rule) for row in rows]


def texts(db: Database) -> list[str]:
    """All that we have said, in order."""
    with db.reading() as session:
        return list(session.scalars(sa.select(Message.text).order_by(Message.created_at, Message.id)))


def begun(db: Database, customer: Customer) -> list[dt.datetime]:
    """When each message that we began was written down for their addresses."""
    with db.reading() as session:
        query = sa.select(Delivery.created_at).where(
            Delivery.address.in_((customer.phone, customer.email)), Delivery.unasked.is_(True)
        )
        return list(session.scalars(query.order_by(Delivery.created_at)))


def conversation(db: Database, channel: Channel = Channel.SMS) -> Conversation:
    """The only one by this channel."""
    with db.reading() as session:
        return session.scalars(sa.select(Conversation).where(Conversation.channel == channel)).one()


def pay(session: Session, customer: Customer, minor: int) -> None:
    """So much arrives by a link."""
    payment = payments.open_link(session, customer, Money(minor, customer.currency), conversation_id=None)
    payments.settle(session, payment.id, factories.checkout(payment))


def due(db: Database, *late: int, **given: object) -> Customer:
    """Somebody with an invoice due so many days ago, for each of `late`."""
    with db.transaction() as session:
        made = reminded(session, **given)
        for days in late:
            factories.invoice(session, made, late=days)
    return made


def with_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """E-mail is switched on, too."""
    for name, value in (("HOST", "127.0.0.1"), ("TLS", "off"), ("FROM", "hello@example.com")):
        monkeypatch.setenv(f"GT_SMTP_{name}", value)
    settings.cache_clear()


def days(db: Database, clock: SetClock, number: int) -> list[int]:
    """The steps that go on each of so many days, at ten in the morning in Chicago, looked for twice."""
    sent = len(rows(db, ReminderStatus.SENT))
    for _ in range(number):
        reminders.sweep(db)
        reminders.sweep(db)
        clock.advance(days=1)
    return [row.step for row in rows(db, ReminderStatus.SENT)[sent:]]
