"""What the gate decided, kept with the rule that made it: so that anybody can see why something went, or did not.

A decision is kept when it is the first about a reminder and a medium, or another rule than the one before; a reminder
that is blocked by the same rule all day leaves one row, not one a minute.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import GateDecision, Medium, Reminder
from bot.outreach.gate import Decision

Asked = Sequence[tuple[Medium, Decision]]


def known(session: Session, reminders: Iterable[Reminder]) -> dict[tuple[uuid.UUID, str], str]:
    """The rule that decided last about each of `reminders` (by id) and medium."""
    ids = [row.id for row in reminders]
    if not ids:
        return {}
    rows = session.execute(
        sa.select(GateDecision.reminder_id, GateDecision.medium, GateDecision.rule)
        .where(GateDecision.reminder_id.in_(ids))
        .order_by(GateDecision.at, GateDecision.id)
    )
    return {(reminder_id, medium): rule for reminder_id, medium, rule in rows if reminder_id is not None}


def keep(
    session: Session, reminder: Reminder, asked: Asked, before: dict[tuple[uuid.UUID, str], str] | None = None
) -> None:
    """Add what of `asked` is news. `before` is what `known` said; None for a reminder that is new."""
    for medium, decision in asked:
        if before is not None and before.get((reminder.id, medium)) == decision.rule:
            continue
        session.add(
            GateDecision(
                customer_id=reminder.customer_id,
                reminder_id=reminder.id,
                medium=medium,
                about=f"{reminder.kind}:{reminder.step}",
                rule=decision.rule,
                at=decision.at,
                again_at=decision.again_at,
            )
        )
