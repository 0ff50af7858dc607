"""What is written down beside a conversation: cases for the desk, holds that bind at once (design section 10)."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions.escalation import criteria
from actions.turn import Turn
from bot.billing import holds
from bot.models import Case, CaseStatus, Customer, HoldKind, Invoice

WORDS_KEPT = 8_000  # characters: a message whole, as design section 10, 13 takes it


def open_case(session: Session, turn: Turn, intent: str, customer: Customer | None, *, note: str = "") -> Case:
    """A case for the desk by the criteria for `intent`: a `note` of ours, then the customer's words. More words go to
    the one that is open."""
    kind = criteria().case[intent].kind
    words = [part for part in (note.strip(), turn.text[:WORDS_KEPT].strip()) if part]
    case = opened(session, turn, intent)
    if case is None:
        case = Case(conversation_id=turn.conversation_id, kind=kind, summary="\n".join(words))
        session.add(case)
    else:
        new = [part for part in words if part not in case.summary]
        case.summary = "\n".join([case.summary, *new]).strip()
    if customer is not None:
        case.customer_id = customer.id
    session.flush()
    return case


def opened(session: Session, turn: Turn, intent: str) -> Case | None:
    """The case of this conversation by the criteria for `intent` that is open; None if there is none."""
    return session.scalars(
        sa.select(Case)
        .where(
            Case.conversation_id == turn.conversation_id,
            Case.kind == criteria().case[intent].kind,
            Case.status == CaseStatus.OPEN,
        )
        .limit(1)
    ).first()


def told_hardship(session: Session, turn: Turn, customer: Customer) -> bool:
    """Whether `customer` is in hardship, by a hold or by what was told in this conversation, perhaps before it was
    known who they are."""
    told = opened(session, turn, "report_hardship")
    return HoldKind.HARDSHIP in holds.holds_on(session, customer.id) or told is not None


def dispute(session: Session, turn: Turn, customer: Customer, invoices: Iterable[Invoice]) -> None:
    """Hold each of `invoices` as disputed, from now on (C9). One that is held already stays as it is."""
    reason = turn.text[:WORDS_KEPT]
    holds.dispute(session, turn.conversation(session), customer, invoices, reason=reason)


def hold_contact(
    session: Session, turn: Turn, kind: HoldKind, customer: Customer | None, *, address: str | None = None
) -> None:
    """Stop what `kind` stops: for `customer` where they are known, else at this conversation's address (P4, C8); with
    `address` there alone."""
    reason = turn.text[:WORDS_KEPT]
    holds.report(session, kind, turn.conversation(session), customer, reason=reason, address=address)
