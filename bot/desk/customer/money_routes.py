"""The desk's JSON for money: adjustments, refunds, approvals; each audited in the transaction in which it happens."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot.billing import adjustments
from bot.billing.gateway import PaymentGateway
from bot.billing.payments import refunds
from bot.conversations import plan_news, refunding
from bot.db import Database
from bot.desk import audit, bells, text
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.auth import Seat
from bot.desk.customer import money
from bot.desk.thread.lines import agent_names
from bot.errors import Conflict, NotFound, OutsideService
from bot.models import Adjustment, AdjustmentKind, Invoice, Payment, Refund
from bot.money import Money

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


class Reasoned(BaseModel):
    """Why."""

    reason: str = Field(max_length=4_000)


class Adjust(Reasoned):
    """`amount` is in minor units. The page makes `client_id`, so that trying again is not doing it twice."""

    client_id: uuid.UUID
    invoice_id: uuid.UUID
    kind: AdjustmentKind
    amount: int = Field(ge=1, le=10**12)


class GiveBack(Reasoned):
    """The same for a refund."""

    client_id: uuid.UUID
    amount: int = Field(ge=1, le=10**12)


@router.get("/customers/{customer_id}/money")
def customer_money(customer_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """What can be adjusted or given back, and what was. Audited before it leaves."""
    with db.reading() as session:
        shown = money.money(session, money.find_customer(session, seat, customer_id))
    with db.transaction() as session:
        audit.record(session, seat.agent, "money.read", f"customer:{customer_id}")
    return shown


@router.get("/approvals")
def approvals(db: Db, seat: Reader) -> Json:
    """What waits for this agent as the second person. Audited when it is not what they were shown last: the page looks
    by itself, again and again."""
    with db.reading() as session:
        shown = money.approvals(session, seat)
        ids = sorted(each["id"] for kind in shown.values() for each in kind)
        news = bool(ids) and audit.last(session, seat.agent, "approvals.read") != {"ids": ids}
    if news:
        with db.transaction() as session:
            audit.record(session, seat.agent, "approvals.read", "approvals", ids=ids)
    return shown


@router.post("/customers/{customer_id}/adjustments")
def adjust(customer_id: uuid.UUID, body: Adjust, db: Db, seat: Writer) -> Json:
    """Propose an adjustment: `posted` at once within what one may do alone, else `proposed`."""
    with db.transaction() as session:
        customer = money.find_customer(session, seat, customer_id)
        invoice = session.get(Invoice, body.invoice_id)
        if invoice is None or invoice.customer_id != customer.id:
            raise NotFound("There is no such invoice on this account.")
        amount = Money(body.amount, customer.currency)
        made = adjustments.propose(
            session, seat.agent, invoice.id, body.kind, amount, text.reason(body.reason), client_id=body.client_id
        )
        return _adjusted(session, seat, made, "proposed")


@router.post("/adjustments/{adjustment_id}/approve")
def approve_adjustment(adjustment_id: uuid.UUID, db: Db, seat: Writer) -> Json:
    """Have it posted, as the second person."""
    with db.transaction() as session:
        decided = adjustments.decide(session, adjustment_id, seat.agent, approve=True)
        return _adjusted(session, seat, decided, "approved")


@router.post("/adjustments/{adjustment_id}/refuse")
def refuse_adjustment(adjustment_id: uuid.UUID, db: Db, seat: Writer) -> Json:
    """Refuse it, as the second person."""
    with db.transaction() as session:
        decided = adjustments.decide(session, adjustment_id, seat.agent, approve=False)
        return _adjusted(session, seat, decided, "refused")


@router.post("/adjustments/{adjustment_id}/reverse")
def reverse_adjustment(adjustment_id: uuid.UUID, body: Reasoned, db: Db, seat: Writer) -> Json:
    """Undo a posted one."""
    with db.transaction() as session:
        made = session.get(Adjustment, adjustment_id)
        if made is None:
            raise NotFound("There is no such adjustment.")
        money.find_customer(session, seat, made.customer_id)
        undone = adjustments.reverse(session, adjustment_id, seat.agent, text.reason(body.reason))
        return _adjusted(session, seat, undone, "reversed")


@router.post("/payments/{payment_id}/refund")
def give_back(payment_id: uuid.UUID, body: GiveBack, request: Request, db: Db, seat: Writer) -> Json:
    """Give a payment back, or a part of it: written down and committed, then Stripe is asked.

    `sent` is at Stripe, `proposed` waits for a second person, `asked` could not be sent yet and will be.
    """
    gateway = _gateway(request)
    with db.transaction() as session:
        payment = session.get(Payment, payment_id)
        if payment is None:
            raise NotFound("There is no such payment.")
        money.find_customer(session, seat, payment.customer_id)
        amount = Money(body.amount, payment.currency)
        refund = refunds.ask(session, seat.agent, payment.id, amount, text.reason(body.reason), body.client_id)
        _audit_refund(session, seat, refund, "asked")
    return _sent(request, db, gateway, refund.id)


@router.post("/refunds/{refund_id}/approve")
def approve_refund(refund_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Have it given back, as the second person."""
    gateway = _gateway(request)
    with db.transaction() as session:
        _audit_refund(session, seat, refunds.decide(session, refund_id, seat.agent, approve=True), "approved")
    return _sent(request, db, gateway, refund_id)


@router.post("/refunds/{refund_id}/refuse")
def refuse_refund(refund_id: uuid.UUID, db: Db, seat: Writer) -> Json:
    """Refuse it, as the second person."""
    with db.transaction() as session:
        _audit_refund(session, seat, refunds.decide(session, refund_id, seat.agent, approve=False), "refused")
    return _shown(db, refund_id)


@router.post("/plans/{plan_id}/approve")
def approve_plan(plan_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Allow terms longer than usual for a customer in hardship, who is told."""
    with db.transaction() as session:
        money.require_whose_plan(session, seat, plan_id)
        plan, told = plan_news.decide(session, plan_id, seat.agent, approve=True)
        audit.record(session, seat.agent, "plan.approved", f"plan:{plan_id}")
        shown = money.plan(session, plan)
    bells.ring(request, told)
    return {"plan": shown}


@router.post("/plans/{plan_id}/refuse")
def refuse_plan(plan_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Do not allow them; the customer is told, with a way forward."""
    with db.transaction() as session:
        money.require_whose_plan(session, seat, plan_id)
        plan, told = plan_news.decide(session, plan_id, seat.agent, approve=False)
        audit.record(session, seat.agent, "plan.refused", f"plan:{plan_id}")
        shown = money.plan(session, plan)
    bells.ring(request, told)
    return {"plan": shown}


def _adjusted(session: Session, seat: Seat, made: Adjustment, what: str) -> Json:
    audit.record(session, seat.agent, f"adjustment.{what}", f"adjustment:{made.id}", kind=made.kind, status=made.status)
    return {"adjustment": money.adjustment(session, made, agent_names(session))}


def _audit_refund(session: Session, seat: Seat, refund: Refund, what: str) -> None:
    audit.record(session, seat.agent, f"refund.{what}", f"refund:{refund.id}", payment=str(refund.payment_id))


def _gateway(request: Request) -> PaymentGateway:
    gateway: PaymentGateway | None = request.app.state.gateway
    if gateway is None:
        raise OutsideService("Payments are not set up yet.", service="stripe", retryable=False)
    return gateway


def _sent(request: Request, db: Database, gateway: PaymentGateway, refund_id: uuid.UUID) -> Json:
    try:
        told = refunding.send(db, gateway, refund_id)
    except OutsideService as error:
        if not error.retryable:
            raise Conflict("Stripe did not accept this refund, and nothing was given back.") from error
        told = None  # it stays asked, and the worker asks again
    bells.ring(request, told)
    return _shown(db, refund_id)


def _shown(db: Database, refund_id: uuid.UUID) -> Json:
    with db.reading() as session:
        return {"refund": money.refund(session, session.get_one(Refund, refund_id), agent_names(session))}
