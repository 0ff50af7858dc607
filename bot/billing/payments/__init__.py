"""Payments: links that a customer pays by, written down before Stripe is asked (design section 3).

What a click on a link's page leads to stands in `checkouts`, how a payment's money reaches the ledger in `settlement`,
what is charged without the customer in `autopay`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Sequence
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import invoices, mandates
from bot.billing.invoices import OpenInvoice, Standing
from bot.billing.payments.payment_states import PAID, UNPAID, told_by
from bot.billing.payments.settlement import Settlement, settle
from bot.billing.plans import plan_states
from bot.billing.plans.coverage import in_steps
from bot.billing.stripe.stripe_amounts import check_amount, is_too_small
from bot.db import lock
from bot.errors import InvalidInput, NotFound, Reason
from bot.keyed_hash import new_token
from bot.models import Customer, Mandate, Payment, PaymentOrigin, PaymentShare, PaymentStatus
from bot.money import Money
from bot.settings import settings

__all__ = [
    "PageState",
    "Settlement",
    "find",
    "history",
    "link",
    "on_its_way",
    "open_link",
    "page_state",
    "settle",
    "told_by",
]


TOKEN = re.compile(r"[\w-]{1,64}", re.ASCII)


class PageState(StrEnum):
    """What the pay page says. `settled_elsewhere`: less is owed by now than the link asks for; `waiting`: less will be,
    once another payment that is on its way has arrived."""

    PAYABLE = "payable"
    PAID = "paid"
    PROCESSING = "processing"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    SETTLED_ELSEWHERE = "settled_elsewhere"
    WAITING = "waiting"


def open_link(
    session: Session,
    customer: Customer,
    amount: Money,
    *,
    conversation_id: uuid.UUID | None,
    invoice_ids: Sequence[uuid.UUID] | None = None,
    named: bool = True,
) -> Payment:
    """A payment of `amount` with shares: the invoices in `invoice_ids` first, then the oldest, none that is disputed
    unless the customer `named` it, here or in their plan (C9). What no invoice takes will be credit (S5). While a
    mandate waits for a card, the card that is used will be saved for it (K11).

    It replaces the customer's older unpaid links (design section 10, 6), but the same request made again in the same
    conversation gives the same link. Raises `InvalidInput` with a sentence for an amount that Stripe would not charge,
    that is above the whole balance (`about` is the balance), that is on its way already (`about` is how much is), or
    with which the customer would leave less than Stripe would charge (`about` is the whole); `NotFound` for an invoice
    that is not theirs or paid.
    """
    lock(session, Customer, customer.id)
    check_amount(amount)
    standing = invoices.standing(session, customer)
    _check_owed(amount, standing, customer)
    coming = on_its_way(session, customer)
    _check_not_on_its_way(amount, standing, coming, customer)
    if named:
        _check_rest(amount, standing, coming, customer)
    wanted = set(invoice_ids or ())
    said = wanted if named else wanted & plan_states.named(session, customer)
    chosen = _chosen(standing, wanted, said)
    if named and len(chosen) < len(wanted):
        raise NotFound("That invoice is not open on this account.")
    mandate = mandates.waiting_for_card(session, customer)
    digest = _input_hash(customer, amount, conversation_id, [item.invoice.id for item in chosen], said, mandate)
    earlier = list(_live(session, customer))
    for payment in earlier:
        if payment.input_hash == digest and not _is_old(payment):
            return payment
    for payment in earlier:
        payment.superseded_at = clock.now()
    payment = Payment(
        customer_id=customer.id,
        conversation_id=conversation_id,
        amount=amount.minor,
        currency=amount.currency,
        token=new_token(),
        input_hash=digest,
        mandate_id=mandate.id if mandate else None,
    )
    session.add(payment)
    session.flush()
    session.add_all(_shares(payment, amount, standing, chosen, said))
    session.flush()
    return payment


def on_its_way(session: Session, customer: Customer) -> Money:
    """What `customer` has paid that Stripe has not confirmed yet, autopay included: it is not asked for again (S2)."""
    processing = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0)).where(
            Payment.customer_id == customer.id, Payment.status == PaymentStatus.PROCESSING
        )
    )
    return Money(int(processing or 0), customer.currency)


def link(payment: Payment) -> str:
    """Our own short address of `payment`'s page."""
    return f"{settings().public_url}/pay/{payment.token}"


def find(session: Session, token: str) -> Payment:
    """The payment behind `/pay/<token>`. Raises `NotFound`, for what no token can be without asking the database."""
    ours = sa.select(Payment).where(
        Payment.token == token, Payment.origin.in_((PaymentOrigin.LINK, PaymentOrigin.GUEST))
    )
    payment = session.scalars(ours).first() if TOKEN.fullmatch(token) else None
    if payment is None:
        raise NotFound("There is no payment at this address. Ask in the chat for a new link.")
    return payment


def page_state(session: Session, payment: Payment) -> PageState:
    """What the page of `payment` should say at this moment."""
    if payment.status in PAID:
        return PageState.PAID
    if payment.status == PaymentStatus.PROCESSING:
        return PageState.PROCESSING
    if payment.superseded_at is not None:
        return PageState.SUPERSEDED
    if _is_old(payment):
        return PageState.EXPIRED
    if payment.origin == PaymentOrigin.GUEST:
        return PageState.PAYABLE  # how the account stands is not theirs to know (P4)
    customer = session.get_one(Customer, payment.customer_id)
    amount, owed = Money(payment.amount, payment.currency), invoices.standing(session, customer).total
    if owed < amount:
        return PageState.SETTLED_ELSEWHERE
    if owed - on_its_way(session, customer) < amount:
        return PageState.WAITING
    return PageState.PAYABLE


def history(session: Session, customer: Customer, limit: int = 50) -> list[Payment]:
    """What `customer` has paid or is paying, newest first: every payment with money in it or on its way."""
    unpaid = sorted(UNPAID)
    return list(
        session.scalars(
            sa.select(Payment)
            .where(Payment.customer_id == customer.id, Payment.status.not_in(unpaid))
            .order_by(Payment.created_at.desc())
            .limit(limit)
        )
    )


def _check_owed(amount: Money, standing: Standing, customer: Customer) -> None:
    if amount.currency != standing.currency:
        raise InvalidInput(f"This account is kept in {standing.currency}.", about=standing.total)
    if not standing.total:
        raise InvalidInput("Nothing is open on this account.", about=standing.total, reason=Reason.NOTHING_OPEN)
    if amount > standing.total:
        owed = standing.total.format(customer.language)
        words = f"That is more than what is open on this account, {owed}."
        raise InvalidInput(words, about=standing.total, reason=Reason.MORE_THAN_OPEN)


def _check_not_on_its_way(amount: Money, standing: Standing, coming: Money, customer: Customer) -> None:
    """What a bank is still confirming must not be paid a second time (S2, S5)."""
    if coming and amount > standing.total - coming:
        words = f"A payment of {coming.format(customer.language)} is already on its way from your bank."
        raise InvalidInput(words, about=coming, reason=Reason.ON_ITS_WAY)


def _check_rest(amount: Money, standing: Standing, coming: Money, customer: Customer) -> None:
    """What would be left must be payable too. What no card can pay, like a thousandth of a dinar, is nobody's fault."""
    undisputed = standing.payable - coming
    most = in_steps(undisputed if amount <= undisputed else standing.total - coming)
    rest = most - amount
    if rest.minor > 0 and is_too_small(rest):
        left, whole = rest.format(customer.language), most.format(customer.language)
        raise InvalidInput(
            f"That would leave {left}, which is too little to be paid on its own. You could pay all of it, {whole}, or "
            "a little less than you said.",
            about=most,
            reason=Reason.SMALL_REST,
        )


def _chosen(standing: Standing, wanted: set[uuid.UUID], said: set[uuid.UUID]) -> list[OpenInvoice]:
    items = (item for item in standing.items if item.invoice.id in wanted)
    return [item for item in items if item.invoice.id in said or not item.disputed]


def _input_hash(
    customer: Customer,
    amount: Money,
    conversation_id: uuid.UUID | None,
    invoice_ids: Iterable[uuid.UUID],
    said: Iterable[uuid.UUID],
    mandate: Mandate | None,
) -> str:
    ids = [sorted(map(str, invoice_ids)), sorted(map(str, said))]
    asked = [str(customer.id), str(conversation_id), amount.minor, amount.currency, *ids]
    if mandate is not None:
        asked.append(str(mandate.id))
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _live(session: Session, customer: Customer) -> Iterable[Payment]:
    return session.scalars(
        sa.select(Payment)
        .where(
            Payment.customer_id == customer.id,
            Payment.origin == PaymentOrigin.LINK,
            Payment.status.in_(sorted(UNPAID)),
            Payment.superseded_at.is_(None),
        )
        .order_by(Payment.created_at.desc())
        .with_for_update(key_share=True)
    )


def _is_old(payment: Payment) -> bool:
    return clock.now() >= payment.created_at + dt.timedelta(days=policies.payments().link_days)


def _shares(
    payment: Payment, amount: Money, standing: Standing, chosen: list[OpenInvoice], said: set[uuid.UUID]
) -> list[PaymentShare]:
    first = {item.invoice.id for item in chosen}
    others = [item for item in standing.items if item.invoice.id not in first and not item.disputed]
    shares: list[PaymentShare] = []
    left = amount.minor
    for item in (*chosen, *others):
        part = min(left, item.owed.minor)
        if part == 0:
            break
        shares.append(
            PaymentShare(
                payment_id=payment.id,
                position=len(shares),
                invoice_id=item.invoice.id,
                amount=part,
                named=item.invoice.id in said,
            )
        )
        left -= part
    return shares
