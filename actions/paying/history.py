"""What became of payments: arrived, on the way, gone back; and money that a customer wants back (K9, S2, S6)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from actions import records
from actions.balance import Account, account
from actions.deed import Deed
from actions.turn import Events, Turn
from bot.billing import payments
from bot.models import Payment, PaymentStatus
from bot.money import Money

SHOWN = 5
_PHRASES = {
    PaymentStatus.SUCCEEDED: "payment_arrived",
    PaymentStatus.PROCESSING: "payment_on_its_way",
    PaymentStatus.REFUNDED: "payment_given_back",
    PaymentStatus.CHARGED_BACK: "payment_taken_back",
}


class CheckPaymentStatus(Deed):
    """Did my payment arrive? The newest ones, each with what became of it."""

    title = "action_check_payment_status"
    intent = "check_payment_status"

    async def act(self, turn: Turn) -> Events:
        """Say it. Raises `NotVerified`."""

        def look(session: Session) -> tuple[Account, list[Payment]]:
            mine = account(session, turn)
            return mine, payments.history(session, mine.customer, limit=SHOWN)

        mine, found = await turn.write(look)
        if not found:
            turn.say("utter_payments_none")
            return []
        lines = "\n".join(_line(mine, payment) for payment in found)
        turn.say("utter_payments_rest" if mine.standing.total else "utter_payments_clear", lines=lines, **_open(mine))
        return []


class RequestRefund(Deed):
    """They want money back: a person decides that, with the payments before them."""

    title = "action_request_refund"
    intent = "request_refund"

    async def act(self, turn: Turn) -> Events:
        """Open the case and say what is known of it, credit included. Raises `NotVerified`."""

        def note(session: Session) -> Account:
            mine = account(session, turn)
            records.open_case(session, turn, "request_refund", mine.customer)
            return mine

        mine = await turn.write(note)
        if mine.standing.credit:
            turn.say("utter_refund_credit", credit=mine.phrases.money(mine.standing.credit))
        else:
            turn.say("utter_refund_noted")
        return []


def arrived_on(payment: Payment, mine: Account) -> dt.date:
    """The customer's day on which `payment` arrived, or was begun while it is on its way."""
    instant = payment.settled_at or payment.created_at
    return instant.astimezone(ZoneInfo(mine.customer.time_zone)).date()


def _line(mine: Account, payment: Payment) -> str:
    return mine.phrases.say(
        _PHRASES[PaymentStatus(payment.status)],
        amount=mine.phrases.money(Money(payment.amount, payment.currency)),
        day=mine.phrases.day(arrived_on(payment, mine)),
    )


def _open(mine: Account) -> dict[str, Any]:
    return {"total": mine.phrases.money(mine.standing.total)} if mine.standing.total else {}
