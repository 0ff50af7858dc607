"""Outreach beside a customer's conversation: what is paused, what is next, what went out and what the gate said."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.desk.auth import Seat
from bot.desk.identity import Known, known
from bot.desk.insights import numbers
from bot.desk.outreach import ahead, standstill
from bot.desk.outreach.ahead import Step
from bot.desk.outreach.words import rule, what
from bot.desk.thread.lines import agent_names, instant
from bot.models import (
    Conversation,
    Customer,
    GateDecision,
    Invoice,
    OutreachPause,
    Reminder,
    ReminderKind,
    ReminderStatus,
)
from bot.outreach import pauses

NEWEST = 12

Json = dict[str, Any]


def pane(session: Session, seat: Seat, conversation: Conversation) -> Json:
    """What the pane shows. Without a proof that holds only whether it is paused, and when we wrote where: kinds, rules
    and reasons tell of the account (P1). Nothing of somebody whom nobody knows."""
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    identity = known(conversation, customer)
    if customer is None or identity == Known.UNKNOWN:
        return {"known": False}
    proven, speaks = identity == Known.VERIFIED, conversation.agent_id == seat.agent.id
    stopped = standstill.now(session)
    own = next((row for row in pauses.binding(session, customer) if row.customer_id is not None), None)
    return {
        "known": True,
        "proven": proven,
        "zone": customer.time_zone,
        "today": clock.today(customer.time_zone).isoformat(),
        "everybody": stopped.sentence if stopped else None,
        "pause": _pause(session, own, customer.time_zone, proven=proven) if own else None,
        "next": [_next(step, customer.time_zone) for step in ahead.steps(session, customer)] if proven else [],
        "past": _past(session, customer, proven=proven),
        "may": {
            "pause": own is None and (speaks or seat.supervises),
            "resume": own is not None and (seat.supervises or (speaks and proven)),
        },
    }


def _pause(session: Session, row: OutreachPause, zone: str, *, proven: bool) -> Json:
    """`until` is the customer's day on which it goes on."""
    names = agent_names(session)
    return {
        "by": names.get(row.agent_id, "A colleague") if row.agent_id else "the operator",
        "reason": row.reason if proven else None,
        "at": instant(row.created_at),
        "until": row.until.astimezone(ZoneInfo(zone)).date().isoformat() if row.until else None,
    }


def _next(step: Step, zone: str) -> Json:
    return {
        "on": step.on.isoformat(),
        "what": what(step.kind, step.step, step.named),
        "goes": step.goes,
        "channel": step.medium,
        "because": None if step.goes and step.rule == "may_go" else rule(step.rule),
        "there": _there(step, zone),
    }


def _there(step: Step, zone: str) -> str | None:
    """`at` by the customer's clock; the day too, where it is another than the step's."""
    if step.at is None:
        return None
    local = step.at.astimezone(ZoneInfo(zone))
    day = "" if local.date() == step.on else f"{numbers.day(local.date(), year=False)}, "
    return f"{day}{local:%H:%M}"


def _past(session: Session, customer: Customer, *, proven: bool) -> list[Json]:
    """The newest reminders, as they were settled or wait."""
    query = sa.select(Reminder).where(Reminder.customer_id == customer.id)
    if not proven:
        query = query.where(Reminder.status == ReminderStatus.SENT)
    newest = sa.func.coalesce(Reminder.settled_at, Reminder.created_at)
    rows = session.scalars(query.order_by(newest.desc(), Reminder.id.desc()).limit(NEWEST)).all()
    numbers, asked = _numbers(session, rows), _asked(session, rows)
    return [
        {"at": instant(row.settled_at), "state": row.status, "channel": row.medium}
        | (_told(row, numbers.get(row.subject_id), asked[row.id]) if proven else {})
        for row in rows
    ]


def _told(row: Reminder, number: str | None, asked: list[Json]) -> Json:
    return {
        "what": what(row.kind, row.step, number),
        "because": rule(row.rule) if row.rule != "may_go" else None,
        "again_at": instant(row.again_at) if row.status == ReminderStatus.WAITING else None,
        "asked": asked,
    }


def _numbers(session: Session, rows: Any) -> dict[uuid.UUID, str]:
    """The invoices that they are about."""
    ids = [row.subject_id for row in rows if row.kind == ReminderKind.INVOICE]
    found = session.execute(sa.select(Invoice.id, Invoice.number).where(Invoice.id.in_(ids)))
    return {row.id: row.number for row in found}


def _asked(session: Session, rows: Any) -> dict[uuid.UUID, list[Json]]:
    """What the gate said of each, medium by medium, in its order."""
    found: dict[uuid.UUID, list[Json]] = defaultdict(list)
    kept = session.scalars(
        sa.select(GateDecision)
        .where(GateDecision.reminder_id.in_([row.id for row in rows]))
        .order_by(GateDecision.at, GateDecision.id)
    )
    for row in kept:
        if row.reminder_id is not None:
            one = {"channel": row.medium, "may_go": row.rule == "may_go", "because": rule(row.rule)}
            found[row.reminder_id].append(one | {"at": instant(row.at)})
    return found
