"""What people at the desk do with cases: open one by hand, say what came of it, take it up again (design 10, 1)."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from bot.billing import allowance
from bot.billing.plans import extended_terms
from bot.db import lock
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import Agent, Case, CaseEvent, CaseEventKind, CaseOutcome, CaseStatus, Conversation, Customer


def open_case(
    session: Session,
    agent: Agent,
    case_id: uuid.UUID,
    kind: str,
    conversation: Conversation,
    customer: Customer | None,
    summary: str,
) -> Case:
    """A case by hand, beside `conversation`. The same `case_id` again is the same case.

    Raises `InvalidInput` for a summary that says too little, `Conflict` for a `case_id` that stands for another. The
    caller checks the kind and holds the conversation.
    """
    before = session.get(Case, case_id)
    if before is not None:
        if (before.conversation_id, before.kind) != (conversation.id, kind):
            raise Conflict("That client_id stands for another case.", about=case_id)
        return before
    case = Case(
        id=case_id,
        kind=kind,
        conversation_id=conversation.id,
        customer_id=customer.id if customer else None,
        summary=allowance.check_reason(summary),
    )
    session.add(case)
    session.flush()
    _record(session, case, CaseEventKind.OPENED, agent)
    return case


def finish(session: Session, case_id: uuid.UUID, agent: Agent, outcome: CaseOutcome, note: str) -> Case:
    """The case is dealt with. Finished again it stays so.

    Raises `NotFound`; `InvalidInput` for a note that says too little; `Conflict` for longer terms that wait for a yes
    or a no, which is what ends that case.
    """
    case = _locked(session, case_id)
    if case.status == CaseStatus.DONE:
        return case
    if case.kind == extended_terms.CASE and extended_terms.waits(session, case):
        raise Conflict("Approve or refuse the longer plan: that ends this case.", about=case.id)
    note = allowance.check_reason(note)
    case.status = CaseStatus.DONE
    _record(session, case, CaseEventKind.DONE, agent, outcome, note)
    return case


def reopen(session: Session, case_id: uuid.UUID, agent: Agent) -> Case:
    """It was not dealt with after all. Taken up again it stays so. Raises `NotFound`; `InvalidInput` for longer terms,
    which are asked for anew."""
    case = _locked(session, case_id)
    if case.status == CaseStatus.OPEN:
        return case
    if case.kind == extended_terms.CASE:
        raise InvalidInput("Quote the longer terms anew instead.", about=case.id)
    case.status = CaseStatus.OPEN
    _record(session, case, CaseEventKind.REOPENED, agent)
    return case


def _locked(session: Session, case_id: uuid.UUID) -> Case:
    case = lock(session, Case, case_id)
    if case is None:
        raise NotFound("There is no such case.", about=case_id)
    return case


def _record(
    session: Session,
    case: Case,
    kind: CaseEventKind,
    agent: Agent,
    outcome: CaseOutcome | None = None,
    note: str = "",
) -> None:
    session.add(CaseEvent(case_id=case.id, kind=kind, actor=f"agent:{agent.id}", outcome=outcome, note=note))
    session.flush()
