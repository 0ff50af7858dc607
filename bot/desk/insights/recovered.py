"""Money that came in by Stripe and what of it went back, by the ledger."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.functions import FunctionElement

from bot.billing import ledger
from bot.desk.insights.facts import Facts, chosen, row
from bot.desk.insights.filters import Filters
from bot.models import Conversation, Payment, Posting

PREFIX = "payment:"


class Moved(StrEnum):
    """It came; it went back (a refund, a chargeback); it came again (a refund that failed, a dispute that was won)."""

    CAME = "came"
    BACK = "back"
    AGAIN = "again"


def facts(_session: Session, filters: Filters) -> Facts:
    """Postings of the period into Stripe's account and out of it. `part` is a `Moved`, `kind` the currency, `value` the
    minor units, below zero for what went back: their sum is what was recovered.

    A posting belongs to the conversation of its payment. A reversal names what it undoes, which names the payment.
    """
    period, first, second = filters.period, aliased(Posting), aliased(Posting)
    is_back = Posting.source == ledger.STRIPE
    part = sa.case((is_back, Moved.BACK), (Posting.reverses.is_not(None), Moved.AGAIN), else_=Moved.CAME)
    reference = sa.func.coalesce(second.reference, first.reference, Posting.reference)
    named = sa.case((reference.startswith(PREFIX), payment_id(reference)))
    columns = row(
        id=Posting.id,
        at=Posting.created_at,
        part=sa.cast(part, sa.String),
        kind=Posting.currency,
        value=sa.case((is_back, -Posting.amount), else_=Posting.amount),
        conversation_id=Payment.conversation_id,
    )
    query = (
        sa.select(*columns)
        .select_from(Posting)
        .outerjoin(first, first.id == Posting.reverses)
        .outerjoin(second, second.id == first.reverses)
        .outerjoin(Payment, Payment.id == named)
        .outerjoin(Conversation, Conversation.id == Payment.conversation_id)
        .where(
            sa.or_(is_back, Posting.destination == ledger.STRIPE),
            Posting.created_at >= period.since,
            Posting.created_at < period.until,
            *chosen(filters),
        )
    )
    return Facts(query.subquery(), filters)


class payment_id(FunctionElement[Any]):
    """The payment that a posting's reference `payment:<id>:…` names, as the database keeps ids."""

    type = sa.Uuid()
    inherit_cache = True


@compiles(payment_id, "sqlite")
def _on_sqlite(element: payment_id, compiler: Any, **options: Any) -> str:
    # SQLite keeps ids without their dashes.
    return f"replace({_cut(element, compiler, options)}, '-', '')"


@compiles(payment_id, "postgresql")
def _on_postgresql(element: payment_id, compiler: Any, **options: Any) -> str:
    return f"CAST({_cut(element, compiler, options)} AS UUID)"


def _cut(element: payment_id, compiler: Any, options: dict[str, Any]) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, {len(PREFIX) + 1}, 36)"
