"""Receipts and statements by chat: a link to a small PDF that ends by itself (K15, P1)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from actions import cards
from actions.balance import Account, account
from actions.deed import Deed
from actions.paying.history import arrived_on
from actions.reading import amounts, dates
from actions.turn import Button, Events, Turn
from bot import policies
from bot.billing import payments
from bot.billing.payments.payment_states import PAID
from bot.documents import links
from bot.models import DocumentKind, Payment
from bot.money import Money

OTHERS = 3  # earlier payments that are offered beside the newest


class RequestStatement(Deed):
    """They want to see all of it on paper."""

    title = "action_request_statement"
    intent = "request_statement"

    async def act(self, turn: Turn) -> Events:
        """Give the link. Raises `NotVerified`."""

        def make(session: Session) -> tuple[Account, str]:
            mine = account(session, turn)
            document = links.issue(session, mine.customer, DocumentKind.STATEMENT, locale=mine.phrases.locale)
            return mine, links.url(document)

        mine, url = await turn.write(make)
        card = cards.document(url, mine.phrases.say("open_statement"))
        turn.say("utter_statement", card=card, url=url, days=_days())
        return []


class RequestReceipt(Deed):
    """They want a proof of a payment: of the one that they name by its amount or choose, else of the newest."""

    title = "action_request_receipt"
    intent = "request_receipt"

    async def act(self, turn: Turn) -> Events:
        """Give the link, or say that no payment has arrived yet. Raises `NotVerified`."""

        def make(session: Session) -> tuple[Account, list[Payment], str]:
            mine = account(session, turn)
            paid = [payment for payment in payments.history(session, mine.customer) if payment.status in PAID]
            paid = _meant_first(turn, mine, paid)
            if not paid:
                return mine, paid, ""
            document = links.issue(
                session, mine.customer, DocumentKind.RECEIPT, payment=paid[0], locale=mine.phrases.locale
            )
            return mine, paid, links.url(document)

        mine, paid, url = await turn.write(make)
        if not paid:
            turn.say("utter_receipt_none")
            return []
        turn.say(
            "utter_receipt_link",
            card=cards.document(url, mine.phrases.say("open_receipt")),
            buttons=_others(mine, paid[1 : OTHERS + 1]),
            url=url,
            amount=mine.phrases.money(Money(paid[0].amount, paid[0].currency)),
            day=mine.phrases.day(arrived_on(paid[0], mine)),
            days=_days(),
        )
        return []


def _days() -> int:
    return max(1, policies.documents().link_hours // 24)


def _meant_first(turn: Turn, mine: Account, paid: list[Payment]) -> list[Payment]:
    chosen = turn.entities.get("payment")
    said = amounts.read(dates.without_dates(turn.words), mine.standing.currency, mine.phrases.locale)
    wanted = said.amount.minor if said and said.amount else None
    return sorted(paid, key=lambda payment: (str(payment.id) != chosen, payment.amount != wanted))


def _others(mine: Account, paid: Sequence[Payment]) -> list[Button]:
    return [
        {
            "title": mine.phrases.say(
                "payment_of",
                amount=mine.phrases.money(Money(payment.amount, payment.currency)),
                day=mine.phrases.day(arrived_on(payment, mine)),
            ),
            "payload": f'/request_receipt{{"payment": "{payment.id}"}}',
        }
        for payment in paid
    ]
