"""What people at the desk decide about holds: placed, confirmed, lifted (C8, C9)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.billing import allowance, hold_steps, holds
from bot.db import lock
from bot.errors import Conflict, InvalidInput, NotAllowed
from bot.models import (
    Agent,
    Conversation,
    Customer,
    DisputeOutcome,
    Hold,
    HoldEventKind,
    HoldKind,
    HoldStatus,
    Invoice,
    Role,
)

# A wrong person is nobody of ours: that is about an address alone.
OF_A_PERSON = (*holds.OF_THEMSELVES, HoldKind.CEASE)


def place(
    session: Session,
    agent: Agent,
    hold_id: uuid.UUID,
    kind: HoldKind,
    conversation: Conversation,
    customer: Customer | None,
    *,
    reason: str,
    invoice: Invoice | None = None,
    ends_on: dt.date | None = None,
    in_treatment: bool = False,
) -> Hold:
    """Hold, confirmed and from now on: `invoice`, else `customer`, else the address of `conversation`.

    The same `hold_id` again is the same hold. `ends_on` is its last day; without one the law's, or none while a
    mental-health crisis is treated (`in_treatment`). Raises `InvalidInput` for a kind that is not of such a thing, a
    day that is past or too far, or a reason that says too little; `Conflict` when it is on hold already, or was and is
    lifted. The caller holds the conversation.
    """
    if customer is not None:
        lock(session, Customer, customer.id)
    before = session.get(Hold, hold_id)
    if before is not None:
        if (before.kind, before.customer_id, before.invoice_id) != _on(kind, customer, invoice):
            raise Conflict("That client_id stands for another hold.", about=hold_id)
        if before.status == HoldStatus.LIFTED:
            raise Conflict("This hold was lifted already. Place a new one.", about=hold_id)
        return before
    _check_target(kind, customer, invoice)
    reason = allowance.check_reason(reason)
    if (held := _held(session, kind, conversation, customer, invoice)) is not None:
        words = (
            "It was reported already: confirm that." if held.status == HoldStatus.REPORTED else "It is on hold already."
        )
        raise Conflict(words, about=held)
    hold = Hold(
        id=hold_id,
        kind=kind,
        status=HoldStatus.CONFIRMED,
        customer_id=customer.id if customer else None,
        invoice_id=invoice.id if invoice else None,
        address=None if customer else conversation.address,
        conversation_id=conversation.id,
        reason=reason,
    )
    session.add(hold)
    hold_steps.set_last_day(session, hold, customer, ends_on, in_treatment=in_treatment)
    if invoice is not None and customer is not None:
        holds.forget_choice(session, customer, [invoice.id])
    hold_steps.record(session, hold, HoldEventKind.PLACED, f"agent:{agent.id}", reason)
    return hold


def confirm(
    session: Session,
    hold_id: uuid.UUID,
    agent: Agent,
    *,
    ends_on: dt.date | None = None,
    in_treatment: bool = False,
) -> Hold:
    """A reported hold is so. Confirmed again it stays so.

    `ends_on` and `in_treatment` are as in `place`. Raises `NotFound`, `InvalidInput` for a day out of bounds,
    `Conflict` when it was lifted.
    """
    hold, customer = hold_steps.locked(session, hold_id)
    if hold.status == HoldStatus.LIFTED:
        raise Conflict("This hold was lifted already.", about=hold)
    if hold.status == HoldStatus.REPORTED:
        hold_steps.set_last_day(session, hold, customer, ends_on, in_treatment=in_treatment)
        hold.status = HoldStatus.CONFIRMED
        hold_steps.record(session, hold, HoldEventKind.CONFIRMED, f"agent:{agent.id}")
    return hold


def treatment_ended(session: Session, hold_id: uuid.UUID, agent: Agent, on: dt.date) -> Hold:
    """A breathing space during a mental-health crisis has its last day, since treatment ended `on` that day (C8).

    Said again it stays so. Raises `NotFound`, `InvalidInput` for a day out of bounds or another hold, `Conflict` when
    it was lifted, is only reported, or has another last day.
    """
    hold, customer = hold_steps.locked(session, hold_id)
    if hold.kind != HoldKind.BREATHING_SPACE:
        raise InvalidInput("Only a breathing space lasts as long as treatment does.", about=hold.kind)
    if hold.status != HoldStatus.CONFIRMED:
        words = "was lifted already" if hold.status == HoldStatus.LIFTED else "is only reported: confirm that first"
        raise Conflict(f"This hold {words}.", about=hold)
    is_new = hold_id not in hold_steps.last_days(session, [hold])
    hold_steps.treated(session, hold, customer, on)
    if is_new:
        hold_steps.record(session, hold, HoldEventKind.TREATED, f"agent:{agent.id}", on.isoformat())
    return hold


def lift(
    session: Session, hold_id: uuid.UUID, agent: Agent, reason: str, outcome: DisputeOutcome | None = None
) -> Hold:
    """From now on it stops nothing. Lifted again it stays so.

    A dispute has an `outcome`, other holds have none. Raises `NotFound`; `NotAllowed` unless the agent's role reaches
    what the policy says; `InvalidInput` for a reason that says too little, or a dispute without an outcome.
    """
    hold, _ = hold_steps.locked(session, hold_id)
    if hold.status == HoldStatus.LIFTED:
        return hold
    if not may_lift(agent, HoldKind(hold.kind)):
        least = policies.holds().lifted_by[HoldKind(hold.kind)]
        raise NotAllowed(f"Lifting this hold takes a {least}.", about=hold.id)
    if (hold.kind == HoldKind.DISPUTE) != (outcome is not None):
        raise InvalidInput("Say how the dispute ended." if outcome is None else "Only a dispute has an outcome.")
    reason = allowance.check_reason(reason)
    hold_steps.release(session, hold)
    hold_steps.record(session, hold, HoldEventKind.LIFTED, f"agent:{agent.id}", reason, outcome)
    return hold


def may_lift(agent: Agent, kind: HoldKind) -> bool:
    """Whether the agent's role is enough to lift such a hold."""
    return Role(agent.role).reaches(policies.holds().lifted_by[kind])


def _on(
    kind: HoldKind, customer: Customer | None, invoice: Invoice | None
) -> tuple[HoldKind, uuid.UUID | None, uuid.UUID | None]:
    return kind, customer.id if customer else None, invoice.id if invoice else None


def _check_target(kind: HoldKind, customer: Customer | None, invoice: Invoice | None) -> None:
    if invoice is not None:
        if kind != HoldKind.DISPUTE:
            raise InvalidInput("Only a dispute is on an invoice.", about=kind)
        return
    if kind == HoldKind.DISPUTE:
        raise InvalidInput("A dispute is on an invoice: choose which.", about=kind)
    if customer is not None and kind not in OF_A_PERSON:
        raise InvalidInput("A wrong person is about an address, not about the customer.", about=kind)


def _held(
    session: Session, kind: HoldKind, conversation: Conversation, customer: Customer | None, invoice: Invoice | None
) -> Hold | None:
    held = sa.select(Hold).where(Hold.kind == kind, Hold.status != HoldStatus.LIFTED)
    if invoice is not None:
        held = held.where(Hold.invoice_id == invoice.id)
    elif customer is not None:
        held = held.where(Hold.customer_id == customer.id, Hold.address.is_(None), Hold.invoice_id.is_(None))
    else:
        held = held.where(Hold.customer_id.is_(None), Hold.conversation_id == conversation.id)
    return session.scalars(held.limit(1)).first()
