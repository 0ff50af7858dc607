"""The desk's JSON for holds and cases beside a conversation; each write audited with it."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot.billing import case_decisions, hold_decisions, hold_steps
from bot.conversations import payment_news
from bot.desk import audit, bells, text
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.customer import cases, holds
from bot.desk.thread.speaking import Once, customer_in, own
from bot.errors import InvalidInput, NotFound
from bot.models import CaseOutcome, Conversation, Customer, DisputeOutcome, HoldKind, Invoice

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


class On(StrEnum):
    """What a hold is on."""

    INVOICE = "invoice"
    CUSTOMER = "customer"
    ADDRESS = "address"


class Placed(Once):
    """`client_id` becomes the hold's id. `ends_on` is its last day; without one the law's, or none while a crisis is
    treated."""

    kind: HoldKind
    on: On
    invoice_id: uuid.UUID | None = None
    reason: str = Field(max_length=4_000)
    ends_on: dt.date | None = None
    in_treatment: bool = False


class Confirmed(BaseModel):
    """A reported hold is so, until its last day, if it has one."""

    ends_on: dt.date | None = None
    in_treatment: bool = False


class Treated(BaseModel):
    """The day on which treatment in a crisis ended."""

    on: dt.date


class Lifted(BaseModel):
    """Why, and of a dispute how it ended."""

    reason: str = Field(max_length=4_000)
    outcome: DisputeOutcome | None = None


class Opened(Once):
    """`client_id` becomes the case's id."""

    kind: str = Field(max_length=32)
    summary: str = Field(max_length=4_000)


class Finished(BaseModel):
    """What came of a case, in a word and in words."""

    outcome: CaseOutcome
    note: str = Field(max_length=4_000)


@router.get("/hold-kinds")
def kinds(_seat: Reader, country: str = Query("", pattern="^([A-Z]{2})?$")) -> Json:
    """Every kind of hold, what it stops and how long it binds in `country` (ISO 3166), and the kinds of case that are
    opened by hand. It is the policy's."""
    return {"holds": holds.kinds(country), "cases": cases.kinds()}


@router.post("/conversations/{conversation_id}/holds")
def place(conversation_id: uuid.UUID, body: Placed, request: Request, db: Db, seat: Writer) -> Json:
    """Place a hold, confirmed: on an invoice or the customer while identity is proven, or on the address."""
    with db.transaction() as session:
        conversation = own(session, seat, conversation_id)
        customer = None if body.on == On.ADDRESS else customer_in(session, conversation)
        hold = hold_decisions.place(
            session,
            seat.agent,
            body.client_id,
            body.kind,
            conversation,
            customer,
            invoice=_invoice(session, customer, body),
            reason=text.reason(body.reason),
            ends_on=body.ends_on,
            in_treatment=body.in_treatment,
        )
        audit.record_once(session, seat.agent, "hold.placed", f"hold:{hold.id}", kind=hold.kind)
        answer = {"holds": holds.of_conversation(session, seat, conversation)}
    bells.ring(request, conversation_id)
    return answer


@router.post("/holds/{hold_id}/confirm")
def confirm(hold_id: uuid.UUID, request: Request, db: Db, seat: Writer, body: Confirmed | None = None) -> Json:
    """What was reported is so."""
    said = body or Confirmed()
    with db.transaction() as session:
        holds.find(session, seat, hold_id)
        hold = hold_decisions.confirm(
            session, hold_id, seat.agent, ends_on=said.ends_on, in_treatment=said.in_treatment
        )
        audit.record(session, seat.agent, "hold.confirmed", f"hold:{hold_id}", kind=hold.kind)
        told, answer = hold.conversation_id, {"status": hold.status}
    bells.ring(request, told)
    return answer


@router.post("/holds/{hold_id}/treatment-ended")
def treatment_ended(hold_id: uuid.UUID, body: Treated, request: Request, db: Db, seat: Writer) -> Json:
    """From its end on, the days of the law count."""
    with db.transaction() as session:
        holds.find(session, seat, hold_id)
        hold = hold_decisions.treatment_ended(session, hold_id, seat.agent, body.on)
        audit.record(session, seat.agent, "hold.treated", f"hold:{hold_id}", kind=hold.kind)
        told, last = hold.conversation_id, hold_steps.last_days(session, [hold])[hold_id]
    bells.ring(request, told)
    return {"ends_on": last.isoformat()}


@router.post("/holds/{hold_id}/lift")
def lift(hold_id: uuid.UUID, body: Lifted, request: Request, db: Db, seat: Writer) -> Json:
    """It stops nothing any more. Whose role is enough is the policy's to say."""
    with db.transaction() as session:
        holds.find(session, seat, hold_id)
        hold = hold_decisions.lift(session, hold_id, seat.agent, text.reason(body.reason), body.outcome)
        outcome = {"outcome": body.outcome} if body.outcome else {}
        audit.record(session, seat.agent, "hold.lifted", f"hold:{hold_id}", kind=hold.kind, **outcome)
        told, answer = hold.conversation_id, {"status": hold.status}
    bells.ring(request, told)
    return answer


@router.post("/conversations/{conversation_id}/cases")
def open_case(conversation_id: uuid.UUID, body: Opened, request: Request, db: Db, seat: Writer) -> Json:
    """A case by hand."""
    with db.transaction() as session:
        conversation = own(session, seat, conversation_id)
        if body.kind not in cases.kinds():
            raise InvalidInput("There is no such kind of case.", about=body.kind)
        case = case_decisions.open_case(
            session,
            seat.agent,
            body.client_id,
            body.kind,
            conversation,
            _proven(session, conversation),
            text.reason(body.summary),
        )
        audit.record(session, seat.agent, "case.opened", f"case:{case.id}", kind=case.kind)
        answer = {"cases": cases.of_conversation(session, seat, conversation)}
    bells.ring(request, conversation_id)
    return answer


@router.post("/cases/{case_id}/done")
def finish(case_id: uuid.UUID, body: Finished, request: Request, db: Db, seat: Writer) -> Json:
    """A case is dealt with."""
    with db.transaction() as session:
        cases.find(session, seat, case_id)
        case = case_decisions.finish(session, case_id, seat.agent, body.outcome, text.reason(body.note))
        audit.record(session, seat.agent, "case.done", f"case:{case_id}", kind=case.kind, outcome=body.outcome)
        told, answer = case.conversation_id, {"status": case.status}
    bells.ring(request, told)
    return answer


@router.post("/cases/{case_id}/reopen")
def reopen(case_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """It was not dealt with after all."""
    with db.transaction() as session:
        cases.find(session, seat, case_id)
        case = case_decisions.reopen(session, case_id, seat.agent)
        audit.record(session, seat.agent, "case.reopened", f"case:{case_id}", kind=case.kind)
        told, answer = case.conversation_id, {"status": case.status}
    bells.ring(request, told)
    return answer


def _invoice(session: Session, customer: Customer | None, body: Placed) -> Invoice | None:
    if body.on != On.INVOICE:
        return None
    invoice = session.get(Invoice, body.invoice_id) if body.invoice_id else None
    if invoice is None or customer is None or invoice.customer_id != customer.id:
        raise NotFound("There is no such invoice on this account.")
    return invoice


def _proven(session: Session, conversation: Conversation) -> Customer | None:
    known = conversation.customer_id if payment_news.proven(conversation) else None
    return session.get(Customer, known) if known else None
