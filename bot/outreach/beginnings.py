"""What the gate says of a message that an agent begins by hand: a warning for the desk to show, not a bar (C1 to C8).

An answer is not begun. Who has written of late is answered at any hour, however long the agent takes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.models import Channel, Conversation, Customer, Medium
from bot.outreach import gate, situations
from bot.outreach.facts import CHANNELS, facts_of
from bot.outreach.gate import Decision, Rule, Situation
from bot.phone_numbers import alike, region_of

ANSWERED_FOR = dt.timedelta(days=3)
_MEDIA = {channel: medium for medium, channel in CHANNELS.items()}


def explain_for_agent(session: Session, conversation: Conversation) -> Decision:
    """Whether what an agent writes in `conversation` now may be begun, by which rule not, and when it may.

    On the web nothing knocks, and in answer to what was written in the last three days anything may be said. That a
    person has the conversation is no bar: it is they who ask. WhatsApp's window has a warning of its own (T4).
    """
    at = clock.now()
    medium = _MEDIA.get(Channel(conversation.channel))
    if medium is None or (conversation.wrote_at is not None and at < conversation.wrote_at + ANSWERED_FOR):
        return Decision(at, Rule.MAY_GO)
    customers = _customers(session, conversation)
    if not customers:
        return gate.decide(_of_nobody(conversation, medium), at)
    facts = facts_of(session, customers)
    decisions = [gate.decide(_by_hand(situations.of(facts[one.id], medium)), at) for one in customers]
    return next((decision for decision in decisions if not decision.may_go), decisions[0])


def _customers(session: Session, conversation: Conversation) -> list[Customer]:
    """Whose conversation it is; where nobody has shown that, everybody who has this address."""
    if conversation.customer_id is not None:
        return [session.get_one(Customer, conversation.customer_id)]
    known = alike(conversation.address or "")
    column = Customer.email if conversation.channel == Channel.EMAIL else Customer.phone
    return list(session.scalars(sa.select(Customer).where(column.in_(known)).order_by(Customer.id)))


def _by_hand(situation: Situation) -> Situation:
    return dataclasses.replace(situation, with_person=False, live_until=None, has_template=True)


def _of_nobody(conversation: Conversation, medium: Medium) -> Situation:
    """What counts at an address that is on no account: the hours where it rings, by the law of that country."""
    address = conversation.address or ""
    country = region_of(address) or "" if medium != Medium.EMAIL else ""
    zones = situations.zones_of(address) if medium != Medium.EMAIL else ()
    return Situation(
        medium=medium,
        country=country,
        zone=zones[0] if zones else "UTC",
        zones=frozenset(zones or ("UTC",)),
        law=policies.jurisdiction(country),
        opted_in=True,
        has_template=True,
    )
