"""Reading what is said to be paid already: which payment or invoices are meant, and whether it is said how."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from actions.balance import Account
from actions.reading import amounts, dates
from actions.reading.amounts import Said, Share
from actions.reading.figures import plain
from actions.turn import Turn
from bot import clock
from bot.billing.invoices import OpenInvoice
from bot.models import Payment, PaymentStatus
from bot.money import Money, total

FORM = "paid_form"
RECENT = dt.timedelta(days=10)
# A way of paying, or a day: then how it was paid has been said.
_HOW = re.compile(
    r"\b(?:bank|transfer\w*|wire\w*|cheque|check|cash|card|paypal|online|direct debit|standing order|post office|"
    r"by mail|"
    r"in (?:the )?(?:shop|store)|at (?:the )?(?:counter|bank)|phone|app|venmo|zelle|ach|money order|"
    r"yesterday|last (?:week|month|night|friday|monday|tuesday|wednesday|thursday|saturday|sunday)|"
    r"(?:days?|weeks?|months?) ago|this morning|earlier today)\b"
)


def says_how(text: str) -> bool:
    """Whether `text` says when or how something was paid."""
    return bool(_HOW.search(plain(text))) or dates.without_dates(text).split() != plain(text).split()


def seen(turn: Turn, mine: Account, found: Sequence[Payment]) -> Payment | None:
    """The one of the payments `found` that is meant, where it has arrived or is on its way; none when an open invoice
    was named, or another payment is meant."""
    if turn.entities.get("paid"):
        return None
    said = _read(turn, mine)
    if said is not None and said.invoices:
        return None
    fits = [
        payment
        for payment in found
        if payment.status == PaymentStatus.PROCESSING
        or (payment.status == PaymentStatus.SUCCEEDED and (_names_sum(said) or _is_recent(payment)))
    ]
    if said is not None and said.amount is not None:
        fits = [payment for payment in fits if payment.amount == said.amount.minor]
    return fits[0] if fits else None


def _is_recent(payment: Payment) -> bool:
    return payment.settled_at is not None and payment.settled_at >= clock.now() - RECENT


def invoices(turn: Turn, mine: Account) -> list[OpenInvoice]:
    """The open invoices that the message names, by a sum too, or its button."""
    items = mine.standing.items
    button = turn.entities.get("paid")
    if button is not None:
        return items if button == "all" else [item for item in items if item.invoice.number == button]
    said = _read(turn, mine)
    if said is None:
        return []
    if said.invoices:
        return [item for item in items if item.invoice.number in said.invoices]
    if said.place is not None and abs(said.place) <= len(items):
        return [items[said.place - 1 if said.place > 0 else -1]]
    if said.amount is not None:
        return _of_amount(items, said.amount)
    if turn.loop != FORM:
        return []  # "I've paid it all" may speak of fewer than are open now: which ones is asked
    return {
        Share.ALL: items,
        Share.BOTH: items if len(items) == 2 else [],
        Share.OLDEST: items[:1],
        Share.NEWEST: items[-1:],
        Share.OVERDUE: [item for item in items if item.days_late],
        Share.SMALLEST: sorted(items, key=lambda item: item.owed.minor)[:1],
        Share.LARGEST: sorted(items, key=lambda item: -item.owed.minor)[:1],
    }.get(said.share or Share.OTHER, [])


def _of_amount(items: list[OpenInvoice], amount: Money) -> list[OpenInvoice]:
    one = [item for item in items if item.owed == amount or item.invoice.amount == amount.minor]
    late = [item for item in items if item.days_late]
    groups = [
        group for group in (late, items) if group and total((item.owed for item in group), amount.currency) == amount
    ]
    return one if len(one) == 1 else next(iter(groups), [])


def _read(turn: Turn, mine: Account) -> Said | None:
    numbers = [item.invoice.number for item in mine.standing.items]
    return amounts.read(dates.without_dates(turn.words), mine.standing.currency, mine.phrases.locale, numbers)


def _names_sum(said: Said | None) -> bool:
    return said is not None and said.amount is not None
