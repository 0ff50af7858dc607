"""Our books beside Stripe's word about one payment intent: what came in, what went back, and where they differ."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import reconciliation
from bot.billing.gateway import Intent
from bot.billing.payments import settlement
from bot.billing.reconciliation import in_words
from bot.models import Mismatch, MismatchKind, MismatchStatus, Payment, Reversal, ReversalStatus
from bot.money import Money, total


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which the books differ: see `Mismatch`."""

    kind: MismatchKind
    subject: str
    payment_id: uuid.UUID | None = None
    ours: dict[str, Any] | None = None
    theirs: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found about one intent. `subjects` are all of Stripe's ids that were looked at."""

    differences: tuple[Difference, ...] = ()
    subjects: frozenset[str] = frozenset()

    @property
    def subjects_that_differ(self) -> set[str]:
        """Those of them about which something differs."""
        return {each.subject for each in self.differences}


def payment_id(intent: Intent) -> uuid.UUID | None:
    """The payment of ours that an intent names; None for the business's other sales."""
    with contextlib.suppress(ValueError):
        return uuid.UUID(intent.payment_id)
    return None


def compare(session: Session, intent: Intent) -> Compared:
    """Our books beside `intent`, which was fetched with its returns. What is none of ours is not looked at."""
    id_ = payment_id(intent)
    if id_ is None:
        return Compared()
    theirs = intent.amount if intent.paid else Money.zero(intent.amount.currency)
    payment = session.get(Payment, id_)
    if payment is None:
        unknown = Difference(MismatchKind.UNKNOWN_PAYMENT, intent.id, theirs=in_words(theirs) | {"payment": str(id_)})
        return Compared((unknown,) if intent.paid else (), frozenset({intent.id}))
    ours = taken(session, payment, intent.id)
    found = []
    if ours != theirs and (ours or theirs):
        kind = MismatchKind.AMOUNT if ours else MismatchKind.NOT_POSTED
        kind = MismatchKind.CURRENCY if ours.currency != theirs.currency else kind
        found.append(Difference(kind, intent.id, id_, in_words(ours), in_words(theirs)))
    posted, gone = _posted_returns(session, payment, intent), _gone(intent)
    nothing = Money.zero(payment.currency)
    for return_id in sorted(posted.keys() | gone.keys()):
        ours, theirs = posted.get(return_id, nothing), gone.get(return_id, nothing)
        if ours != theirs:
            found.append(Difference(MismatchKind.RETURNED, return_id, id_, in_words(ours), in_words(theirs)))
    return Compared(tuple(found), frozenset({intent.id, *posted, *gone}))


def compare_unknown(session: Session, payment: Payment) -> Compared:
    """Our books beside nothing: Stripe does not know the intent by which `payment` was settled."""
    intent_id = payment.payment_intent_id or ""
    ours = taken(session, payment, intent_id)
    missing = Difference(MismatchKind.NOT_AT_STRIPE, intent_id, payment.id, in_words(ours))
    return Compared((missing,) if ours else (), frozenset({intent_id}))


def is_open(session: Session, compared: Compared) -> bool:
    """Whether a mismatch about one of these subjects is open."""
    return bool(_open(session, compared))


def note(session: Session, compared: Compared) -> set[str]:
    """Write down what differs, and close what does not differ any more: the subjects of what was closed."""
    for each in compared.differences:
        reconciliation.note_mismatch(
            session, each.kind, each.subject, payment_id=each.payment_id, ours=each.ours, theirs=each.theirs
        )
    noted = {(each.kind, each.subject) for each in compared.differences}
    gone = [row for row in _open(session, compared) if (row.kind, row.subject) not in noted]
    return {row.subject for row in gone if reconciliation.repaired(session, row.kind, row.subject)}


def still_open(session: Session, limit: int = 200) -> list[tuple[str, Payment | None]]:
    """The intents that open mismatches are about, each with our payment, those not looked at for longest first."""
    rows = session.execute(
        sa.select(Mismatch, Payment, Reversal.payment_intent)
        .outerjoin(Payment, Payment.id == Mismatch.payment_id)
        .outerjoin(Reversal, Reversal.external_id == Mismatch.subject)
        .where(Mismatch.status == MismatchStatus.OPEN, Mismatch.kind != MismatchKind.EVENT_FAILED)
        .order_by(Mismatch.last_seen_at)
        .limit(limit)
    )
    found: dict[str, Payment | None] = {}
    for row, payment, returned in rows:
        known = payment.payment_intent_id if payment is not None and row.kind == MismatchKind.RETURNED else None
        found[returned or known or row.subject] = payment
    return list(found.items())


def settled_within(session: Session, since: dt.datetime, until: dt.datetime) -> list[Payment]:
    """Our payments that were settled, or of which money went back, from `since` until before `until`."""
    reversed_ = sa.select(Reversal.payment_id).where(Reversal.updated_at >= since, Reversal.updated_at < until)
    settled = sa.and_(Payment.settled_at >= since, Payment.settled_at < until)
    return list(
        session.scalars(
            sa.select(Payment).where(Payment.payment_intent_id.is_not(None), sa.or_(settled, Payment.id.in_(reversed_)))
        )
    )


def taken(session: Session, payment: Payment, intent_id: str) -> Money:
    """What was posted for `payment` of the money known by this intent."""
    posted = settlement.postings(session, payment, intent_id)
    return total((Money(posting.amount, posting.currency) for posting in posted), payment.currency)


def _posted_returns(session: Session, payment: Payment, intent: Intent) -> dict[str, Money]:
    """What our books say went back of this intent, by Stripe's id; 0 for what was looked at and is not posted."""
    rows = session.scalars(
        sa.select(Reversal).where(Reversal.payment_id == payment.id, Reversal.payment_intent == intent.id)
    )
    posted = {row.external_id: row.amount if row.status == ReversalStatus.POSTED else 0 for row in rows}
    return {id_: Money(amount, payment.currency) for id_, amount in posted.items()}


def _gone(intent: Intent) -> dict[str, Money]:
    nothing = Money.zero(intent.amount.currency)
    return {each.id: each.amount if each.withdrawn else nothing for each in intent.returns}


def _open(session: Session, compared: Compared) -> list[Mismatch]:
    return list(
        session.scalars(
            sa.select(Mismatch).where(
                Mismatch.subject.in_(sorted(compared.subjects)), Mismatch.status == MismatchStatus.OPEN
            )
        )
    )
