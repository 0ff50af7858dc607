"""What the gate has to know of a customer, read from the database (C1 to C8)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from phonenumbers import NumberParseException
from phonenumbers import parse as parse_number
from phonenumbers import timezone as number_zones
from sqlalchemy.orm import Session

from bot import policies
from bot.billing import holds
from bot.billing.identity import refusals
from bot.channels import window
from bot.conversations import preferences
from bot.models import (
    Channel,
    Conversation,
    Customer,
    Delivery,
    DeliveryStatus,
    Hold,
    Holder,
    HoldKind,
    HoldStatus,
    Medium,
    Purpose,
)
from bot.outreach.gate import Situation
from bot.phone_numbers import alike
from bot.policies import Stop

CHANNELS = {Medium.SMS: Channel.SMS, Medium.WHATSAPP: Channel.WHATSAPP}
COUNTED = dt.timedelta(days=366)


def situation_of(session: Session, customer: Customer, medium: Medium, *, has_template: bool = False) -> Situation:
    """What counts for a message to `customer` that we begin by `medium`, as things stand.

    `has_template`: an approved WhatsApp template can carry it. No e-mail is sent yet; it is judged all the same.
    """
    talks = _talks(session, customer)
    channel = CHANNELS.get(medium)
    address = customer.email if medium is Medium.EMAIL else customer.phone if channel else None
    here = [talk for talk in talks if talk.channel == channel and talk.address in alike(address or "")]
    return Situation(
        medium=medium,
        country=customer.country,
        zone=customer.time_zone,
        zones=frozenset({customer.time_zone, *zones_of(customer.phone)}),
        law=policies.jurisdiction(customer.country),
        own_caps=policies.outreach().caps,
        paused=policies.outreach().paused,
        has_address=bool(address),
        holds=_holds(session, customer, address),
        refused=bool(channel and address and refusals.is_refused(session, channel, address, Purpose.REMINDERS)),
        opted_in=bool(channel and address and _has_said_yes(session, channel, address)),
        wishes=preferences.of(session, None, customer.id),
        begun=_begun(session, customer, [talk.id for talk in talks]),
        with_person=any(talk.holder != Holder.BOT for talk in talks),
        live_until=_live_until(talks),
        window_until=max((talk.wrote_at + window.OPEN_FOR for talk in here if talk.wrote_at), default=None),
        has_template=has_template,
    )


def _talks(session: Session, customer: Customer) -> list[Conversation]:
    """Their conversations, and those on their phone in which nobody has proven who they are."""
    theirs = Conversation.customer_id == customer.id
    if customer.phone is not None:
        on_phone = sa.and_(Conversation.channel != Channel.WEB, Conversation.address.in_(alike(customer.phone)))
        theirs = sa.or_(theirs, on_phone)
    return list(session.scalars(sa.select(Conversation).where(theirs)))


def zones_of(phone: str | None) -> tuple[str, ...]:
    """The time zones (IANA) in which a number in E.164 may ring; none where it tells nothing."""
    if phone is None:
        return ()
    try:
        found = number_zones.time_zones_for_number(parse_number(phone))
    except NumberParseException:
        return ()
    return tuple(zone for zone in found if zone != number_zones.UNKNOWN_TIMEZONE)


def _holds(session: Session, customer: Customer, address: str | None) -> frozenset[HoldKind]:
    """Those that stop outreach: on the person, and on this address, whoever it was held for (P4, C8)."""
    stopping = policies.holds().stopping(Stop.OUTREACH)
    on_person = holds.holds_on(session, customer.id) & stopping
    if address is None:
        return on_person
    here = sa.select(Hold.kind).where(
        Hold.address.in_(alike(address)), Hold.kind.in_(sorted(stopping)), Hold.status != HoldStatus.LIFTED
    )
    return on_person | {HoldKind(kind) for kind in session.scalars(here)}


def _has_said_yes(session: Session, channel: Channel, address: str) -> bool:
    newest = refusals.newest(session, channel, address, Purpose.EVERYTHING, Purpose.REMINDERS)
    return newest is not None and newest.granted


def _begun(session: Session, customer: Customer, talks: Sequence[uuid.UUID]) -> tuple[dt.datetime, ...]:
    """When each message that we began in the last year was written down; what was withheld reached nobody."""
    newest = session.scalar(sa.select(sa.func.max(Delivery.created_at)).where(Delivery.conversation_id.in_(talks)))
    if newest is None:
        return ()
    rows = session.scalars(
        sa.select(sa.func.min(Delivery.created_at))
        .where(
            Delivery.conversation_id.in_(talks),
            Delivery.unasked.is_(True),
            Delivery.status != DeliveryStatus.WITHHELD,
            Delivery.created_at >= newest - COUNTED,
        )
        .group_by(sa.func.coalesce(Delivery.message_id, Delivery.id))
    )
    return tuple(sorted(rows))


def _live_until(talks: Sequence[Conversation]) -> dt.datetime | None:
    """When the quiet after the last word in any of the conversations is over."""
    last = max((talk.last_message_at for talk in talks if talk.last_message_at), default=None)
    return last + dt.timedelta(minutes=policies.outreach().quiet_minutes) if last else None
