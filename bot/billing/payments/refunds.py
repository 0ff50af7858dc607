"""Refunds: what agents decide to give back, written down before Stripe is asked and asked for once (S3, S5, S6).

Nothing here calls Stripe, and nothing is posted here: what Stripe says of a refund becomes a reversal (`reversals`).
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import allowance, ledger
from bot.billing.gateway import Intent, Return, ReturnKind
from bot.billing.payments import settlement
from bot.billing.stripe.stripe_amounts import to_stripe
from bot.db import lock
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import Agent, Customer, Payment, Refund, RefundStatus, Reversal
from bot.money import Money

# Stripe knows an idempotency key for a day; later it is looked up what became of it.
KEY_LIVES = dt.timedelta(hours=23)
SKEW = dt.timedelta(minutes=5)


def ask(
    session: Session, agent: Agent, payment_id: uuid.UUID, amount: Money, reason: str, client_id: uuid.UUID
) -> Refund:
    """Write down that `agent` gives back `amount` of a payment: `asked`, to be committed and sent, or above what they
    may do alone `proposed`.

    The same `client_id` again is the same refund. Raises `NotFound` for no such payment; `InvalidInput` for nothing,
    more than is left of one payment (`about` is that), another currency, an amount that Stripe cannot express (S4), a
    reason that says too little; `Conflict` for a `client_id` that stands for something else.
    """
    payment = settlement.lock_payment(session, payment_id)
    before = session.scalars(sa.select(Refund).where(Refund.client_id == client_id)).first()
    if before is not None:
        if (before.payment_id, before.amount, before.asked_by) != (payment.id, amount.minor, agent.id):
            raise Conflict("That client_id stands for another refund.", about=client_id)
        return before
    money = _money(session, payment, amount)
    to_stripe(amount)  # raises what Stripe could never be asked for, before it is written down
    alone = allowance.covers(session, agent, session.get_one(Customer, payment.customer_id), amount)
    refund = Refund(
        client_id=client_id,
        payment_id=payment.id,
        payment_intent=money,
        amount=amount.minor,
        currency=amount.currency,
        reason=allowance.check_reason(reason),
        status=RefundStatus.ASKED if alone else RefundStatus.PROPOSED,
        asked_by=agent.id,
    )
    session.add(refund)
    session.flush()
    return refund


def decide(session: Session, refund_id: uuid.UUID, agent: Agent, *, approve: bool) -> Refund:
    """A second person agrees, and the refund is `asked`, to be committed and sent; or they do not.

    Decided again in the same way by the same person it stays so. Raises `NotFound`, `NotAllowed`; `Conflict` when it is
    decided otherwise or the money is there no more.
    """
    refund = _locked(session, refund_id)
    if refund.status != RefundStatus.PROPOSED:
        same = refund.decided_by == agent.id and approve == (refund.status != RefundStatus.REFUSED)
        if same:
            return refund
        raise Conflict("This refund has been decided already.", about=refund)
    allowance.check_second(session, refund.asked_by, agent)
    if approve:
        payment = session.get_one(Payment, refund.payment_id)
        try:
            refund.payment_intent = _money(session, payment, Money(refund.amount, refund.currency))
        except InvalidInput as error:
            raise Conflict("Less than that is left of this payment by now.", about=refund) from error
    refund.status = RefundStatus.ASKED if approve else RefundStatus.REFUSED
    refund.decided_by, refund.decided_at = agent.id, clock.now()
    session.flush()
    return refund


def left(session: Session, payment: Payment) -> dict[str, Money]:
    """What can still be given back of `payment`, by payment intent: what is posted and on no way back."""
    under_way = dict[str, int]()
    for refund in session.scalars(
        sa.select(Refund).where(
            Refund.payment_id == payment.id,
            Refund.status.in_((RefundStatus.ASKED, RefundStatus.SENT)),
            ~sa.exists().where(Reversal.external_id == Refund.external_id),
        )
    ):
        under_way[refund.payment_intent] = under_way.get(refund.payment_intent, 0) + refund.amount
    found = {}
    for money, postings in settlement.all_postings(session, payment).items():
        held = sum(ledger.reversibles(session, postings).values()) - under_way.get(money, 0)
        found[money] = Money(max(held, 0), payment.currency)
    return found


def key(refund: Refund) -> str:
    """Stripe's idempotency key (S3)."""
    return f"refund:{refund.id}"


def key_may_be_forgotten(refund: Refund) -> bool:
    """Whether Stripe may not know the key any more: then look an earlier call up (`answered_by`) before another."""
    return clock.now() - (refund.decided_at or refund.asked_at) > KEY_LIVES


def answered_by(session: Session, refund: Refund, intent: Intent) -> Return | None:
    """The refund at Stripe that can only be this one: as much, no earlier, and no other refund's of ours."""
    taken = set(session.scalars(sa.select(Refund.external_id).where(Refund.payment_id == refund.payment_id)))
    since = (refund.decided_at or refund.asked_at) - SKEW
    for back in intent.returns:
        like = back.kind == ReturnKind.REFUND and back.amount == Money(refund.amount, refund.currency)
        if like and back.created_at >= since and back.id not in taken:
            return back
    return None


def sent(session: Session, refund_id: uuid.UUID, back: Return) -> None:
    """Stripe knows it, as `back`."""
    refund = _locked(session, refund_id)
    refund.status, refund.external_id = RefundStatus.SENT, back.id
    session.flush()


def refused(session: Session, refund_id: uuid.UUID) -> None:
    """Stripe will not give it back."""
    refund = _locked(session, refund_id)
    if refund.status == RefundStatus.ASKED:
        refund.status = RefundStatus.REFUSED
        session.flush()


def unsent(session: Session, before: dt.datetime, limit: int = 50) -> list[uuid.UUID]:
    """Refunds asked for before `before` of which nobody knows whether Stripe heard, oldest first."""
    asked = sa.func.coalesce(Refund.decided_at, Refund.asked_at)
    query = sa.select(Refund.id).where(Refund.status == RefundStatus.ASKED, asked < before)
    return list(session.scalars(query.order_by(Refund.asked_at).limit(limit)))


def asked_for(session: Session, payment: Payment, back: Return) -> bool:
    """Whether somebody at our own desk asked for `back`."""
    here = sa.and_(Refund.status == RefundStatus.ASKED, Refund.amount == back.amount.minor)
    query = sa.select(Refund.id).where(Refund.payment_id == payment.id, sa.or_(Refund.external_id == back.id, here))
    return session.scalars(query.limit(1)).first() is not None


def _money(session: Session, payment: Payment, amount: Money) -> str:
    """The payment intent of which `amount` can be given back. Raises `InvalidInput`."""
    possible = left(session, payment)
    most = max(possible.values(), key=lambda money: money.minor, default=Money.zero(payment.currency))
    if amount.currency != payment.currency or not 0 < amount.minor <= most.minor:
        raise InvalidInput(f"Up to {most.format('en-US')} of this payment can be given back.", about=most)
    return next(money for money, held in possible.items() if held >= amount)


def _locked(session: Session, refund_id: uuid.UUID) -> Refund:
    payment_id = session.scalar(sa.select(Refund.payment_id).where(Refund.id == refund_id))
    if payment_id is not None:
        settlement.lock_payment(session, payment_id)
    refund = lock(session, Refund, refund_id)
    if refund is None:
        raise NotFound("There is no such refund.", about=refund_id)
    return refund
