"""The desk's JSON for a customer's rights: a copy of their data, and its erasure (P5). Each use is audited."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot import policies
from bot.conversations.rights import data_copy, erasure
from bot.desk import audit
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.auth import Seat
from bot.desk.customer.money import find_customer
from bot.desk.text import reason
from bot.desk.thread.lines import agent_names, instant
from bot.models import Customer, Erasure, ErasureScope, ErasureStatus

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


class Wish(BaseModel):
    """What is to be erased, and why. The page makes `client_id`, so that trying again is not asking twice."""

    client_id: uuid.UUID
    scope: ErasureScope
    reason: str = Field(max_length=2_000)


@router.get("/customers/{customer_id}/rights")
def rights(customer_id: uuid.UUID, db: Db, seat: Reader) -> Json:
    """What stands in the way of an erasure, the one that is under way or done, and how long what is kept."""
    with db.transaction() as session:
        customer = find_customer(session, seat, customer_id)
        audit.record(session, seat.agent, "rights.read", f"customer:{customer_id}")
        now = erasure.current(session, customer_id)
        return {
            "account_number": customer.account_number,
            "barriers": erasure.barriers(session, customer, talks=True),
            "kept_years": policies.jurisdiction(customer.country).kept_years,
            "erasure": _shown(now, agent_names(session)) if now else None,
        }


@router.get("/customers/{customer_id}/copy")
def copy(customer_id: uuid.UUID, db: Db, seat: Reader) -> StreamingResponse:
    """Everything that is kept about them, as a ZIP. Audited before the first byte."""
    with db.transaction() as session:
        customer = find_customer(session, seat, customer_id)
        name = data_copy.file_name(customer)
        audit.record(session, seat.agent, "customer.exported", f"customer:{customer_id}")
    pieces: Iterator[bytes] = data_copy.data_copy(db, customer_id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


@router.get("/erasures")
def waiting(db: Db, seat: Reader) -> Json:
    """Erasures that wait for this agent as the second person, oldest first. Audited when there is something new, since
    the page asks by itself, again and again."""
    with db.reading() as session:
        names = agent_names(session)
        rows = session.execute(
            sa.select(Erasure, Customer.account_number)
            .join(Customer, Customer.id == Erasure.customer_id)
            .where(Erasure.status == ErasureStatus.ASKED, Erasure.asked_by != seat.agent.id)
            .order_by(Erasure.asked_at)
        )
        shown = [_shown(each, names) | {"account_number": number} for each, number in rows]
        ids = sorted(each["id"] for each in shown)
        news = bool(ids) and audit.last(session, seat.agent, "erasures.read") != {"ids": ids}
    if news:
        with db.transaction() as session:
            audit.record(session, seat.agent, "erasures.read", "erasures", ids=ids)
    return {"erasures": shown}


@router.post("/customers/{customer_id}/erasures")
def ask(customer_id: uuid.UUID, body: Wish, db: Db, seat: Writer) -> Json:
    """Ask for an erasure. 409 with the sentence why it cannot be yet, and what can be erased meanwhile."""
    with db.transaction() as session:
        find_customer(session, seat, customer_id)
        why = reason(body.reason)
        asked = erasure.ask(session, seat.agent, customer_id, body.scope, why, client_id=body.client_id)
        return _written(session, seat, asked, "asked")


@router.post("/erasures/{erasure_id}/approve")
def approve(erasure_id: uuid.UUID, db: Db, seat: Writer) -> Json:
    """Have it done, as the second person: the worker begins within a minute, however long their history is."""
    with db.transaction() as session:
        return _written(session, seat, erasure.decide(session, erasure_id, seat.agent, approve=True), "approved")


@router.post("/erasures/{erasure_id}/refuse")
def refuse(erasure_id: uuid.UUID, db: Db, seat: Writer) -> Json:
    """Refuse it, as the second person."""
    with db.transaction() as session:
        return _written(session, seat, erasure.decide(session, erasure_id, seat.agent, approve=False), "refused")


def _written(session: Session, seat: Seat, one: Erasure, what: str) -> Json:
    subject = f"customer:{one.customer_id}"
    audit.record_once(session, seat.agent, f"erasure.{what}", subject, erasure=str(one.id), scope=one.scope)
    return {"erasure": _shown(one, agent_names(session))}


def _shown(one: Erasure, names: dict[uuid.UUID, str]) -> Json:
    return {
        "id": str(one.id),
        "scope": one.scope,
        "status": one.status,
        "reason": one.reason,
        "by": names.get(one.asked_by, "A colleague") if one.asked_by else "The operator",
        "decided_by": names.get(one.decided_by, "A colleague") if one.decided_by else None,
        "at": instant(one.asked_at),
    }
