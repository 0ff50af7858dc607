"""Reminders with known answers, at chosen instants, and what came of them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy.orm import Session

from bot.models import (
    Author,
    Channel,
    Conversation,
    Customer,
    Delivery,
    DeliveryStatus,
    GateDecision,
    Medium,
    Promise,
    Provider,
    Reminder,
    ReminderKind,
    ReminderStatus,
)
from tests import factories
from tests.desk.insights.world import payment, plan, says

DAYS = "from=2026-03-02&to=2026-03-08&zone=America/New_York"


def reminder(session: Session, customer: Customer, when: dt.datetime, **given: Any) -> Reminder:
    """One that was skipped at an instant, three days after an invoice's day, since a hold stopped it."""
    values: dict[str, Any] = {
        "kind": ReminderKind.INVOICE,
        "subject_id": uuid.uuid4(),
        "step": 3,
        "due_on": when.date() - dt.timedelta(days=3),
        "status": ReminderStatus.SKIPPED,
        "rule": "held",
        "created_at": when,
        "settled_at": when,
    }
    made = Reminder(customer_id=customer.id, **(values | given))
    session.add(made)
    session.flush()
    return made


def talk(session: Session, customer: Customer, channel: Channel = Channel.SMS) -> Conversation:
    """Their conversation on a phone, or by e-mail."""
    address = customer.email if channel == Channel.EMAIL else customer.phone
    return factories.conversation(
        session, channel=channel, address=address, customer_id=customer.id, locale=customer.language
    )


def sent(
    session: Session,
    customer: Customer,
    here: Conversation,
    when: dt.datetime,
    status: DeliveryStatus = DeliveryStatus.DELIVERED,
    **given: Any,
) -> Reminder:
    """One that went out in the conversation `here`, and how far it got."""
    message = says(session, here, when, author=Author.BOT)
    medium = Medium(here.channel)
    if medium != Medium.WEB:
        session.add(
            Delivery(
                conversation_id=here.id, message_id=message.id, channel=here.channel, address=here.address or "",
                provider=Provider.SMTP if medium == Medium.EMAIL else Provider.TWILIO, seq=message.seq, part=0,
                body="-", status=status, unasked=True, created_at=when,
            )
        )  # fmt: skip
    values: dict[str, Any] = {
        "status": ReminderStatus.SENT,
        "rule": "may_go",
        "medium": medium,
        "language": here.locale,
        "variant": "a",
        "conversation_id": here.id,
        "message_id": message.id,
    }
    made = reminder(session, customer, when, **(values | given))
    asked(session, made, medium, "may_go")
    return made


def asked(session: Session, row: Reminder, medium: Medium, rule: str) -> None:
    """The gate's word about it."""
    about = f"{row.kind}:{row.step}"
    session.add(
        GateDecision(
            customer_id=row.customer_id, reminder_id=row.id, medium=medium, about=about, rule=rule, at=row.created_at
        )
    )
    session.flush()


def answers(session: Session, here: Conversation, when: dt.datetime) -> None:
    """The customer writes there."""
    says(session, here, when)


def pays(session: Session, customer: Customer, when: dt.datetime) -> None:
    """A payment of theirs arrives."""
    payment(session, customer, None, when - dt.timedelta(minutes=5))


def promises(session: Session, customer: Customer, when: dt.datetime) -> None:
    """They give a day."""
    session.add(
        Promise(
            customer_id=customer.id, amount=1_000, currency="USD", due_on=when.date(), status="kept", created_at=when
        )
    )
    session.flush()


def agrees(session: Session, customer: Customer, when: dt.datetime) -> None:
    """They agree a plan."""
    plan(session, customer, None, when)
