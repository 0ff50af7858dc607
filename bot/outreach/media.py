"""By which medium a customer is written to: what they wished for first, then how they answer, then what arrives."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Delivery, DeliveryStatus, Medium
from bot.outreach.facts import CHANNELS, Facts
from bot.policies import OutreachPolicy
from bot.settings import settings

_ARRIVED = (DeliveryStatus.DELIVERED, DeliveryStatus.READ)
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def are_on() -> frozenset[Medium]:
    """The media that this service can send by, by its settings (C14)."""
    own = settings()
    on = {
        Medium.SMS: bool(own.twilio_account_sid),
        Medium.WHATSAPP: own.whatsapp,
        Medium.EMAIL: bool(own.smtp_host),
    }
    return frozenset(medium for medium, is_on in on.items() if is_on)


def orders(
    session: Session, facts: Mapping[uuid.UUID, Facts], policy: OutreachPolicy
) -> dict[uuid.UUID, tuple[Medium, ...]]:
    """For each customer the media to ask the gate about, the best first; only those that are on."""
    on = are_on()
    outcomes = _outcomes(session, facts)
    return {id_: _order(known, outcomes, [one for one in policy.media if one in on]) for id_, known in facts.items()}


def _order(
    facts: Facts, outcomes: Mapping[uuid.UUID, tuple[dt.datetime | None, dt.datetime | None]], on: list[Medium]
) -> tuple[Medium, ...]:
    welcome = facts.wishes().welcome

    def rank(medium: Medium) -> tuple[bool, bool, float, float]:
        here = facts.here(medium)
        answered = max((talk.wrote_at for talk in here if talk.wrote_at), default=_NEVER)
        arrived = max((outcomes.get(talk.id, (None, None))[0] or _NEVER for talk in here), default=_NEVER)
        failed = max((outcomes.get(talk.id, (None, None))[1] or _NEVER for talk in here), default=_NEVER)
        # Where the last one came back, another way is tried first.
        return failed > arrived, medium not in welcome, -_since(answered), -_since(arrived)

    return tuple(sorted(on, key=rank))


def _since(instant: dt.datetime) -> float:
    return (instant - _NEVER).total_seconds()


def _outcomes(
    session: Session, facts: Mapping[uuid.UUID, Facts]
) -> dict[uuid.UUID, tuple[dt.datetime | None, dt.datetime | None]]:
    """When something last arrived in each conversation, and when something last failed."""
    talks = sorted(
        {talk.id for known in facts.values() for talk in known.talks if talk.channel in set(CHANNELS.values())}
    )
    found: dict[uuid.UUID, list[dt.datetime | None]] = defaultdict(lambda: [None, None])
    newest = sa.func.max(Delivery.changed_at, type_=Delivery.changed_at.type)
    rows = session.execute(
        sa.select(Delivery.conversation_id, Delivery.status, newest)
        .where(Delivery.conversation_id.in_(talks), Delivery.status.in_((*_ARRIVED, DeliveryStatus.FAILED)))
        .group_by(Delivery.conversation_id, Delivery.status)
    )
    for conversation_id, status, at in rows:
        if conversation_id is not None:
            place = 0 if status in _ARRIVED else 1
            found[conversation_id][place] = max(filter(None, (found[conversation_id][place], at)))
    return {talk: (arrived, failed) for talk, (arrived, failed) in found.items()}
