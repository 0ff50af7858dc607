"""What can be seen of a payment that went wrong for the customer, and a fresh link in place of one that fails them."""

from __future__ import annotations

import datetime as dt
import itertools

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import invoices, payments
from bot.billing.payments.settlement import all_postings
from bot.db import lock
from bot.models import Customer, Payment, PaymentOrigin, PaymentShare, PaymentStatus
from bot.money import Money

# The same sum again within so short a time may be one that was meant once.
TWICE_WITHIN = dt.timedelta(days=3)
LOOKED_BACK = dt.timedelta(days=60)


def newest_link(session: Session, customer: Customer) -> Payment | None:
    """The link that `customer` was given last, whatever became of it."""
    return session.scalars(
        sa.select(Payment)
        .where(Payment.customer_id == customer.id, Payment.origin == PaymentOrigin.LINK)
        .order_by(Payment.created_at.desc(), Payment.id.desc())
        .limit(1)
    ).first()


def taken_twice(session: Session, customer: Customer) -> list[Payment]:
    """The payments that look like one taken twice, older first: the same sum arrived again within days, or one link was
    paid two times (then it stands here alone). Empty when nothing looks like that."""
    arrived = session.scalars(
        sa.select(Payment)
        .where(
            Payment.customer_id == customer.id,
            Payment.status == PaymentStatus.SUCCEEDED,
            Payment.settled_at >= clock.now() - LOOKED_BACK,
        )
        .order_by(Payment.settled_at.desc())
    ).all()
    for payment in arrived:
        if len(all_postings(session, payment)) > 1:
            return [payment]
    for later, earlier in itertools.pairwise(arrived):
        near = later.settled_at and earlier.settled_at and later.settled_at - earlier.settled_at <= TWICE_WITHIN
        if near and later.amount == earlier.amount:
            return [earlier, later]
    return []


def renew(session: Session, customer: Customer, payment: Payment) -> Payment:
    """A fresh link in place of `payment`, which nobody can pay any more (design section 10, 6): for the same invoices
    and the same sum, or what is left to pay of it. Raises as `payments.open_link` does."""
    lock(session, Customer, customer.id)
    shares = session.scalars(
        sa.select(PaymentShare).where(PaymentShare.payment_id == payment.id).order_by(PaymentShare.position)
    ).all()
    open_ = {item.invoice.id for item in invoices.standing(session, customer).items}
    named = [share.invoice_id for share in shares if share.named and share.invoice_id in open_]
    owed = invoices.standing(session, customer).total - payments.on_its_way(session, customer)
    amount = min(Money(payment.amount, payment.currency), owed)
    if payment.superseded_at is None:
        payment.superseded_at = clock.now()
        session.flush()
    return payments.open_link(
        session, customer, amount, conversation_id=payment.conversation_id, invoice_ids=named or None
    )
