"""A proof of identity: what can come of one, and how long it holds (design section 6)."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from bot import clock, policies
from bot.models import Channel, Conversation, Customer


class Outcome(StrEnum):
    """What came of a try. `expired` also when no code was asked for or it was used; `shared`: what was said is right
    for several customers with this number, so that the other factor has to tell them apart."""

    VERIFIED = "verified"
    WRONG = "wrong"
    EXPIRED = "expired"
    LOCKED = "locked"
    SHARED = "shared"


def verify(conversation: Conversation, customer: Customer) -> None:
    """The conversation is `customer`'s from now on, for as long as a proof holds there."""
    conversation.customer_id = customer.id
    conversation.verified_until = clock.now() + holds_for(conversation)


def holds_for(conversation: Conversation) -> dt.timedelta:
    """How long a proof holds: on the web after the last use, on a phone after the proof."""
    policy = policies.identity()
    if conversation.channel == Channel.WEB:
        return dt.timedelta(minutes=policy.web_idle_minutes)
    return dt.timedelta(hours=policy.phone_hours)
