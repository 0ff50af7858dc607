"""Adjustments: what agents change on an account without money moving, with a reason and a second pair of eyes (C11)."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import allowance, credits, invoices, ledger, plans
from bot.billing.plans.coverage import put_beside
from bot.db import lock
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import Adjustment, AdjustmentKind, AdjustmentStatus, Agent, Customer, Invoice
from bot.money import Money


def propose(
    session: Session,
    agent: Agent,
    invoice_id: uuid.UUID,
    kind: AdjustmentKind,
    amount: Money,
    reason: str,
    *,
    client_id: uuid.UUID | None = None,
) -> Adjustment:
    """Change what is owed on an invoice by `amount`: posted at once within what `agent` may do alone (`allowance`),
    above that `proposed` until somebody else decides.

    `client_id`, if given, becomes the adjustment's id: the same again is the same one. Raises `NotFound` for no such
    invoice; `InvalidInput` for nothing, another currency, more than is owed or than the credit (`about` is the most),
    a disputed invoice that credit is to pay (C9), or a reason that says too little; `Conflict` for a `client_id` that
    stands for something else.
    """
    customer, invoice = _locked_invoice(session, invoice_id)
    before = session.get(Adjustment, client_id) if client_id else None
    if before is not None:
        asked = (invoice.id, kind, amount.minor, agent.id)
        if (before.invoice_id, before.kind, before.amount, before.proposed_by) != asked:
            raise Conflict("That client_id stands for another adjustment.", about=client_id)
        return before
    adjustment = Adjustment(
        customer_id=customer.id,
        invoice_id=invoice.id,
        kind=kind,
        amount=amount.minor,
        currency=amount.currency,
        reason=allowance.check_reason(reason),
        status=AdjustmentStatus.PROPOSED,
        proposed_by=agent.id,
        proposed_at=clock.now(),
    )
    if client_id is not None:
        adjustment.id = client_id
    _check(session, customer, adjustment)
    alone = allowance.covers(session, agent, customer, amount)
    session.add(adjustment)
    session.flush()
    if alone:
        _post(session, customer, adjustment)
    return adjustment


def decide(session: Session, adjustment_id: uuid.UUID, agent: Agent, *, approve: bool) -> Adjustment:
    """A second person has a proposed adjustment posted, or refuses it.

    Decided again in the same way by the same person it stays so. Raises `NotFound`, `NotAllowed`; `Conflict` when it is
    decided otherwise, or when by now less is owed or left.
    """
    customer, adjustment = _locked(session, adjustment_id)
    if adjustment.status != AdjustmentStatus.PROPOSED:
        if adjustment.decided_by == agent.id and approve == (adjustment.status != AdjustmentStatus.REFUSED):
            return adjustment
        raise Conflict("This adjustment has been decided already.", about=adjustment)
    allowance.check_second(session, adjustment.proposed_by, agent)
    adjustment.decided_by, adjustment.decided_at = agent.id, clock.now()
    if approve:
        try:
            _check(session, customer, adjustment)
        except InvalidInput as error:
            raise Conflict(f"The account has changed since this was proposed. {error.message}") from error
        _post(session, customer, adjustment)
    else:
        adjustment.status = AdjustmentStatus.REFUSED
    session.flush()
    return adjustment


def reverse(session: Session, adjustment_id: uuid.UUID, agent: Agent, reason: str) -> Adjustment:
    """Undo a posted adjustment, as far as it still holds. Undone again it stays so.

    Above what one agent may do alone it takes a supervisor. Raises `NotFound`; `NotAllowed`; `InvalidInput` for a
    reason that says too little; `Conflict` for one that was not posted, or an increase that has been paid by now:
    refund that first, so that nobody is overcharged (C11).
    """
    customer, adjustment = _locked(session, adjustment_id)
    if adjustment.status == AdjustmentStatus.REVERSED:
        return adjustment
    posting = ledger.find(session, credits.posted_as(adjustment))
    if adjustment.status != AdjustmentStatus.POSTED or posting is None:
        raise Conflict("Only what was posted can be undone.", about=adjustment)
    left = ledger.reversible(session, posting)
    if not agent.supervises and not allowance.covers(session, agent, customer, left):
        raise NotAllowed("A supervisor has to undo this.")
    adjustment.reversed_for = allowance.check_reason(reason)
    if adjustment.kind == AdjustmentKind.INCREASE and left > _owed(session, customer, adjustment.invoice_id):
        raise Conflict("This increase has been paid. Refund the payment first; then it can be undone.")
    if left:
        ledger.reverse(session, posting, f"{credits.posted_as(adjustment)}:reversed", left)
    adjustment.status = AdjustmentStatus.REVERSED
    adjustment.reversed_by, adjustment.reversed_at = agent.id, clock.now()
    if adjustment.kind == AdjustmentKind.INCREASE:
        put_beside(session, customer, adjustment.invoice_id, -left.minor)
        plans.complete(session, customer)
    else:
        put_beside(session, customer, adjustment.invoice_id, left.minor)
        plans.reopen(session, customer)
    session.flush()
    return adjustment


def of_customer(session: Session, customer: Customer, limit: int = 50) -> list[Adjustment]:
    """The adjustments of an account, newest first."""
    return list(
        session.scalars(
            sa.select(Adjustment)
            .where(Adjustment.customer_id == customer.id)
            .order_by(Adjustment.proposed_at.desc(), Adjustment.id.desc())
            .limit(limit)
        )
    )


def _check(session: Session, customer: Customer, adjustment: Adjustment) -> None:
    amount = Money(adjustment.amount, adjustment.currency)
    if amount.currency != customer.currency:
        raise InvalidInput(f"This account is kept in {customer.currency}.", about=amount)
    if amount.minor <= 0:
        raise InvalidInput("An adjustment is of more than nothing.", about=amount)
    if adjustment.kind == AdjustmentKind.INCREASE:
        return
    item = next((i for i in invoices.standing(session, customer).items if i.invoice.id == adjustment.invoice_id), None)
    most = item.owed if item else Money.zero(customer.currency)
    if adjustment.kind == AdjustmentKind.CREDIT_USED:
        if item is not None and item.disputed:
            raise InvalidInput("This invoice is disputed, so nothing is paid on it now.", about=item.invoice.id)
        most = min(most, credits.available(session, customer))
    if amount > most:
        raise InvalidInput(f"At most {most.format('en-US')} is possible here.", about=most)


def _post(session: Session, customer: Customer, adjustment: Adjustment) -> None:
    invoice = ledger.invoice_account(adjustment.invoice_id)
    source, destination = {
        AdjustmentKind.WRITE_OFF: (invoice, ledger.WRITE_OFFS),
        AdjustmentKind.REDUCTION: (invoice, ledger.ADJUSTMENTS),
        AdjustmentKind.INCREASE: (ledger.ADJUSTMENTS, invoice),
        AdjustmentKind.CREDIT_USED: (invoice, ledger.credit_account(customer.id)),
    }[AdjustmentKind(adjustment.kind)]
    ledger.post(
        session,
        source=source,
        destination=destination,
        amount=Money(adjustment.amount, adjustment.currency),
        reference=credits.posted_as(adjustment),
    )
    adjustment.status = AdjustmentStatus.POSTED
    if adjustment.kind == AdjustmentKind.INCREASE:
        put_beside(session, customer, adjustment.invoice_id, adjustment.amount)
    else:
        plans.complete(session, customer)
    session.flush()


def _owed(session: Session, customer: Customer, invoice_id: uuid.UUID) -> Money:
    return ledger.balance(session, ledger.invoice_account(invoice_id), customer.currency)


def _locked_invoice(session: Session, invoice_id: uuid.UUID) -> tuple[Customer, Invoice]:
    invoice = session.get(Invoice, invoice_id)
    customer = lock(session, Customer, invoice.customer_id) if invoice else None
    if invoice is None or customer is None:
        raise NotFound("There is no such invoice.", about=invoice_id)
    return customer, invoice


def _locked(session: Session, adjustment_id: uuid.UUID) -> tuple[Customer, Adjustment]:
    """The customer first, as everywhere."""
    customer_id = session.scalar(sa.select(Adjustment.customer_id).where(Adjustment.id == adjustment_id))
    customer = lock(session, Customer, customer_id) if customer_id else None
    adjustment = lock(session, Adjustment, adjustment_id) if customer else None
    if customer is None or adjustment is None:
        raise NotFound("There is no such adjustment.", about=adjustment_id)
    return customer, adjustment
