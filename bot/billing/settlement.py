"""Settlement: how a payment that Stripe calls paid reaches the ledger, exactly once (S5)."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import invoices, ledger, plans
from bot.billing.invoices import OpenInvoice, Standing
from bot.billing.payment_states import may_become
from bot.billing.stripe import CheckoutSession
from bot.db import lock
from bot.errors import Conflict, NotFound
from bot.models import Customer, Invoice, Payment, PaymentShare, PaymentStatus, Posting
from bot.money import Money, total


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a payment did. `credit` is the part above what was owed; `balance` and `overdue_after` are what is owed now.

    `first` is false when the same money had been settled before: then nothing moved.
    """

    payment: Payment
    amount: Money
    applied: list[tuple[Invoice, Money]]
    credit: Money
    balance: Money
    overdue_after: Money
    first: bool


def lock_payment(session: Session, payment_id: uuid.UUID) -> Payment:
    """The payment with this id, afresh and locked together with its customer. Raises `NotFound`.

    The customer's row is always locked first, so that two who lock both never wait for each other.
    """
    customer_id = session.scalar(sa.select(Payment.customer_id).where(Payment.id == payment_id))
    if customer_id is not None:
        lock(session, Customer, customer_id)
    payment = lock(session, Payment, payment_id)
    if payment is None:
        raise NotFound("There is no such payment.", about=payment_id)
    return payment


def settle(session: Session, payment_id: uuid.UUID, checkout: CheckoutSession) -> Settlement:
    """Post what Stripe took for `payment_id`: to its shares as far as they are still owed, then to the oldest invoices
    that are not disputed (C9), the rest to the customer's credit (S5). A plan that this completes is completed.

    However often and by however many it is called with one Checkout Session, its money moves once. A second session of
    the same payment is other money and is posted too: nothing is lost. Raises `Conflict` for a session that is not
    paid (S2), of another payment or in another currency; `NotFound` for no such payment.
    """
    payment = lock_payment(session, payment_id)
    _check(payment, checkout)
    customer = session.get_one(Customer, payment.customer_id)
    before = invoices.standing(session, customer)
    applied, credit = _posted(session, payment, checkout)
    first = not applied and not credit
    if first:
        applied, credit = _post(session, payment, checkout, before)
        payment.payment_intent_id = checkout.payment_intent or payment.payment_intent_id
        payment.settled_at = payment.settled_at or clock.now()
        if may_become(payment.status, PaymentStatus.SUCCEEDED):
            payment.status = PaymentStatus.SUCCEEDED
            payment.checkout_session_id = checkout.id
        plans.complete(session, customer)
        session.flush()
    after = invoices.standing(session, customer) if first else before
    return Settlement(payment, checkout.amount, applied, credit, after.total, after.overdue, first)


def _check(payment: Payment, checkout: CheckoutSession) -> None:
    if checkout.payment_id != str(payment.id):
        raise Conflict("This checkout page belongs to another payment.", about=payment.id)
    if checkout.payment_status != "paid":
        raise Conflict("This payment is not paid yet.", about=payment.id)
    if checkout.amount.currency != payment.currency:
        raise Conflict("This payment was made in another currency.", about=payment.id)


def _reference(payment: Payment, checkout: CheckoutSession, position: int) -> str:
    return f"payment:{payment.id}:{checkout.id}:{position}"


def _posted(session: Session, payment: Payment, checkout: CheckoutSession) -> tuple[list[tuple[Invoice, Money]], Money]:
    """What was posted for this Checkout Session before: the shares applied, and the credit."""
    applied: list[tuple[Invoice, Money]] = []
    credit = Money.zero(payment.currency)
    for posting in _postings(session, payment, checkout):
        amount = Money(posting.amount, posting.currency)
        kind, _, id_ = posting.source.partition(":")
        if kind == "invoice":
            applied.append((session.get_one(Invoice, uuid.UUID(id_)), amount))
        else:
            credit = credit + amount
    return applied, credit


def _postings(session: Session, payment: Payment, checkout: CheckoutSession) -> Iterator[Posting]:
    # Positions have no gaps, so the first page that is not full is the last; nearly always it is the first.
    for page in itertools.count():
        references = [_reference(payment, checkout, page * 20 + position) for position in range(20)]
        found = session.scalars(sa.select(Posting).where(Posting.reference.in_(references)).order_by(Posting.id)).all()
        yield from found
        if len(found) < len(references):
            return


def _post(
    session: Session, payment: Payment, checkout: CheckoutSession, standing: Standing
) -> tuple[list[tuple[Invoice, Money]], Money]:
    shares = session.scalars(
        sa.select(PaymentShare).where(PaymentShare.payment_id == payment.id).order_by(PaymentShare.position)
    ).all()
    applied = allocate(checkout.amount, shares, standing)
    credit = checkout.amount - total((amount for _, amount in applied), payment.currency)
    moves = [(ledger.invoice_account(invoice.id), amount) for invoice, amount in applied]
    if credit:
        moves.append((ledger.credit_account(payment.customer_id), credit))
    for position, (account, amount) in enumerate(moves):
        reference = _reference(payment, checkout, position)
        ledger.post(session, source=account, destination=ledger.STRIPE, amount=amount, reference=reference)
    return applied, credit


def allocate(amount: Money, shares: Sequence[PaymentShare], standing: Standing) -> list[tuple[Invoice, Money]]:
    """How `amount` falls on what is owed at this moment.

    The shares come first, each at most what it meant and what is still owed, without what came into dispute since
    unless the customer named it (C9); what is left goes to the other undisputed invoices, oldest first. Never more than
    is owed on any; the sum may be less than `amount`.
    """
    open_ = {item.invoice.id: item for item in standing.items}
    wanted = [(share.invoice_id, share.amount) for share in shares if _is_payable(share, open_)]
    wanted += [(item.invoice.id, item.owed.minor) for item in standing.items if not item.disputed]
    left, parts = amount.minor, dict[uuid.UUID, int]()
    for invoice_id, most in wanted:
        room = open_[invoice_id].owed.minor - parts.get(invoice_id, 0)
        part = min(left, most, room)
        if part > 0:
            parts[invoice_id] = parts.get(invoice_id, 0) + part
            left -= part
    return [(open_[invoice_id].invoice, Money(part, amount.currency)) for invoice_id, part in parts.items()]


def _is_payable(share: PaymentShare, open_: dict[uuid.UUID, OpenInvoice]) -> bool:
    item = open_.get(share.invoice_id)
    return item is not None and (share.named or not item.disputed)
