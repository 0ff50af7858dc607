"""A question that was asked, or could not be, written down beside the reminders: a row for what it was about, and the
gate's word with its rule."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.db import new_id
from bot.models import GateDecision, Message, Reminder, ReminderKind, ReminderStatus
from bot.outreach import decisions
from bot.outreach.ways import Barred, Way


def asked(
    session: Session, way: Way, key: tuple[ReminderKind, uuid.UUID, int], due_on: dt.date, message: Message
) -> Reminder:
    """The reminder of `key` (kind, subject, step), settled as sent by `message`; one that is there stays as it is."""
    kind, subject_id, step = key
    known = sa.select(Reminder).where(Reminder.kind == kind, Reminder.subject_id == subject_id, Reminder.step == step)
    row = session.scalars(known).first()
    if row is not None:
        return row
    row = Reminder(
        id=new_id(),
        customer_id=way.facts.customer.id,
        kind=kind,
        subject_id=subject_id,
        step=step,
        due_on=due_on,
        status=ReminderStatus.SENT,
        rule=way.asked[-1][1].rule,
        medium=way.situation.medium,
        conversation_id=message.conversation_id,
        message_id=message.id,
        settled_at=clock.now(),
    )
    session.flush()
    session.add(row)
    session.flush()
    decisions.keep(session, row, way.asked)
    return row


def kept(session: Session, barred: Barred, kind: ReminderKind, step: int) -> None:
    """The gate's word that nothing may be asked now, where it is another than it was for this before."""
    about, customer_id = f"{kind}:{step}", barred.facts.customer.id
    rows = session.execute(
        sa.select(GateDecision.medium, GateDecision.rule)
        .where(GateDecision.customer_id == customer_id, GateDecision.about == about)
        .order_by(GateDecision.at, GateDecision.id)
    )
    before = {row.medium: row.rule for row in rows}
    for medium, decision in barred.asked:
        if before.get(medium) != decision.rule:
            session.add(
                GateDecision(
                    customer_id=customer_id,
                    medium=medium,
                    about=about,
                    rule=decision.rule,
                    at=decision.at,
                    again_at=decision.again_at,
                )
            )
    session.flush()
