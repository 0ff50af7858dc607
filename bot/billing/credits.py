"""A customer's credit: what they paid above what was owed, used for other invoices, and taken back when it was none."""

from __future__ import annotations

import itertools
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import invoices, ledger
from bot.models import Adjustment, AdjustmentKind, AdjustmentStatus, Customer, Posting
from bot.money import Money


def available(session: Session, customer: Customer) -> Money:
    """What of the credit is not used; never less than nothing."""
    held = ledger.balance(session, ledger.credit_account(customer.id), customer.currency)
    return Money(max(-held.minor, 0), customer.currency)


def take_back(session: Session, customer: Customer, reference: str) -> None:
    """The money behind a credit is gone: as far as more was used than is left, the newest uses are undone, and their
    invoices are owed again, so that no credit is ever negative. The caller holds the customer's lock.

    The postings are `<reference>:credit:<n>`.
    """
    missing = ledger.balance(session, ledger.credit_account(customer.id), customer.currency).minor
    if missing <= 0:
        return
    numbers = itertools.count()
    for use in _uses(session, customer):
        posting = ledger.find(session, posted_as(use))
        left = ledger.reversible(session, posting).minor if posting else 0
        part = min(left, missing)
        if posting is None or not part:
            continue
        ledger.reverse(session, posting, f"{reference}:credit:{next(numbers)}", Money(part, use.currency))
        if part == left:
            use.status = AdjustmentStatus.REVERSED
        missing -= part
        if not missing:
            return


def give_again(session: Session, customer: Customer, reference: str) -> None:
    """The money has come again: what `take_back` undid under `reference` is done again, as far as the credit goes, its
    invoice is owed and not disputed (C9), and nobody has decided otherwise since."""
    items = {
        ledger.invoice_account(item.invoice.id): item.owed.minor
        for item in invoices.standing(session, customer).items
        if not item.disputed
    }
    for number in itertools.count():
        undone = ledger.find(session, f"{reference}:credit:{number}")
        if undone is None:
            return
        use = _use(session, undone)
        part = min(
            ledger.reversible(session, undone).minor,
            items.get(undone.destination, 0),
            available(session, customer).minor,
        )
        if part and use is not None and use.reversed_at is None:
            ledger.reverse(session, undone, f"{reference}:undone:credit:{number}", Money(part, undone.currency))
            use.status = AdjustmentStatus.POSTED
            items[undone.destination] -= part


def posted_as(adjustment: Adjustment) -> str:
    """The reference of an adjustment's posting."""
    return f"adjustment:{adjustment.id}"


def _uses(session: Session, customer: Customer) -> list[Adjustment]:
    return list(
        session.scalars(
            sa.select(Adjustment)
            .where(
                Adjustment.customer_id == customer.id,
                Adjustment.kind == AdjustmentKind.CREDIT_USED,
                Adjustment.status == AdjustmentStatus.POSTED,
            )
            .order_by(sa.func.coalesce(Adjustment.decided_at, Adjustment.proposed_at).desc(), Adjustment.id.desc())
        )
    )


def _use(session: Session, undone: Posting) -> Adjustment | None:
    used = session.get_one(Posting, undone.reverses)
    return session.get(Adjustment, uuid.UUID(used.reference.removeprefix("adjustment:")))
