"""Cases as the desk shows them: what each is about, what came of it, and who may decide (design section 10, 1; P1)."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.conversations.payment_news import proven
from bot.desk.auth import Seat
from bot.desk.customer.own_talks import OwnTalks, had, own_talks
from bot.desk.thread.lines import agent_names, instant
from bot.errors import NotAllowed, NotFound
from bot.models import Case, CaseEvent, CaseEventKind, CaseStatus, Conversation, Handoff

RECENT = 30

Json = dict[str, Any]


def kinds() -> list[str]:
    """The kinds of case that an agent opens by hand: those of the policy, by name."""
    return sorted({criterion.kind for criterion in policies.escalation().case.values()})


def of_conversation(session: Session, seat: Seat, conversation: Conversation) -> list[Json]:
    """The cases beside this conversation and, while identity is proven, of its customer (P1): open ones first, then the
    newest."""
    ours = [Case.conversation_id == conversation.id]
    if conversation.customer_id and proven(conversation):
        ours.append(Case.customer_id == conversation.customer_id)
    is_done = Case.status == CaseStatus.DONE
    rows = session.scalars(
        sa.select(Case).where(sa.or_(*ours)).order_by(is_done, Case.created_at.desc(), Case.id).limit(RECENT)
    ).all()
    outcomes, own = ended(session, [case.id for case in rows]), own_talks(session, seat)
    return [
        {
            "id": str(case.id),
            "kind": case.kind,
            "reference": case.reference,
            "status": case.status,
            "summary": case.summary,
            "at": instant(case.created_at),
            "done": outcomes.get(case.id) if case.status == CaseStatus.DONE else None,
            "may_decide": _may_decide(seat, own, case),
        }
        for case in rows
    ]


def find(session: Session, seat: Seat, case_id: uuid.UUID) -> Case:
    """A case about which this agent may decide. Raises `NotFound`, `NotAllowed`."""
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("There is no such case.", about=case_id)
    if not (_may_decide(seat, own_talks(session, seat), case) or _had(session, seat, case)):
        raise NotAllowed("Speak with this customer first.", about=case_id)
    return case


def ended(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, Json]:
    """What came of each that a person has done: the outcome, a note, who and when."""
    names = {f"agent:{agent_id}": name for agent_id, name in agent_names(session).items()}
    steps = session.scalars(
        sa.select(CaseEvent)
        .where(CaseEvent.case_id.in_(ids), CaseEvent.kind == CaseEventKind.DONE)
        .order_by(CaseEvent.at)
    )
    return {
        step.case_id: {
            "outcome": step.outcome,
            "note": step.note,
            "by": names.get(step.actor, step.actor),
            "at": instant(step.at),
        }
        for step in steps
    }


def _may_decide(seat: Seat, own: OwnTalks, case: Case) -> bool:
    """A supervisor about any; an agent about those of a conversation that they have and, while its customer has proven
    who they are, of that customer."""
    return seat.supervises or case.conversation_id in own.conversations or case.customer_id in own.customers


def _had(session: Session, seat: Seat, case: Case) -> bool:
    """Whether it stands beside a conversation that this agent had: what was taken on there is finished after it."""
    theirs = had(seat.agent.id).where(Handoff.conversation_id == case.conversation_id)
    return case.conversation_id is not None and session.scalar(theirs.limit(1)) is not None
