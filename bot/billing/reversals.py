"""Reversals: refunds and chargebacks, and what they undo in the ledger, until both say the same as Stripe (S6)."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import credits, invoices, ledger, plans, reconciliation, refunds, settlement
from bot.billing.cases import MoneyCase, open_case
from bot.billing.gateway import Intent, Return
from bot.billing.payment_states import PAID, may_become
from bot.models import Customer, MismatchKind, Payment, PaymentStatus, Posting, Reversal, ReversalKind, ReversalStatus
from bot.money import Money

REFUND_FAILED = "A refund did not reach the customer, and the money is on the account again. It needs another way."
GIVEN_BACK = "The customer's bank gave back what it had taken, and it pays again what it had paid."


@dataclass(frozen=True, slots=True)
class Change:
    """A refund or a chargeback of `amount` is `gone` from us now, or else has come again.

    `owed` is by how much more is owed than before, negative for less. `whole` says that nothing of the payment is left.
    """

    payment: Payment
    kind: ReversalKind
    amount: Money
    gone: bool
    owed: Money
    whole: bool


def converge(session: Session, payment_id: uuid.UUID, intent: Intent) -> list[Change]:
    """Make the ledger agree with what went back of `intent`, which is money of `payment_id` and was settled before.

    Of its postings the credit is reversed first, then the invoices, last applied first; what comes again takes the
    opposite way. So the same returns leave the same books in whatever order they were heard of, and each step is made
    once, however often and by however many this is called. The desk hears of each by a case. Where more went back than
    had been posted, all is reversed and the rest is reported as a mismatch. Raises `NotFound` for no such payment.
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
        owed = _carry_out(session, payment, postings, rows[back.id], before, booked)
        changed.append((back, before, owed))
    for back in intent.returns:
        _compare(session, payment, back, wanted[back.id])
    if not changed:
        return []
    whole = _mark(session, payment)
    session.flush()
    # A return that only found more or less room beside the others is no news.
    news = [(back, before, owed) for back, before, owed in changed if not before or not wanted[back.id]]
    changes = [_change(payment, rows[back.id], before, wanted[back.id], owed, whole) for back, before, owed in news]
    for (back, _, _), change in zip(news, changes, strict=True):
        _tell_desk(session, change, back)
    return changes


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
    before: int,
    booked: dict[str, int],
) -> Money:
    """Bring the postings to the sum of `booked`; what more is owed by that than before."""
    customer = session.get_one(Customer, payment.customer_id)
    owed = invoices.standing(session, customer).total
    now = booked[row.external_id]
    taken = f"reversal:{row.external_id}:{row.round}"
    if now:
        row.round, row.amount = row.round + 1, now
    row.status = ReversalStatus.POSTED if now else ReversalStatus.UNDONE
    reference = f"reversal:{row.external_id}:{row.round}"
    if now > before:
        _move(session, postings, sum(booked.values()), reference)
        credits.take_back(session, customer, reference)
    else:
        _move(session, postings, sum(booked.values()), f"{reference}:undone")
        credits.give_again(session, customer, taken)
    owed = invoices.standing(session, customer).total - owed
    if owed.minor > 0:
        plans.reopen(session, customer)
    elif owed:
        plans.complete(session, customer)
    return owed


def _move(session: Session, postings: Sequence[Posting], gone: int, reference: str) -> None:
    """Reverse or restore, so that `gone` minor units of the postings are reversed: of the last one first."""
    left = ledger.reversibles(session, postings)
    numbers = itertools.count()
    for posting in reversed(postings):
        wanted = min(gone, posting.amount)
        gone -= wanted
        more = wanted - (posting.amount - left[posting.id])
        if more > 0:
            ledger.reverse(session, posting, f"{reference}:{next(numbers)}", Money(more, posting.currency))
        for part in _parts(session, posting) if more < 0 else ():
            again = min(-more, ledger.reversible(session, part).minor)
            if again:
                ledger.reverse(session, part, f"{reference}:{next(numbers)}", Money(again, part.currency))
            more += again


def _parts(session: Session, posting: Posting) -> Sequence[Posting]:
    return session.scalars(sa.select(Posting).where(Posting.reverses == posting.id).order_by(Posting.id.desc())).all()


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


def _change(payment: Payment, row: Reversal, before: int, after: int, owed: Money, whole: bool) -> Change:
    amount = Money(abs(after - before), row.currency)
    return Change(payment, ReversalKind(row.kind), amount, after > before, owed, whole)


def _tell_desk(session: Session, change: Change, back: Return) -> None:
    if change.kind == ReversalKind.CHARGEBACK:
        open_case(session, MoneyCase.CHARGEBACK, change.payment, "" if change.gone else GIVEN_BACK)
    elif not change.gone:
        open_case(session, MoneyCase.REFUND, change.payment, REFUND_FAILED)
    elif not refunds.asked_for(session, change.payment, back):
        open_case(session, MoneyCase.REFUND, change.payment)
