"""Holds as the desk shows them, what each stops in words, and who may decide about which (C8, C9, P1, P4)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.billing import hold_decisions, hold_steps, holds
from bot.conversations.payment_news import proven
from bot.desk.auth import Seat
from bot.desk.customer.own_talks import OwnTalks, own_talks
from bot.desk.thread.lines import agent_names, instant
from bot.errors import NotAllowed, NotFound
from bot.models import (
    Channel,
    Conversation,
    Customer,
    Hold,
    HoldEvent,
    HoldEventKind,
    HoldKind,
    HoldStatus,
    Invoice,
)
from bot.phone_numbers import alike
from bot.policies import Jurisdiction

Json = dict[str, Any]


def kinds(country: str) -> list[Json]:
    """Every kind of hold: what it stops in words, what it can be on, how many days it binds by the law of `country`
    (ISO 3166; the strictest where it is not known), who lifts it."""
    policy, law = policies.holds(), policies.jurisdiction(country)
    return [
        {
            "kind": kind,
            "stops": policy.stopped_by(kind),
            "on": _targets(kind),
            "days": law.hold_days.get(kind),
            "after_treatment_days": law.after_treatment_days if kind == HoldKind.BREATHING_SPACE else None,
            "lifted_by": policy.lifted_by[kind],
        }
        for kind in HoldKind
    ]


def of_conversation(session: Session, seat: Seat, conversation: Conversation) -> list[Json]:
    """The holds that bind here, oldest first: those said here, on this phone and, while identity is proven, on the
    customer and their invoices (P1)."""
    here = [Hold.conversation_id == conversation.id]
    if conversation.address and conversation.channel != Channel.WEB:
        here.append(Hold.address.in_(alike(conversation.address)))
    is_proven = proven(conversation)
    if conversation.customer_id and is_proven:
        here.append(Hold.customer_id == conversation.customer_id)
    rows = session.scalars(
        sa.select(Hold).where(sa.or_(*here), Hold.status != HoldStatus.LIFTED).order_by(Hold.created_at, Hold.id)
    ).all()
    ends, by = hold_steps.last_days(session, rows), _decided(session, rows)
    own, numbers = own_talks(session, seat), _numbers(session, rows) if is_proven else {}
    decides = {hold.id for hold in rows if _may_decide(seat, own, hold)}
    laws = _laws(session, rows)
    return [
        {
            "id": str(hold.id),
            "kind": hold.kind,
            "status": hold.status,
            "reason": hold.reason,
            "on": _on(hold, numbers),
            "stops": policies.holds().stopped_by(HoldKind(hold.kind)),
            "at": instant(hold.created_at),
            "by": by.get(hold.id),
            "days": laws[hold.id].hold_days.get(HoldKind(hold.kind)),
            "ends_on": ends[hold.id].isoformat() if hold.id in ends else None,
            "after_treatment_days": laws[hold.id].after_treatment_days,
            "in_treatment": _lasts(hold) and hold.id not in ends,
            "may_confirm": hold.id in decides and hold.status == HoldStatus.REPORTED,
            "may_end_treatment": hold.id in decides and _lasts(hold) and hold.id not in ends,
            "may_lift": hold.id in decides and hold_decisions.may_lift(seat.agent, HoldKind(hold.kind)),
            "lifted_by": policies.holds().lifted_by[HoldKind(hold.kind)],
        }
        for hold in rows
    ]


def find(session: Session, seat: Seat, hold_id: uuid.UUID) -> Hold:
    """A hold about which this agent may decide. Raises `NotFound`, `NotAllowed`."""
    hold = session.get(Hold, hold_id)
    if hold is None:
        raise NotFound("There is no such hold.", about=hold_id)
    if not _may_decide(seat, own_talks(session, seat), hold):
        raise NotAllowed("Speak with this customer first.", about=hold_id)
    return hold


def _lasts(hold: Hold) -> bool:
    """Whether it may last as long as treatment does."""
    return hold.kind == HoldKind.BREATHING_SPACE and hold.status == HoldStatus.CONFIRMED


def _may_decide(seat: Seat, own: OwnTalks, hold: Hold) -> bool:
    """A supervisor about any; an agent about those of a conversation that they have, of its phone and, while its
    customer has proven who they are, of that customer. What is owed on an invoice takes the proof (P1)."""
    here = hold.invoice_id is None and hold.conversation_id in own.conversations
    return seat.supervises or here or hold.customer_id in own.customers or hold.address in own.phones


def _targets(kind: HoldKind) -> list[str]:
    if kind == HoldKind.DISPUTE:
        return ["invoice"]
    return ["customer", "address"] if kind in hold_decisions.OF_A_PERSON else ["address"]


def _laws(session: Session, rows: Sequence[Hold]) -> dict[uuid.UUID, Jurisdiction]:
    """The law of each hold: its customer's country, or the strictest."""
    of = {hold.customer_id for hold in rows if hold.customer_id}
    known = sa.select(Customer.id, Customer.country).where(Customer.id.in_(of))
    countries = {row.id: row.country for row in session.execute(known)}
    return {hold.id: policies.jurisdiction(countries.get(hold.customer_id, "")) for hold in rows}


def _numbers(session: Session, rows: Sequence[Hold]) -> dict[uuid.UUID, str]:
    """Of the invoices that are on hold."""
    ids = [hold.invoice_id for hold in rows if hold.invoice_id]
    return {each.id: each.number for each in session.scalars(sa.select(Invoice).where(Invoice.id.in_(ids)))}


def _on(hold: Hold, numbers: dict[uuid.UUID, str]) -> str:
    if hold.invoice_id:
        return numbers.get(hold.invoice_id, "an invoice")
    if hold.address:
        return "this address" if hold.kind not in holds.OF_THEMSELVES else "whoever writes here"
    return "the customer" if hold.customer_id else "this conversation"


def _decided(session: Session, rows: Any) -> dict[uuid.UUID, str]:
    """Who placed or confirmed each."""
    names = {f"agent:{agent_id}": name for agent_id, name in agent_names(session).items()}
    steps = session.scalars(
        sa.select(HoldEvent)
        .where(
            HoldEvent.hold_id.in_([hold.id for hold in rows]),
            HoldEvent.kind.in_((HoldEventKind.PLACED, HoldEventKind.CONFIRMED)),
        )
        .order_by(HoldEvent.at)
    )
    return {step.hold_id: names.get(step.actor, step.actor) for step in steps}
