"""A way to ask somebody something that is looked into one by one: the gate's word on each medium, and then on the web,
where there is no knock and the question waits for them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.holds import is_stopped_at
from bot.conversations import reach
from bot.db import claim, lock
from bot.models import Channel, Conversation, Customer, Medium, Message, Reminder, ReminderStatus
from bot.outreach import gate, letters, media, situations
from bot.outreach.facts import Facts, facts_of, talks_of
from bot.outreach.gate import Decision, Rule, Situation
from bot.outreach.letters import Letter
from bot.policies import Stop

# What is over at a time that is known, or that a person will end: nothing is decided until then.
_WAITS = frozenset({Rule.PAUSED, Rule.LIVE, Rule.PREFERENCE, Rule.CAP, Rule.HOURS})


@dataclass(frozen=True, slots=True)
class Way:
    """Where `facts.customer` may be asked now. Their row and those of their conversations are locked."""

    facts: Facts
    situation: Situation
    asked: tuple[tuple[Medium, Decision], ...]

    @property
    def is_web(self) -> bool:
        """Whether the question is written where they only find it when they come back."""
        return self.situation.medium == Medium.WEB


@dataclass(frozen=True, slots=True)
class Barred:
    """Nobody may be asked now, for the reason `rule`: later, or (`is_for_good`) not in this way at all."""

    facts: Facts
    rule: Rule | None
    is_for_good: bool
    asked: tuple[tuple[Medium, Decision], ...]


def find(session: Session, customer_id: uuid.UUID) -> Way | Barred | None:
    """The way to ask the customer now; None where somebody is at work in one of their conversations at this moment,
    which waits for the next sweep, and for a customer who is gone.

    The rows of the conversations are the first in the order of locks, so the work is claimed by them.
    """
    customer = session.get(Customer, customer_id)
    if customer is None:
        return None
    wanted = set(session.scalars(talks_of([customer]).with_only_columns(Conversation.id)))
    held = claim(session, sa.select(Conversation).where(Conversation.id.in_(wanted)).order_by(Conversation.id))
    if wanted - {talk.id for talk in held} or lock(session, Customer, customer_id) is None:
        return None
    facts = facts_of(session, [customer])[customer_id]
    return _judged(session, facts)


def _judged(session: Session, facts: Facts) -> Way | Barred:
    at, asked = clock.now(), list[tuple[Medium, Decision]]()
    if _was_told_today(session, facts.customer, at):
        return Barred(facts, Rule.CAP, False, ())
    for medium in _order(session, facts):
        situation = situations.of(facts, medium, has_template=medium == Medium.WHATSAPP)
        decision = gate.decide(situation, at)
        asked.append((medium, decision))
        if decision.may_go:
            return Way(facts, situation, tuple(asked))
    waiting = [decision.rule for _, decision in asked if decision.rule in _WAITS]
    # While a person has a conversation, what they do is theirs to judge: nothing waits for it.
    is_with_person = any(decision.rule is Rule.LIVE and decision.again_at is None for _, decision in asked)
    rule = waiting[0] if waiting else asked[0][1].rule if asked else None
    return Barred(facts, rule, is_with_person or not waiting, tuple(asked))


def write(session: Session, way: Way, letter: Letter) -> Message:
    """The letter in the conversation of its address, and with that into the outbox."""
    conversation = letters.conversation_of(session, way.facts, way.situation.medium)
    session.flush()
    message, *_ = letters.write(session, letter, way.facts, way.situation, conversation)
    session.flush()
    return message


def _order(session: Session, facts: Facts) -> Sequence[Medium]:
    order = media.orders(session, {facts.customer.id: facts}, policies.outreach())[facts.customer.id]
    newest = reach.newest(session, facts.customer.id)
    on_web = newest is not None and newest.channel == Channel.WEB
    may = newest is not None and not is_stopped_at(session, newest, Stop.PLAN_REMINDERS)
    return [*order, Medium.WEB] if on_web and may else order


def _was_told_today(session: Session, customer: Customer, at: dt.datetime) -> bool:
    """Whether a reminder went on this day of theirs: one message to one customer a day."""
    zone = ZoneInfo(customer.time_zone)
    midnight = dt.datetime.combine(at.astimezone(zone).date(), dt.time(), zone)
    today = sa.select(Reminder.id).where(
        Reminder.customer_id == customer.id,
        Reminder.status == ReminderStatus.SENT,
        Reminder.settled_at >= midnight.astimezone(dt.UTC),
    )
    return session.scalars(today.limit(1)).first() is not None
