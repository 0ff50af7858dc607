"""The desk's JSON for plans: quoted, sent to be agreed, agreed on the customer's word, changed, ended. What is done is
repeated to the customer in writing (K8), audited, and done once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy.orm import Session

from bot.billing import payments, plans
from bot.billing.plans import plan_states
from bot.billing.plans.offers import has_ended
from bot.conversations import agreements, handoff
from bot.db import Database, lock
from bot.desk import audit, bells, text
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.auth import Seat
from bot.desk.customer import plan_desk
from bot.desk.customer.plan_desk import Change, Terms
from bot.desk.thread.speaking import Once, customer_in, own, press, said_before, shown
from bot.errors import Conflict, InvalidInput
from bot.models import Approval, Conversation, Customer, Message, Plan, PlanStatus
from bot.money import Money

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


class Changed(Once, Change):
    """A change that is to be made."""


class Ended(Once):
    """Why a plan ends before its time."""

    reason: str = Field(max_length=4_000)


@router.get("/conversations/{conversation_id}/plan")
def room(conversation_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """What may be agreed and changed with this customer. Audited before it leaves."""
    with db.transaction() as session:
        customer = customer_in(session, own(session, seat, conversation_id))
        audit.record(session, seat.agent, "plan.read", audit.conversation(conversation_id))
        return plan_desk.room(session, customer)


@router.post("/conversations/{conversation_id}/plan/quote")
def quote(conversation_id: uuid.UUID, body: Terms, request: Request, db: Db, seat: Writer) -> Json:
    """The exact terms, instalment by instalment, of what was asked for or the nearest to it. Nothing is said yet."""
    with db.transaction() as session:
        customer = customer_in(session, own(session, seat, conversation_id))
        found = plan_desk.quote(session, seat, customer, body, conversation_id)
        asked = found.plan.approval == Approval.ASKED
        audit.record(session, seat.agent, "plan.approval_asked" if asked else "plan.quoted", f"plan:{found.plan.id}")
        answer = {"plan": plan_desk.quoted(session, seat, found)}
    bells.ring(request, conversation_id if asked else None)
    return answer


@router.post("/conversations/{conversation_id}/plans/{plan_id}/send")
def send(conversation_id: uuid.UUID, plan_id: uuid.UUID, body: Once, request: Request, db: Db, seat: Writer) -> Json:
    """Say the terms with a choice that means yes. Agreed it is only when that yes is recorded, here or by the assistant
    after a return."""

    def work(session: Session, conversation: Conversation, customer: Customer, pressed: str) -> Message:
        plan = _offer(session, plan_id, customer)
        message = agreements.send_offer(session, conversation, seat.agent, plan, pressed)
        audit.record(session, seat.agent, "plan.sent", f"plan:{plan_id}")
        return message

    return _said(db, request, seat, conversation_id, press(body, "send", plan_id), work)


@router.post("/conversations/{conversation_id}/plans/{plan_id}/agree")
def agree(conversation_id: uuid.UUID, plan_id: uuid.UUID, body: Once, request: Request, db: Db, seat: Writer) -> Json:
    """Bring the offer into force on the customer's word, and repeat it to them; with a link for a part paid now."""

    def work(session: Session, conversation: Conversation, customer: Customer, pressed: str) -> Message:
        _offer(session, plan_id, customer)
        plan = plans.agree(session, plan_id, customer, actor=f"agent:{seat.agent.id}")
        message = agreements.confirm_plan(session, conversation, seat.agent, plan, pressed)
        audit.record(session, seat.agent, "plan.agreed", f"plan:{plan_id}")
        first = plan.instalments[0]
        if first.number == 0:
            ids = [part.invoice_id for part in plan.invoices]
            down = Money(first.amount, plan.currency)
            payment = payments.open_link(session, customer, down, conversation_id=conversation.id, invoice_ids=ids)
            agreements.send_link(session, conversation, seat.agent, payment, f"{pressed}:down")
            audit.record(session, seat.agent, "pay_link.sent", f"payment:{payment.id}")
        return message

    return _said(db, request, seat, conversation_id, press(body, "agree", plan_id), work)


@router.post("/conversations/{conversation_id}/plans/{plan_id}/trial")
def trial(conversation_id: uuid.UUID, plan_id: uuid.UUID, body: Change, db: Db, seat: Writer) -> Json:
    """What a change would come to; nothing is kept of it."""
    with db.transaction() as session:
        customer = customer_in(session, own(session, seat, conversation_id))
        lock(session, Customer, customer.id)
        return plan_desk.tried(session, seat, customer, plan_id, body)


@router.post("/conversations/{conversation_id}/plans/{plan_id}/change")
def change(
    conversation_id: uuid.UUID, plan_id: uuid.UUID, body: Changed, request: Request, db: Db, seat: Writer
) -> Json:
    """Move an instalment, or all that follow, or pause once; the new dates are repeated to the customer."""

    def work(session: Session, conversation: Conversation, customer: Customer, pressed: str) -> Message:
        lock(session, Customer, customer.id)
        plan = plan_desk.change(session, seat, customer, plan_id, body)
        message = agreements.confirm_change(session, conversation, seat.agent, plan, pressed)
        audit.record(session, seat.agent, "plan.paused" if body.pause else "plan.moved", f"plan:{plan_id}")
        return message

    return _said(db, request, seat, conversation_id, press(body, "change", plan_id), work)


@router.post("/conversations/{conversation_id}/plans/{plan_id}/end")
def end(conversation_id: uuid.UUID, plan_id: uuid.UUID, body: Ended, request: Request, db: Db, seat: Writer) -> Json:
    """End the plan on the customer's word; what was paid stays paid, and they are told what is open again."""

    def work(session: Session, conversation: Conversation, customer: Customer, pressed: str) -> Message:
        reason = text.reason(body.reason).strip()
        if not reason:
            raise InvalidInput("Please say why the plan ends.")
        lock(session, Customer, customer.id)
        plan = plan_states.theirs(session, plan_id, customer)
        if plan.status not in plans.IN_FORCE:
            raise Conflict("This plan has ended already.", about=plan_id)
        left = plans.progress(session, plan).remaining
        plans.cancel(session, plan_id, customer, actor=f"agent:{seat.agent.id}")
        message = agreements.confirm_end(session, conversation, seat.agent, left, pressed)
        handoff.note(session, conversation.id, seat.agent, f"Plan ended: {reason}")
        audit.record(session, seat.agent, "plan.ended", f"plan:{plan_id}")
        return message

    return _said(db, request, seat, conversation_id, press(body, "end", plan_id), work)


def _offer(session: Session, plan_id: uuid.UUID, customer: Customer) -> Plan:
    lock(session, Customer, customer.id)
    plan = plan_states.theirs(session, plan_id, customer)
    if plan.status in plans.IN_FORCE:
        raise Conflict("This plan is in force already.", about=plan_id)
    if plan.status != PlanStatus.QUOTE or has_ended(plan):
        raise Conflict("This offer has ended. A new one is quickly made.", about=plan_id)
    if plan.approval not in (None, Approval.GIVEN):
        raise Conflict("Somebody else has to look at these terms first.", about=plan_id)
    return plan


def _said(
    db: Database,
    request: Request,
    seat: Seat,
    conversation_id: uuid.UUID,
    pressed: str,
    work: Callable[[Session, Conversation, Customer, str], Message],
) -> Json:
    """Do `work` once for each press of the button; what it said."""
    with db.transaction() as session:
        conversation = own(session, seat, conversation_id)
        message = said_before(session, seat, conversation, pressed)
        if message is None:
            message = work(session, conversation, customer_in(session, conversation), pressed)
        answer = shown(session, message)
    bells.ring(request, conversation_id)
    return answer
