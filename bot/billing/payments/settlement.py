"""Settlement: how a payment that Stripe calls paid reaches the ledger, exactly once (S5)."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import invoices, ledger, plans
from bot.billing.cases import MoneyCase, open_case
from bot.billing.gateway import CheckoutSession, Takings
from bot.billing.invoices import OpenInvoice, Standing
from bot.billing.payments.guests import is_unmatched
from bot.db import lock
from bot.errors import Conflict, NotFound
from bot.models import Customer, Invoice, Payment, PaymentShare, PaymentStatus, Posting
from bot.money import Money, total

PAID_AGAIN = "A payment was paid a second time. What was no longer owed is kept as credit on the account."
NOBODYS = "A guest paid towards an account number that is nobody's. Find out whose it is, or give the money back."


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


def settle(session: Session, payment_id: uuid.UUID, takings: Takings) -> Settlement:
    """Post what Stripe took for `payment_id`: to its shares as far as they are still owed, then to the oldest invoices
    that are not disputed (C9), the rest to the customer's credit, of which the desk hears by a case (S5). A plan that
    this completes is completed.

    Money is known by its payment intent. However often, by however many, and whether with the Checkout Session or with
    the intent this is called, it moves once. Another intent of the same payment is other money and is posted too:
    nothing is lost. Raises `Conflict` for what is not paid (S2), of another payment or in another currency; `NotFound`
    for no such payment.
    """
    payment = lock_payment(session, payment_id)
    _check(payment, takings)
    customer = session.get_one(Customer, payment.customer_id)
    before = invoices.standing(session, customer)
    applied, credit = _posted(session, payment, takings)
    first = not applied and not credit
    if first:
        applied, credit = _post(session, payment, takings, before)
        if credit:
            open_case(session, MoneyCase.OVERPAYMENT, payment, _why_credit(payment, customer))
        _mark(payment, takings)
        plans.complete(session, customer)
        session.flush()
    after = invoices.standing(session, customer) if first else before
    return Settlement(payment, takings.amount, applied, credit, after.total, after.overdue, first)


def postings(session: Session, payment: Payment, money: str) -> list[Posting]:
    """What was posted for `payment` of the money known by `money`, a payment intent's id: its invoices, then credit."""
    found: list[Posting] = []
    # Positions have no gaps, so the first page that is not full is the last; nearly always it is the first.
    for page in itertools.count():
        references = [_reference(payment, money, page * 20 + position) for position in range(20)]
        rows = session.scalars(sa.select(Posting).where(Posting.reference.in_(references)).order_by(Posting.id)).all()
        found.extend(rows)
        if len(rows) < len(references):
            break
    return found


def all_postings(session: Session, payment: Payment) -> dict[str, list[Posting]]:
    """The same of all money of `payment`, by payment intent, in the order in which it came."""
    theirs = sa.select(Invoice.id).where(Invoice.customer_id == payment.customer_id)
    accounts = [ledger.invoice_account(id_) for id_ in session.scalars(theirs)]
    accounts.append(ledger.credit_account(payment.customer_id))
    prefix = f"payment:{payment.id}:"
    rows = session.scalars(
        sa.select(Posting)
        .where(
            Posting.source.in_(accounts),
            Posting.destination == ledger.STRIPE,
            Posting.reference.startswith(prefix, autoescape=True),
        )
        .order_by(Posting.id)
    )
    found: dict[str, list[Posting]] = {}
    for posting in rows:
        found.setdefault(posting.reference.removeprefix(prefix).rpartition(":")[0], []).append(posting)
    return found


def _why_credit(payment: Payment, customer: Customer) -> str:
    if is_unmatched(customer):
        return NOBODYS
    return PAID_AGAIN if payment.settled_at else ""


def _check(payment: Payment, takings: Takings) -> None:
    if takings.payment_id != str(payment.id):
        raise Conflict("This money belongs to another payment.", about=payment.id)
    if not takings.paid:
        raise Conflict("This payment is not paid yet.", about=payment.id)
    if takings.amount.currency != payment.currency:
        raise Conflict("This payment was made in another currency.", about=payment.id)


def _money(takings: Takings) -> str:
    return takings.payment_intent or takings.id


def _reference(payment: Payment, money: str, position: int) -> str:
    return f"payment:{payment.id}:{money}:{position}"


def _posted(session: Session, payment: Payment, takings: Takings) -> tuple[list[tuple[Invoice, Money]], Money]:
    """What was posted for this money before: the shares applied, and the credit."""
    applied: list[tuple[Invoice, Money]] = []
    credit = Money.zero(payment.currency)
    for posting in postings(session, payment, _money(takings)):
        amount = Money(posting.amount, posting.currency)
        kind, _, id_ = posting.source.partition(":")
        if kind == "invoice":
            applied.append((session.get_one(Invoice, uuid.UUID(id_)), amount))
        else:
            credit = credit + amount
    return applied, credit


def _post(
    session: Session, payment: Payment, takings: Takings, standing: Standing
) -> tuple[list[tuple[Invoice, Money]], Money]:
    shares = session.scalars(
        sa.select(PaymentShare).where(PaymentShare.payment_id == payment.id).order_by(PaymentShare.position)
    ).all()
    applied = allocate(takings.amount, shares, standing)
    credit = takings.amount - total((amount for _, amount in applied), payment.currency)
    moves = [(ledger.invoice_account(invoice.id), amount) for invoice, amount in applied]
    if credit:
        moves.append((ledger.credit_account(payment.customer_id), credit))
    for position, (account, amount) in enumerate(moves):
        reference = _reference(payment, _money(takings), position)
        ledger.post(session, source=account, destination=ledger.STRIPE, amount=amount, reference=reference)
    return applied, credit


def _mark(payment: Payment, takings: Takings) -> None:
    if payment.settled_at is None:
        payment.settled_at = clock.now()
        payment.payment_intent_id = takings.payment_intent or payment.payment_intent_id
        if isinstance(takings, CheckoutSession):
            payment.checkout_session_id = takings.id
    if payment.status != PaymentStatus.CHARGED_BACK:
        payment.status = PaymentStatus.SUCCEEDED


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
