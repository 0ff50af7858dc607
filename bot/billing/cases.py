"""Cases that money opens: what Stripe's word asks a person at the desk to look at (S5, S6; design section 10, 1)."""

from __future__ import annotations

import uuid
from enum import StrEnum

from sqlalchemy.orm import Session

from bot.models import Case, Payment


class MoneyCase(StrEnum):
    """Why somebody at the desk should look at a payment."""

    OVERPAYMENT = "overpayment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    PAYMENT_RETURNED = "payment_returned"


# For agents, who see the amounts beside them once the customer has proven who they are (P1): here stands none.
_SUMMARIES = {
    MoneyCase.OVERPAYMENT: "A payment came in above what was owed. The rest is kept as credit on the account.",
    MoneyCase.REFUND: "Money of a payment was given back, and what it had paid is owed again.",
    MoneyCase.CHARGEBACK: "The customer's bank took a payment back, and what it had paid is owed again.",
    MoneyCase.PAYMENT_RETURNED: "The bank did not let a payment through that was on its way. Nothing was taken.",
}


def open_case(
    session: Session, kind: MoneyCase, payment: Payment, summary: str = "", conversation_id: uuid.UUID | None = None
) -> Case:
    """A case about `payment` beside its conversation, else beside `conversation_id`, in words that name no amount.

    The caller opens it in the transaction in which the thing happens, so that it is there once for each.
    """
    case = Case(
        kind=kind,
        customer_id=payment.customer_id,
        conversation_id=payment.conversation_id or conversation_id,
        summary=f"{summary or _SUMMARIES[kind]} Payment {payment.id}.",
    )
    session.add(case)
    session.flush()
    return case
