"""What the gate has to know of a customer, from what is known of them (C1 to C8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

from phonenumbers import NumberParseException
from phonenumbers import parse as parse_number
from phonenumbers import timezone as number_zones
from sqlalchemy.orm import Session

from bot import policies
from bot.billing.holds import OF_THEMSELVES
from bot.billing.identity import refusals
from bot.channels import window
from bot.models import Channel, Consent, Conversation, Customer, Hold, Holder, HoldKind, Medium, Purpose
from bot.outreach.facts import CHANNELS, Facts, facts_of
from bot.outreach.gate import Situation
from bot.phone_numbers import alike


def situation_of(session: Session, customer: Customer, medium: Medium, *, has_template: bool = False) -> Situation:
    """What counts for a message to `customer` that we begin by `medium`, as things stand.

    `has_template`: an approved WhatsApp template can carry it.
    """
    return of(facts_of(session, [customer])[customer.id], medium, has_template=has_template)


def of(facts: Facts, medium: Medium, *, has_template: bool = False) -> Situation:
    """What counts for a message by `medium`, from what is known. Pure, but for the policies."""
    customer, channel, address = facts.customer, CHANNELS.get(medium), facts.address(medium)
    here = facts.here(medium)
    law = policies.jurisdiction(customer.country)
    return Situation(
        medium=medium,
        country=customer.country,
        zone=customer.time_zone,
        zones=frozenset({customer.time_zone, *zones_of(customer.phone)}),
        law=law,
        own_caps=policies.outreach().caps,
        paused=policies.outreach().paused or facts.is_all_paused or bool(facts.pauses),
        has_address=bool(address) or (medium == Medium.WEB and bool(here)),
        holds=_stopping(facts, address),
        refused=bool(channel and address and _is_refused(facts, channel, address)),
        opted_in=bool(channel and address and _has_said_yes(facts, channel, address)),
        wishes=facts.wishes(),
        begun=facts.begun,
        with_person=any(talk.holder != Holder.BOT for talk in facts.talks),
        live_until=_live_until(facts.talks),
        window_until=max((talk.wrote_at + window.OPEN_FOR for talk in here if talk.wrote_at), default=None),
        has_template=has_template and not any(talk.id in facts.told for talk in here),
    )


@lru_cache(maxsize=50_000)
def zones_of(phone: str | None) -> tuple[str, ...]:
    """The time zones (IANA) in which a number in E.164 may ring; none where it tells nothing."""
    if phone is None:
        return ()
    try:
        found = number_zones.time_zones_for_number(parse_number(phone))
    except NumberParseException:
        return ()
    return tuple(zone for zone in found if zone != number_zones.UNKNOWN_TIMEZONE)


def _stopping(facts: Facts, address: str | None) -> frozenset[HoldKind]:
    here = alike(address) if address else ()
    return frozenset(
        HoldKind(row.kind)
        for row in facts.holds
        if row.address is None or row.address in here or (row.customer_id is None and _is_own_word(facts, row))
    )


def _is_own_word(facts: Facts, row: Hold) -> bool:
    """Whether they said it of themselves before they had shown who they are."""
    theirs = {talk.id for talk in facts.talks if talk.customer_id == facts.customer.id}
    return row.kind in OF_THEMSELVES and row.conversation_id in theirs


def _is_refused(facts: Facts, channel: Channel, address: str) -> bool:
    """As `refusals.is_refused` says it of reminders."""
    of_all = _newest(facts, channel, address, Purpose.EVERYTHING)
    if of_all is not None and not of_all.granted:
        return True
    latest = _newest(facts, channel, address, Purpose.EVERYTHING, Purpose.REMINDERS)
    return latest is not None and not latest.granted


def _has_said_yes(facts: Facts, channel: Channel, address: str) -> bool:
    newest = _newest(facts, channel, address, Purpose.EVERYTHING, Purpose.REMINDERS)
    return newest is not None and newest.granted


def _newest(facts: Facts, channel: Channel, address: str, *purposes: Purpose) -> Consent | None:
    forms = refusals.forms(channel, address)
    either = {*forms, *map(refusals.forgotten, forms)}
    return next(
        (row for row in facts.consents if row.channel == channel and row.address in either and row.purpose in purposes),
        None,
    )


def _live_until(talks: Sequence[Conversation]) -> dt.datetime | None:
    """When the quiet after the last word in any of the conversations is over."""
    last = max((talk.last_message_at for talk in talks if talk.last_message_at), default=None)
    return last + dt.timedelta(minutes=policies.outreach().quiet_minutes) if last else None
