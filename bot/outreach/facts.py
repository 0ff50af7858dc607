"""What is known of customers whom we may begin something with, read for many by the same queries as for one."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.holds import OF_THEMSELVES
from bot.billing.identity import refusals
from bot.channels import window
from bot.conversations import preferences
from bot.conversations.preferences import Standing, Wish
from bot.models import (
    Channel,
    Consent,
    Conversation,
    Customer,
    Delivery,
    DeliveryStatus,
    Hold,
    HoldStatus,
    Medium,
    OutreachPause,
    Preference,
    PreferenceKind,
    ToneWish,
)
from bot.phone_numbers import alike
from bot.policies import Stop

CHANNELS = {Medium.SMS: Channel.SMS, Medium.WHATSAPP: Channel.WHATSAPP, Medium.EMAIL: Channel.EMAIL}
COUNTED = dt.timedelta(days=366)
# What was withheld reached nobody; what is held waits behind the template that tells of it, which counts.
_UNSEEN = (DeliveryStatus.WITHHELD, DeliveryStatus.HELD)


@dataclass(slots=True)
class Facts:
    """All that is known of one customer: `talks` are their conversations, and those on their addresses in which nobody
    has proven who they are; `begun` is when each message that we began was written down, on any medium."""

    customer: Customer
    talks: list[Conversation] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    preferences: list[Preference] = field(default_factory=list)
    begun: tuple[dt.datetime, ...] = ()
    pauses: list[OutreachPause] = field(default_factory=list)
    tone_wished: str | None = None
    is_all_paused: bool = False
    # Conversations on WhatsApp in which a template has told that something waits, and nobody has answered since.
    told: frozenset[uuid.UUID] = frozenset()

    def address(self, medium: Medium) -> str | None:
        """Where they are reached by `medium`; None for nowhere."""
        if medium == Medium.EMAIL:
            return self.customer.email
        return self.customer.phone if medium in CHANNELS else None

    def here(self, medium: Medium) -> list[Conversation]:
        """The conversations on their address by `medium`; on the web, their own."""
        if medium == Medium.WEB:
            return [talk for talk in self.talks if talk.channel == Channel.WEB]
        known = alike(self.address(medium) or "")
        return [talk for talk in self.talks if talk.channel == CHANNELS.get(medium) and talk.address in known]

    def own_on_web(self) -> Conversation:
        """The newest of their conversations on the web, which there has to be."""
        return max(self.here(Medium.WEB), key=lambda talk: (talk.last_message_at or talk.created_at, talk.created_at))

    def wishes(self) -> Standing:
        """What they want of us, by what they said when they had proven who they are, and on their own addresses."""
        return preferences.standing(
            Wish(PreferenceKind(row.kind), Medium(row.medium) if row.medium else None, row.value)
            for row in self.preferences
        )


def facts_of(session: Session, customers: Sequence[Customer]) -> dict[uuid.UUID, Facts]:
    """What is known of each of `customers`, by their id; by nine queries, however many they are."""
    known = {customer.id: Facts(customer) for customer in customers}
    _talks(session, known)
    _holds(session, known)
    _consents(session, known)
    _preferences(session, known)
    _begun(session, known)
    _pauses(session, known)
    _tones(session, known)
    _told(session, known)
    return known


def talks_of(customers: Iterable[Customer]) -> sa.Select[Conversation]:
    """The conversations that count for `customers`."""
    each = list(customers)
    addresses = {form for one in each for form in addresses_of(one)}
    theirs: sa.ColumnElement[bool] = Conversation.customer_id.in_([one.id for one in each])
    if addresses:
        channels = sorted(set(CHANNELS.values()))
        there = sa.and_(Conversation.channel.in_(channels), Conversation.address.in_(sorted(addresses)))
        theirs = sa.or_(theirs, there)
    return sa.select(Conversation).where(theirs)


def addresses_of(customer: Customer) -> set[str]:
    """Every form of every address at which they may be reached."""
    return {*(alike(customer.phone) if customer.phone else ()), *((customer.email,) if customer.email else ())}


def _talks(session: Session, known: dict[uuid.UUID, Facts]) -> None:
    at: dict[str, list[Facts]] = defaultdict(list)
    for facts in known.values():
        for address in addresses_of(facts.customer):
            at[address].append(facts)
    for talk in session.scalars(talks_of(facts.customer for facts in known.values())):
        theirs = {talk.customer_id} if talk.customer_id in known else set()
        if talk.channel != Channel.WEB:
            theirs |= {facts.customer.id for facts in at.get(talk.address or "", ())}
        for customer_id in theirs:
            if customer_id is not None:
                known[customer_id].talks.append(talk)


def _holds(session: Session, known: dict[uuid.UUID, Facts]) -> None:
    """Those that stop outreach: on the person, and on their addresses, whoever it was held for (P4, C8)."""
    addresses = {form for facts in known.values() for form in addresses_of(facts.customer)}
    own_talks = [talk.id for facts in known.values() for talk in facts.talks if talk.customer_id == facts.customer.id]
    rows = session.scalars(
        sa.select(Hold).where(
            sa.or_(
                Hold.customer_id.in_(list(known)),
                Hold.address.in_(sorted(addresses)),
                sa.and_(
                    Hold.customer_id.is_(None),
                    Hold.conversation_id.in_(own_talks),
                    Hold.kind.in_(sorted(OF_THEMSELVES)),
                ),
            ),
            Hold.kind.in_(sorted(policies.holds().stopping(Stop.OUTREACH))),
            Hold.status != HoldStatus.LIFTED,
        )
    ).all()
    for facts in known.values():
        theirs = {talk.id for talk in facts.talks if talk.customer_id == facts.customer.id}
        forms = addresses_of(facts.customer)
        for row in rows:
            is_own = row.customer_id == facts.customer.id and row.address is None
            is_said = row.customer_id is None and row.conversation_id in theirs and row.kind in OF_THEMSELVES
            if is_own or is_said or row.address in forms:
                facts.holds.append(row)


def _consents(session: Session, known: dict[uuid.UUID, Facts]) -> None:
    by_form: dict[str, list[Facts]] = defaultdict(list)
    for facts in known.values():
        for address in addresses_of(facts.customer):
            by_form[address].append(facts)
            by_form[refusals.forgotten(address)].append(facts)
    rows = session.scalars(
        sa.select(Consent)
        # Every channel by name: the index begins with it.
        .where(Consent.channel.in_(sorted(set(CHANNELS.values()))), Consent.address.in_(sorted(by_form)))
        .order_by(Consent.created_at.desc(), Consent.id.desc())
    )
    for row in rows:
        for facts in by_form[row.address]:
            facts.consents.append(row)


def _preferences(session: Session, known: dict[uuid.UUID, Facts]) -> None:
    """Their own, and those said on their addresses where nobody had proven who they are: a wish binds at once (C7)."""
    on: dict[uuid.UUID, list[Facts]] = defaultdict(list)
    for facts in known.values():
        for talk in facts.talks:
            on[talk.id].append(facts)
    unproven = sa.and_(Preference.customer_id.is_(None), Preference.conversation_id.in_(list(on)))
    rows = session.scalars(
        sa.select(Preference)
        .where(sa.or_(Preference.customer_id.in_(list(known)), unproven))
        .order_by(Preference.created_at, Preference.id)
    )
    for row in rows:
        for facts in [known[row.customer_id]] if row.customer_id else on[row.conversation_id]:
            facts.preferences.append(row)


def _begun(session: Session, known: dict[uuid.UUID, Facts]) -> None:
    talks = {talk.id for facts in known.values() for talk in facts.talks}
    if not talks:
        return
    at: dict[uuid.UUID, list[dt.datetime]] = defaultdict(list)
    # A provider's outage may lie between the two: the customer counts from when it came.
    went = sa.func.coalesce(Delivery.sent_at, Delivery.created_at)
    rows = session.execute(
        sa.select(Delivery.conversation_id, sa.func.min(went, type_=Delivery.created_at.type))
        .where(
            Delivery.conversation_id.in_(sorted(talks)),
            Delivery.unasked.is_(True),
            Delivery.status.not_in(_UNSEEN),
            Delivery.created_at >= clock.now() - COUNTED,
        )
        .group_by(Delivery.conversation_id, sa.func.coalesce(Delivery.message_id, Delivery.id))
    )
    for conversation_id, first in rows:
        if conversation_id is not None:
            at[conversation_id].append(first)
    for facts in known.values():
        facts.begun = tuple(sorted(instant for talk in facts.talks for instant in at.get(talk.id, ())))


def _pauses(session: Session, known: dict[uuid.UUID, Facts]) -> None:
    """What a person paused and nobody has ended, for a customer or for all."""
    rows = session.scalars(
        sa.select(OutreachPause).where(
            OutreachPause.ended_at.is_(None),
            sa.or_(OutreachPause.until.is_(None), OutreachPause.until > clock.now()),
            sa.or_(OutreachPause.customer_id.is_(None), OutreachPause.customer_id.in_(list(known))),
        )
    ).all()
    for facts in known.values():
        facts.is_all_paused = any(row.customer_id is None for row in rows)
        facts.pauses = [row for row in rows if row.customer_id == facts.customer.id]


def _tones(session: Session, known: dict[uuid.UUID, Facts]) -> None:
    rows = session.execute(
        sa.select(ToneWish.customer_id, ToneWish.tone)
        .where(ToneWish.customer_id.in_(list(known)))
        .order_by(ToneWish.created_at, ToneWish.id)
    )
    for customer_id, tone in rows:
        known[customer_id].tone_wished = tone


def _told(session: Session, known: dict[uuid.UUID, Facts]) -> None:
    wrote = {
        talk.id: talk.wrote_at for facts in known.values() for talk in facts.talks if talk.channel == Channel.WHATSAPP
    }
    if not wrote:
        return
    newest = sa.func.max(Delivery.created_at, type_=Delivery.created_at.type)
    rows = session.execute(
        sa.select(Delivery.conversation_id, newest)
        .where(
            Delivery.conversation_id.in_(sorted(wrote)),
            Delivery.message_id.is_(None),
            Delivery.part == window.FIRST["part"],
            Delivery.error.is_distinct_from(window.OPEN_AGAIN),
        )
        .group_by(Delivery.conversation_id)
    )
    told = set()
    for id_, at in rows:
        answered = wrote[id_] if id_ is not None else None
        if id_ is not None and (answered is None or at >= answered):
            told.add(id_)
    for facts in known.values():
        facts.told = frozenset(talk.id for talk in facts.talks if talk.id in told)
