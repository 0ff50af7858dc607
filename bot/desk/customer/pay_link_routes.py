"""The desk's JSON for links to pay and for promises: each is said in the conversation, audited, and done once."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field

from bot.billing import promises
from bot.conversations import agreements
from bot.desk import audit, bells
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.customer import pay_links
from bot.desk.customer.pay_links import Link
from bot.desk.thread.speaking import Once, customer_in, own, press, said_before, shown
from bot.money import Money

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


class Promised(Once):
    """`amount` in minor units of the account's currency, by a day of the customer's."""

    amount: int = Field(ge=1, le=10**12)
    due_on: dt.date


@router.get("/conversations/{conversation_id}/pay-link")
def payable(conversation_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """What a link may be for, and which one it would take the place of. Audited before it leaves."""
    with db.transaction() as session:
        customer = customer_in(session, own(session, seat, conversation_id))
        audit.record(session, seat.agent, "payable.read", audit.conversation(conversation_id))
        return pay_links.payable(session, customer)


@router.post("/conversations/{conversation_id}/pay-link")
def send_link(conversation_id: uuid.UUID, body: Link, request: Request, db: Db, seat: Writer) -> Json:
    """Say the link in the conversation; older ones that are unpaid are replaced."""
    with db.transaction() as session:
        conversation = own(session, seat, conversation_id)
        pressed = press(body, "link")
        message = said_before(session, seat, conversation, pressed)
        if message is None:
            payment = pay_links.open_link(session, customer_in(session, conversation), body, conversation.id)
            message = agreements.send_link(session, conversation, seat.agent, payment, pressed)
            audit.record(
                session, seat.agent, "pay_link.sent", f"payment:{payment.id}", conversation=str(conversation.id)
            )
        answer = shown(session, message)
    bells.ring(request, conversation_id)
    return answer


@router.post("/conversations/{conversation_id}/promise")
def promise(conversation_id: uuid.UUID, body: Promised, request: Request, db: Db, seat: Writer) -> Json:
    """Write down what the customer promises, and repeat it to them. An open promise is corrected by it."""
    with db.transaction() as session:
        conversation = own(session, seat, conversation_id)
        pressed = press(body, "promise")
        message = said_before(session, seat, conversation, pressed)
        if message is None:
            customer = customer_in(session, conversation)
            amount = Money(body.amount, customer.currency)
            made = promises.promise(session, customer, amount, body.due_on, conversation.id)
            message = agreements.confirm_promise(session, conversation, seat.agent, made, pressed)
            audit.record(session, seat.agent, "promise.recorded", f"promise:{made.id}")
        answer = shown(session, message)
    bells.ring(request, conversation_id)
    return answer
