"""A little world with known answers: conversations and what happened in them, at chosen instants."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.db import Database
from bot.desk.insights.facts import Cell
from bot.desk.insights.filters import Filters
from bot.desk.insights.topics import TOPICS
from bot.models import (
    Author,
    Channel,
    Conversation,
    Customer,
    Handoff,
    HandoffEvent,
    HandoffEventKind,
    Message,
    Payment,
    PaymentStatus,
    Plan,
    PlanEvent,
    PlanEventKind,
    PlanStatus,
)
from tests import factories

NEW_YORK = "America/New_York"
_numbers = itertools.count(1)


def at(text: str, zone: str = NEW_YORK) -> dt.datetime:
    """An instant by the clocks of `zone`: "2026-03-02 09:30"."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def filters(first: str, last: str, **chosen: str) -> Filters:
    """As an address would choose, in New York unless it says otherwise."""
    return Filters.read({"from": first, "to": last, "zone": NEW_YORK} | chosen)


def parts(db: Database, topic: str, chosen: Filters) -> dict[str, int]:
    """How many rows of each part."""
    return {key[0]: count for key, count in counted(db, topic, chosen, "part").items()}


def counted(db: Database, topic: str, chosen: Filters, *by: str) -> dict[tuple[Any, ...], int]:
    """How many rows by these columns."""
    return {cell.key: cell.count for cell in cells(db, topic, chosen, *by)}


def cells(db: Database, topic: str, chosen: Filters, *by: str) -> list[Cell]:
    """Counts and sums."""
    with db.reading() as session:
        return TOPICS[topic].facts(session, chosen).cells(session, *by)


def conversation(session: Session, **given: Any) -> Conversation:
    """One that nobody has written in."""
    return factories.conversation(session, **given)


def says(
    session: Session,
    conversation: Conversation,
    when: dt.datetime,
    intent: str | None = "check_balance",
    *,
    author: Author = Author.CUSTOMER,
    confidence: float = 0.9,
    **given: Any,
) -> Message:
    """One message, read by the assistant as `intent`."""
    conversation.last_seq += 1
    conversation.last_message_at = max(when, conversation.last_message_at or when)
    said = Message(
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        author=author,
        text=f"message {conversation.last_seq}",
        intent=intent if author == Author.CUSTOMER else None,
        confidence=confidence if author == Author.CUSTOMER else None,
        created_at=when,
        **given,
    )
    session.add(said)
    session.flush()
    return said


def talk(session: Session, when: dt.datetime, *intents: str, **given: Any) -> Conversation:
    """A conversation in which a customer writes once a minute."""
    made = conversation(session, **given)
    for minute, intent in enumerate(intents or ("check_balance",)):
        says(session, made, when + dt.timedelta(minutes=minute), intent)
    return made


def payment(
    session: Session, customer: Customer, within: Conversation | None, asked: dt.datetime, **given: Any
) -> Payment:
    """A payment that was asked for at an instant, and arrived five minutes later."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "amount": 5_000,
        "currency": customer.currency,
        "status": PaymentStatus.SUCCEEDED,
        "token": f"token-{number}",
        "input_hash": "-",
        "settled_at": asked + dt.timedelta(minutes=5),
    }
    made = Payment(
        customer_id=customer.id, conversation_id=within.id if within else None, created_at=asked, **(values | given)
    )
    session.add(made)
    session.flush()
    return made


def plan(
    session: Session, customer: Customer, within: Conversation | None, agreed: dt.datetime, *, by: str = "customer"
) -> Plan:
    """A plan that was agreed at an instant."""
    made = Plan(
        customer_id=customer.id,
        conversation_id=within.id if within else None,
        status=PlanStatus.COMPLETED,
        total=10_000,
        currency=customer.currency,
        created_at=agreed,
    )
    session.add(made)
    session.flush()
    session.add(PlanEvent(plan_id=made.id, kind=PlanEventKind.AGREED, actor=by, at=agreed))
    session.flush()
    return made


def handoff(
    session: Session, within: Conversation, asked: dt.datetime, skill: str = "general", **events: Any
) -> Handoff:
    """A hand-over; `claimed`, `returned`, `closed`, `transferred` are the seconds after which each happened."""
    made = Handoff(conversation_id=within.id, reason="request_human", skill=skill, summary={}, created_at=asked)
    session.add(made)
    session.flush()
    session.add(HandoffEvent(handoff_id=made.id, kind=HandoffEventKind.REQUESTED, actor="bot", at=asked))
    for kind, seconds in events.items():
        then = asked + dt.timedelta(seconds=seconds)
        actor = f"agent:{uuid.uuid4()}"
        session.add(HandoffEvent(handoff_id=made.id, kind=HandoffEventKind(kind), actor=actor, at=then))
    session.flush()
    return made


def phone(session: Session, channel: Channel = Channel.SMS, **given: Any) -> Conversation:
    """A conversation on a phone of its own."""
    return factories.conversation(session, channel=channel, address=f"+1212556{next(_numbers):04d}", **given)
