"""What is written down beside a conversation: cases for the desk, holds that bind at once (design section 10)."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions.escalation import criteria
from actions.turn import TEXT_KEPT, Turn
from bot.billing.holds import holds_on
from bot.models import Case, CaseStatus, Conversation, Customer, Hold, HoldKind, HoldStatus, Invoice


def open_case(session: Session, turn: Turn, intent: str, customer: Customer | None) -> Case:
    """A case for the desk by the criteria for `intent`, with the customer's words; more words go to the open one."""
    kind = criteria().case[intent].kind
    words = turn.text[:TEXT_KEPT].strip()
    case = session.scalars(
        sa.select(Case)
        .where(Case.conversation_id == turn.conversation_id, Case.kind == kind, Case.status == CaseStatus.OPEN)
        .limit(1)
    ).first()
    if case is None:
        case = Case(conversation_id=turn.conversation_id, kind=kind, summary=words)
        session.add(case)
    elif words and words not in case.summary:
        case.summary = f"{case.summary}\n{words}".strip()
    if customer is not None:
        case.customer_id = customer.id
    session.flush()
    return case


def told_hardship(session: Session, turn: Turn, customer: Customer) -> bool:
    """Whether `customer` is in hardship, by a hold or by what was told in this conversation, perhaps before it was
    known who they are."""
    told = sa.select(Case.id).where(
        Case.conversation_id == turn.conversation_id,
        Case.kind == criteria().case["report_hardship"].kind,
        Case.status == CaseStatus.OPEN,
    )
    return HoldKind.HARDSHIP in holds_on(session, customer.id) or session.scalars(told).first() is not None


def dispute(session: Session, turn: Turn, customer: Customer, invoices: Iterable[Invoice]) -> None:
    """Hold each of `invoices` as disputed, from now on (C9). One that is held already stays as it is."""
    for invoice in invoices:
        held = sa.select(Hold.id).where(
            Hold.invoice_id == invoice.id, Hold.kind == HoldKind.DISPUTE, Hold.status != HoldStatus.LIFTED
        )
        if session.scalar(held) is None:
            session.add(
                Hold(
                    kind=HoldKind.DISPUTE,
                    customer_id=customer.id,
                    invoice_id=invoice.id,
                    conversation_id=turn.conversation_id,
                    reason=turn.text[:TEXT_KEPT],
                )
            )
    session.flush()


def hold_contact(session: Session, turn: Turn, kind: HoldKind, customer: Customer | None) -> None:
    """Stop contact: with `customer` where they are known, else with this conversation's address (P4, C8)."""
    conversation: Conversation = turn.conversation(session)
    who = Hold.customer_id == customer.id if customer else Hold.conversation_id == conversation.id
    if session.scalar(sa.select(Hold.id).where(who, Hold.kind == kind, Hold.status != HoldStatus.LIFTED)) is None:
        session.add(
            Hold(
                kind=kind,
                customer_id=customer.id if customer else None,
                address=None if customer else conversation.address,
                conversation_id=conversation.id,
                reason=turn.text[:TEXT_KEPT],
            )
        )
        session.flush()
