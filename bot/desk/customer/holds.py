"""Holds as the desk shows them, what each stops in words, and who may decide about which (C8, C9, P1, P4)."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import hold_decisions, hold_steps, holds
from bot.desk.auth import Seat
from bot.desk.thread.lines import agent_names, instant
from bot.errors import NotAllowed, NotFound
from bot.models import (
    Channel,
    Conversation,
    Hold,
    Holder,
    HoldEvent,
    HoldEventKind,
    HoldKind,
    HoldStatus,
    Invoice,
)
from bot.phone_numbers import alike

Json = dict[str, Any]


def kinds() -> list[Json]:
    """Every kind of hold: what it stops in words, what it can be on, how many days it binds, who lifts it."""
    policy = policies.holds()
    return [
        {
            "kind": kind,
            "stops": policy.stopped_by(kind),
            "on": _targets(kind),
            "days": policy.ends_after_days.get(kind),
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
    if conversation.customer_id and conversation.verified_until and conversation.verified_until > clock.now():
        here.append(Hold.customer_id == conversation.customer_id)
    rows = session.scalars(
        sa.select(Hold).where(sa.or_(*here), Hold.status != HoldStatus.LIFTED).order_by(Hold.created_at, Hold.id)
    ).all()
    ends, by = hold_steps.last_days(session, rows), _decided(session, rows)
    decides = [hold for hold in rows if may_decide(session, seat, hold)]
    proven = conversation.verified_until is not None and conversation.verified_until > clock.now()
    return [
        {
            "id": str(hold.id),
            "kind": hold.kind,
            "status": hold.status,
            "reason": hold.reason,
            "on": _on(session, hold, proven=proven),
            "stops": policies.holds().stopped_by(HoldKind(hold.kind)),
            "at": instant(hold.created_at),
            "by": by.get(hold.id),
            "ends_on": ends[hold.id].isoformat() if hold.id in ends else None,
            "may_confirm": hold in decides and hold.status == HoldStatus.REPORTED,
            "may_lift": hold in decides and hold_decisions.may_lift(seat.agent, HoldKind(hold.kind)),
            "lifted_by": policies.holds().lifted_by[HoldKind(hold.kind)],
        }
        for hold in rows
    ]


def find(session: Session, seat: Seat, hold_id: uuid.UUID) -> Hold:
    """A hold about which this agent may decide. Raises `NotFound`, `NotAllowed`."""
    hold = session.get(Hold, hold_id)
    if hold is None:
        raise NotFound("There is no such hold.", about=hold_id)
    if not may_decide(session, seat, hold):
        raise NotAllowed("Speak with this customer first.", about=hold_id)
    return hold


def may_decide(session: Session, seat: Seat, hold: Hold) -> bool:
    """A supervisor about any; an agent about those of the conversation that they have, of its phone and, while its
    customer has proven who they are, of that customer."""
    if seat.supervises:
        return True
    # What is owed on an invoice is spoken of only while identity is proven (P1).
    about = [Conversation.id == hold.conversation_id] if hold.invoice_id is None else []
    if hold.customer_id:
        proven = Conversation.verified_until > clock.now()
        about.append(sa.and_(Conversation.customer_id == hold.customer_id, proven))
    if hold.address:
        on_a_phone = Conversation.channel != Channel.WEB
        about.append(sa.and_(Conversation.address.in_(alike(hold.address)), on_a_phone))
    own = sa.and_(Conversation.holder == Holder.AGENT, Conversation.agent_id == seat.agent.id)
    return session.scalars(sa.select(Conversation.id).where(own, sa.or_(*about)).limit(1)).first() is not None


def _targets(kind: HoldKind) -> list[str]:
    if kind == HoldKind.DISPUTE:
        return ["invoice"]
    return ["customer", "address"] if kind in hold_decisions.OF_A_PERSON else ["address"]


def _on(session: Session, hold: Hold, *, proven: bool) -> str:
    if hold.invoice_id:
        return session.get_one(Invoice, hold.invoice_id).number if proven else "an invoice"
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
