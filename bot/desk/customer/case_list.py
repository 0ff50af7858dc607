"""The cases that wait for the desk, and those done lately: for a supervisor all of them, for an agent those of
conversations that they have or had (design section 10, 1)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing.plans import extended_terms
from bot.desk.auth import Seat
from bot.desk.customer.cases import ended
from bot.desk.customer.own_talks import had
from bot.models import Case, CaseStatus, Customer

A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A case with whose account it is about, if that is known, and once it is done what came of it."""

    id: uuid.UUID
    kind: str
    reference: str
    summary: str
    opened_at: dt.datetime
    conversation_id: uuid.UUID | None
    account_number: str | None
    decided_elsewhere: bool
    outcome: str | None
    note: str | None
    by: str | None


def listed(
    session: Session, seat: Seat, status: CaseStatus, kind: str | None = None, after: int = 0
) -> tuple[list[Listed], bool]:
    """A page of the cases of `status` from the `after`th on, of one `kind` if given, and whether more follow: open ones
    oldest first, done ones newest first."""
    order = [Case.created_at, Case.id] if status == CaseStatus.OPEN else [Case.created_at.desc(), Case.id.desc()]
    query = sa.select(Case, Customer.account_number).outerjoin(Customer, Customer.id == Case.customer_id)
    query = query.where(Case.status == status, _theirs(seat)).order_by(*order).offset(after).limit(A_PAGE + 1)
    if kind is not None:
        query = query.where(Case.kind == kind)
    rows = session.execute(query).all()
    done = ended(session, [row.Case.id for row in rows]) if status == CaseStatus.DONE else {}
    return [_shown(row.Case, row.account_number, done.get(row.Case.id, {})) for row in rows[:A_PAGE]], len(
        rows
    ) > A_PAGE


def counts(session: Session, seat: Seat) -> dict[str, int]:
    """How many open cases there are of each kind, by kind."""
    open_ones = sa.select(Case.kind, sa.func.count()).where(Case.status == CaseStatus.OPEN, _theirs(seat))
    return dict(sorted((kind, count) for kind, count in session.execute(open_ones.group_by(Case.kind))))


def _theirs(seat: Seat) -> sa.ColumnElement[bool]:
    return sa.true() if seat.supervises else Case.conversation_id.in_(had(seat.agent.id))


def _shown(case: Case, account_number: str | None, done: dict[str, str]) -> Listed:
    return Listed(
        id=case.id,
        kind=case.kind.replace("_", " ").capitalize(),
        reference=case.reference,
        summary=case.summary,
        opened_at=case.created_at,
        conversation_id=case.conversation_id,
        account_number=account_number,
        decided_elsewhere=case.kind == extended_terms.CASE,
        outcome=done.get("outcome", "").replace("_", " ").capitalize() or None,
        note=done.get("note"),
        by=done.get("by"),
    )
