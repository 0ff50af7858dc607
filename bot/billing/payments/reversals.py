"""Reversals: refunds and chargebacks, and what they undo in the ledger, until both say the same as Stripe (S6)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import credits, invoices, ledger, plans, reconciliation
from bot.billing.cases import MoneyCase, open_case
from bot.billing.gateway import Intent, Return
from bot.billing.invoices import Standing
from bot.billing.payments import refunds, returned_money, settlement
from bot.billing.payments.payment_states import PAID, may_become
from bot.billing.plans.coverage import put_beside
from bot.models import Customer, MismatchKind, Payment, PaymentStatus, Posting, Reversal, ReversalKind, ReversalStatus
from bot.money import Money

REFUND_FAILED = "A refund did not reach the customer, and the money is on the account again. It needs another way."
GIVEN_BACK = "The customer's bank gave back what it had taken, and it pays again what it had paid."
KEPT = "What of it is not owed is kept as credit on the account."


@dataclass(frozen=True, slots=True)
class Change:
    """A refund or a chargeback of `amount` is `gone` from us now, or else has come again.

    `owed` is by how much more is owed than before, negative for less; `credit` likewise. `whole` says that nothing of
    the payment is left.
    """

    payment: Payment
    kind: ReversalKind
    amount: Money
    gone: bool
    owed: Money
    credit: Money
    whole: bool


def converge(session: Session, payment_id: uuid.UUID, intent: Intent) -> list[Change]:
    """Make the ledger agree with what went back of `intent`, which is money of `payment_id` and was settled before.

    Of its postings the credit is reversed first, then the invoices, last applied first; what comes again takes the
    opposite way, as far as it is still owed there, and otherwise becomes credit (`returned_money`). So the same returns
    leave the same books in whatever order they were heard of, and each step is made once, however often and by however
    many this is called. The desk hears of each by a case. Where more went back than had been posted, all is reversed
    and the rest is reported as a mismatch. Raises `NotFound` for no such payment.
    """
    payment = settlement.lock_payment(session, payment_id)
    rows = {back.id: _row(session, payment, intent, back) for back in intent.returns}
    booked = {id_: row.amount if row.status == ReversalStatus.POSTED else 0 for id_, row in rows.items()}
    postings = settlement.postings(session, payment, intent.id)
    wanted = _wanted(intent.returns, payment, postings)
    # What came again goes first, so that no more is posted than has to be.
    steps = sorted((back for back in intent.returns if wanted[back.id] != booked[back.id]), key=lambda b: wanted[b.id])
    changed = []
    for back in steps:
        before, booked[back.id] = booked[back.id], wanted[back.id]
        changed.append((back, before, _carry_out(session, payment, postings, rows[back.id], booked)))
    for back in intent.returns:
        _compare(session, payment, back, wanted[back.id])
    if not changed:
        return []
    whole = _mark(session, payment)
    session.flush()
    # A return that only found more or less room beside the others is no news.
    news = [each for each in changed if not each[1] or not wanted[each[0].id]]
    return [_change(session, payment, back, wanted[back.id] - before, more, whole) for back, before, more in news]


def _row(session: Session, payment: Payment, intent: Intent, back: Return) -> Reversal:
    row = session.scalars(sa.select(Reversal).where(Reversal.external_id == back.id)).first()
    if row is None:
        row = Reversal(
            external_id=back.id,
            payment_id=payment.id,
            payment_intent=intent.id,
            kind=ReversalKind(back.kind),
            amount=back.amount.minor,
            currency=back.amount.currency,
            status=ReversalStatus.PENDING,
            round=0,
        )
        session.add(row)
        session.flush()
    if row.status == ReversalStatus.PENDING and not back.withdrawn and row.kind == ReversalKind.REFUND:
        row.status = ReversalStatus.UNDONE
    return row


def _wanted(returns: Sequence[Return], payment: Payment, postings: Sequence[Posting]) -> dict[str, int]:
    """How many minor units of each return our books should show: all of it, while there is something to reverse."""
    left = sum(posting.amount for posting in postings)
    wanted = {}
    for back in returns:
        ours = back.withdrawn and back.amount.currency == payment.currency
        wanted[back.id] = min(left, back.amount.minor) if ours else 0
        left -= wanted[back.id]
    return wanted


def _carry_out(
    session: Session,
    payment: Payment,
    postings: Sequence[Posting],
    row: Reversal,
    booked: dict[str, int],
) -> tuple[Money, Money]:
    """Bring the postings to the sum of `booked`; by how much more is owed, and how much more credit there is."""
    customer = session.get_one(Customer, payment.customer_id)
    standing = invoices.standing(session, customer)
    now = booked[row.external_id]
    taken = f"reversal:{row.external_id}:{row.round}"
    if now:
        row.round, row.amount = row.round + 1, now
    row.status = ReversalStatus.POSTED if now else ReversalStatus.UNDONE
    reference = f"reversal:{row.external_id}:{row.round}"
    account, more = ledger.credit_account(customer.id), sum(booked.values()) - _gone(session, postings)
    if more > 0:
        returned_money.take(session, postings, account, more, reference)
        credits.take_back(session, customer, reference)
    else:
        returned_money.give(session, postings, account, -more, f"{reference}:undone")
        credits.give_again(session, customer, taken)
    after = invoices.standing(session, customer)
    owed, credit = after.total - standing.total, after.credit - standing.credit
    _keep_beside(session, payment, customer, standing, after)
    if owed.minor > 0:
        plans.reopen(session, customer)
    elif owed:
        plans.complete(session, customer)
    return owed, credit


def _keep_beside(session: Session, payment: Payment, customer: Customer, before: Standing, after: Standing) -> None:
    """What was paid before the plan in force was made is none of its money."""
    plan = plans.current(session, customer)
    if plan is None or payment.settled_at is None or payment.settled_at >= plan.created_at:
        return
    owed = {item.invoice.id: item.owed.minor for item in after.items}
    was = {item.invoice.id: item.owed.minor for item in before.items}
    for part in plan.invoices:
        id_ = part.invoice_id
        put_beside(session, customer, id_, owed.get(id_, 0) - was.get(id_, 0))


def _gone(session: Session, postings: Sequence[Posting]) -> int:
    """How many minor units of them are reversed."""
    return sum(posting.amount for posting in postings) - sum(ledger.reversibles(session, postings).values())


def _compare(session: Session, payment: Payment, back: Return, ours: int) -> None:
    theirs = back.amount if back.withdrawn else Money(0, back.amount.currency)
    if ours == theirs.minor and (not ours or theirs.currency == payment.currency):
        reconciliation.repaired(session, MismatchKind.RETURNED, back.id)
        return
    reconciliation.note_mismatch(
        session,
        MismatchKind.RETURNED,
        back.id,
        payment_id=payment.id,
        ours=reconciliation.in_words(Money(ours, payment.currency)),
        theirs=reconciliation.in_words(theirs),
    )


def _mark(session: Session, payment: Payment) -> bool:
    """Give the payment the status that its reversals ask for; whether nothing of it is left."""
    session.flush()
    came = [posting for money in settlement.all_postings(session, payment).values() for posting in money]
    whole = not any(ledger.reversibles(session, came).values())
    held = sa.select(Reversal.id).where(
        Reversal.payment_id == payment.id,
        Reversal.kind == ReversalKind.CHARGEBACK,
        Reversal.status == ReversalStatus.POSTED,
    )
    back = PaymentStatus.REFUNDED if whole else PaymentStatus.SUCCEEDED
    then = PaymentStatus.CHARGED_BACK if session.scalars(held.limit(1)).first() else back
    if payment.status in PAID and may_become(payment.status, then):
        payment.status = then
    return whole


def _change(
    session: Session, payment: Payment, back: Return, moved: int, more: tuple[Money, Money], whole: bool
) -> Change:
    amount = Money(abs(moved), payment.currency)
    change = Change(payment, ReversalKind(back.kind), amount, moved > 0, *more, whole)
    _tell_desk(session, change, back)
    return change


def _tell_desk(session: Session, change: Change, back: Return) -> None:
    kept = f" {KEPT}" if change.credit.minor > 0 else ""
    if change.kind == ReversalKind.CHARGEBACK:
        open_case(session, MoneyCase.CHARGEBACK, change.payment, "" if change.gone else f"{GIVEN_BACK}{kept}")
    elif not change.gone:
        open_case(session, MoneyCase.REFUND, change.payment, f"{REFUND_FAILED}{kept}")
    elif not refunds.asked_for(session, change.payment, back):
        open_case(session, MoneyCase.REFUND, change.payment)
