"""Whether what stands beside a thread has changed, cheaply enough to be asked at every look of every open desk."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import (
    Case,
    CaseEvent,
    ContactEdit,
    Conversation,
    Hold,
    HoldEvent,
    OutreachPause,
    Reminder,
    VerificationUnlock,
)


def newest(session: Session, conversation: Conversation) -> list[str]:
    """The instants of the last change of its holds, its cases, its customer's contact data and proofs, and of what we
    begin with them: another list means that the pane is to be read again. It says nothing else, so it needs no proof
    (P1)."""
    here, customer_id, address = conversation.id, conversation.customer_id, conversation.address
    holds = sa.or_(Hold.conversation_id == here, _is(Hold.customer_id, customer_id), _is(Hold.address, address))
    cases = sa.or_(Case.conversation_id == here, _is(Case.customer_id, customer_id))
    edits = _is(ContactEdit.customer_id, customer_id)
    pauses = _is(OutreachPause.customer_id, customer_id)
    latest = (
        sa.select(sa.func.max(Hold.created_at)).where(holds),
        sa.select(sa.func.max(HoldEvent.at)).join(Hold, Hold.id == HoldEvent.hold_id).where(holds),
        sa.select(sa.func.max(Case.created_at)).where(cases),
        sa.select(sa.func.max(CaseEvent.at)).join(Case, Case.id == CaseEvent.case_id).where(cases),
        sa.select(sa.func.max(ContactEdit.proposed_at)).where(edits),
        sa.select(sa.func.max(ContactEdit.decided_at)).where(edits),
        sa.select(sa.func.max(VerificationUnlock.at)).where(VerificationUnlock.conversation_id == here),
        sa.select(sa.func.max(OutreachPause.created_at)).where(pauses),
        sa.select(sa.func.max(OutreachPause.ended_at)).where(pauses),
        sa.select(sa.func.max(Reminder.settled_at)).where(_is(Reminder.customer_id, customer_id)),
    )
    return [str(at) for at in session.execute(sa.select(*(each.scalar_subquery() for each in latest))).one()]


def _is(column: sa.orm.InstrumentedAttribute[object], value: object) -> sa.ColumnElement[bool]:
    return column == value if value is not None else sa.false()
