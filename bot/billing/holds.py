"""Holds on a person, on an address or on an invoice, and what they stop (C8, C9, P4; design section 10, 7 and 10).

What a kind of hold stops is data (`policies/holds.yml`). A hold on a person stops it everywhere; one that names an
address stops it there alone. What somebody said of themselves before they showed who they are binds them once it is
known whose conversation it was.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.db import lock
from bot.models import (
    Channel,
    Conversation,
    Customer,
    Hold,
    HoldKind,
    HoldStatus,
    Invoice,
    Plan,
    PlanInvoice,
    PlanStatus,
)
from bot.policies import Stop

# About the person who says it, wherever they say it. A refusal binds the address; the wrong person is nobody's.
OF_THEMSELVES = (
    HoldKind.HARDSHIP,
    HoldKind.BREATHING_SPACE,
    HoldKind.BANKRUPTCY,
    HoldKind.ATTORNEY,
    HoldKind.DECEASED,
)


def holds_on(session: Session, customer_id: uuid.UUID) -> frozenset[HoldKind]:
    """The kinds of hold that bind on the customer at this moment, reported or confirmed, without disputes, which are on
    invoices, and without refusals of one address."""
    theirs = sa.select(Conversation.id).where(Conversation.customer_id == customer_id)
    kinds = session.scalars(
        sa.select(Hold.kind).where(
            sa.or_(
                sa.and_(Hold.customer_id == customer_id, Hold.address.is_(None)),
                sa.and_(
                    Hold.customer_id.is_(None), Hold.conversation_id.in_(theirs), Hold.kind.in_(sorted(OF_THEMSELVES))
                ),
            ),
            Hold.status != HoldStatus.LIFTED,
            Hold.kind != HoldKind.DISPUTE,
        )
    )
    return frozenset(HoldKind(kind) for kind in kinds)


def is_stopped(session: Session, customer_id: uuid.UUID, stop: Stop) -> bool:
    """Whether a hold on the customer stops `stop` (C8)."""
    return bool(holds_on(session, customer_id) & policies.holds().stopping(stop))


def is_stopped_at(session: Session, conversation: Conversation, stop: Stop) -> bool:
    """Whether a hold on the conversation's own address stops `stop` there (P4, C8).

    An address of the web is a network's, which neighbours share: there the conversation alone is meant.
    """
    here = sa.and_(
        Hold.conversation_id == conversation.id,
        sa.or_(
            sa.and_(Hold.customer_id.is_(None), Hold.address.is_(None)),
            Hold.address == conversation.address,
        ),
    )
    if conversation.address and conversation.channel != Channel.WEB:
        here = sa.or_(here, Hold.address == conversation.address)
    kinds = sorted(policies.holds().stopping(stop))
    held = sa.select(Hold.id).where(here, Hold.kind.in_(kinds), Hold.status != HoldStatus.LIFTED)
    return session.scalars(held.limit(1)).first() is not None


def report(
    session: Session,
    kind: HoldKind,
    conversation: Conversation,
    customer: Customer | None,
    *,
    reason: str,
    address: str | None = None,
) -> None:
    """Hold, from now on: `customer` where they are known, else the conversation's address (P4, C8). With `address` that
    one alone. What is held already stays as it is."""
    held = sa.select(Hold.id).where(Hold.kind == kind, Hold.status != HoldStatus.LIFTED, Hold.invoice_id.is_(None))
    if customer is None:
        held = held.where(Hold.customer_id.is_(None), Hold.conversation_id == conversation.id)
    else:
        held = held.where(Hold.customer_id == customer.id, Hold.address.is_(None))
    if address is not None:
        held = held.where(sa.or_(Hold.address == address, Hold.address.is_(None)))
    if session.scalar(held.limit(1)) is None:
        session.add(
            Hold(
                kind=kind,
                customer_id=customer.id if customer else None,
                address=address if customer else address or conversation.address,
                conversation_id=conversation.id,
                reason=reason,
            )
        )
        session.flush()


def dispute(
    session: Session, conversation: Conversation, customer: Customer, invoices: Iterable[Invoice], *, reason: str
) -> None:
    """Hold each of `invoices` as disputed, from now on (C9). One that is held already stays as it is.

    That the customer chose it for their plan was said before: the card is not charged for it any more.
    """
    lock(session, Customer, customer.id)
    chosen = list(invoices)
    for invoice in chosen:
        held = sa.select(Hold.id).where(
            Hold.invoice_id == invoice.id, Hold.kind == HoldKind.DISPUTE, Hold.status != HoldStatus.LIFTED
        )
        if session.scalar(held) is None:
            session.add(
                Hold(
                    kind=HoldKind.DISPUTE,
                    customer_id=customer.id,
                    invoice_id=invoice.id,
                    conversation_id=conversation.id,
                    reason=reason,
                )
            )
    forget_choice(session, customer, [invoice.id for invoice in chosen])


def forget_choice(session: Session, customer: Customer, invoice_ids: Collection[uuid.UUID]) -> None:
    """That the customer had chosen these invoices for the plan in force was said before they were disputed: they are
    paid no more than others in dispute (C9)."""
    in_force = sa.select(Plan.id).where(
        Plan.customer_id == customer.id, Plan.status.in_((PlanStatus.AGREED, PlanStatus.ACTIVE))
    )
    session.execute(
        sa.update(PlanInvoice)
        .where(PlanInvoice.plan_id.in_(in_force), PlanInvoice.invoice_id.in_(invoice_ids))
        .values(named=False)
        .execution_options(synchronize_session="fetch")
    )
    session.flush()
