"""What a customer wants to pay, from what they said: so much, meant for these invoices (C9, S4)."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from actions.balance import Account
from actions.paying import remainder
from actions.reading import amounts, dates, descriptions
from actions.reading.amounts import Said, Share
from actions.reading.figures import in_figures, plain
from actions.turn import Turn
from bot.billing.invoices import OpenInvoice, Standing
from bot.billing.plans.coverage import in_steps
from bot.money import Money, precision, total

# The express wish to pay what is disputed (C9).
_ANYWAY = re.compile(
    r"\b(?:any ?way|regardless|even so|all the same)\b|"
    r"(?<!not )\b(?:including|include|plus|even)\b[^.;]{0,20}\bdisput\w+|"
    r"\bdisputed\b[^.;]{0,15}\b(?:too|as well|included|also)\b|"
    r"\b(?:even though|although|despite)\b[^.;]{0,30}\bdisput\w+"
)
_THAT = re.compile(r"\bpay(?:ing)?\s+(?:for\s+)?(?:it|that|this|the disputed)\b")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the customer wants to pay: so much, meant for these invoices if any were named."""

    amount: Money
    invoice_ids: tuple[uuid.UUID, ...] = ()

    def in_slot(self) -> dict[str, Any]:
        """As it is remembered in the slot `amount`."""
        invoices = [str(id_) for id_ in self.invoice_ids]
        return {"minor": self.amount.minor, "currency": self.amount.currency, "invoices": invoices}


def from_message(turn: Turn, mine: Account) -> Wanted | None:
    """The amount that the message names, or that its button stands for; None if it names none."""
    chosen = turn.entities.get("amount")
    if chosen == "overdue":
        return _share(Share.OVERDUE, mine.standing)
    if chosen == "all":
        return _share(Share.ALL, mine.standing)
    if chosen and chosen.isascii() and chosen.isdigit():
        return Wanted(Money(int(chosen), mine.standing.currency))
    numbers = [item.invoice.number for item in mine.standing.items]
    bought = [item.invoice.description for item in mine.standing.items]
    text = descriptions.numbered(dates.without_dates(remainder.now_part(turn.words)), bought, numbers)
    said = amounts.read(text, mine.standing.currency, mine.phrases.locale, numbers)
    if said is not None and said.amount is not None and not said.invoices:
        rounded = _rounded(text, said.amount, mine.standing)
        if rounded is not None:
            return _of([rounded], mine.standing)
    return _anyway(turn.words, said, mine.standing) or (meant(said, mine.standing) if said else None)


def _anyway(text: str, said: Said | None, standing: Standing) -> Wanted | None:
    """What is to be paid towards what is disputed as well, on the customer's express word: "pay 100 anyway" (C9)."""
    held = [item for item in standing.items if item.disputed]
    if not held or not _ANYWAY.search(plain(text)):
        return None
    everything = _of(standing.items, standing)
    if said is None:
        return _of(held, standing) if not standing.payable or _THAT.search(plain(text)) else None
    if said.invoices or said.by_rest or said.place is not None or said.fraction is not None:
        return None
    if said.amount is None:
        return everything if said.share in (Share.ALL, Share.OVERDUE, Share.BOTH) else None
    is_beside = said.amount <= in_steps(standing.payable)
    return None if is_beside or everything is None else Wanted(said.amount, everything.invoice_ids)


def _rounded(text: str, amount: Money, standing: Standing) -> OpenInvoice | None:
    """The one open invoice that "the 75" stands for: it comes to 75.25, and none to 75."""
    unit = 10 ** precision(amount.currency)
    said = rf"\bthe [$£€]?{amount.minor // unit}(?![\w%]|[.,]\d)"
    if amount.minor % unit or not re.search(said, in_figures(text)):
        return None
    near = [item for item in standing.items if item.owed.minor // unit == amount.minor // unit]
    return near[0] if len(near) == 1 and near[0].owed != amount and not near[0].disputed else None


def meant(said: Said, standing: Standing) -> Wanted | None:
    """What `said` comes to on this account, without what no card can pay, unless the figure is the customer's own (S4).

    Shares leave out what is disputed, unless an invoice is named (C9).
    """
    named = [item for item in standing.items if item.invoice.number in said.invoices]
    if said.by_rest:
        return _of([item for item in named if not item.disputed], standing)
    if said.amount is not None:
        return Wanted(said.amount, tuple(item.invoice.id for item in named))
    if named and said.fraction is not None:
        whole = total((item.owed for item in named), standing.currency)
        return Wanted(in_steps(_part(whole, said.fraction)), tuple(item.invoice.id for item in named))
    if named:
        return _of(named, standing)
    if said.place is not None:
        at = said.place - 1 if said.place > 0 else said.place
        return _of(standing.items[at:][:1], standing) if at < len(standing.items) else None
    if said.fraction is not None:
        base = standing.payable if said.share is Share.ALL or not standing.payable_overdue else standing.payable_overdue
        return Wanted(in_steps(_part(base, said.fraction)))
    return _share(said.share, standing) if said.share else None


def _share(share: Share, standing: Standing) -> Wanted | None:
    items = [item for item in standing.items if not item.disputed]
    match share:
        case Share.ALL:
            return Wanted(in_steps(standing.payable)) if items else None
        case Share.OVERDUE:
            return Wanted(in_steps(standing.payable_overdue)) if standing.payable_overdue else None
        case Share.OLDEST:
            return _of(items[:1], standing)
        case Share.NEWEST:
            return _of(items[-1:], standing)
        case Share.SMALLEST:
            return _of(sorted(items, key=lambda item: item.owed.minor)[:1], standing)
        case Share.LARGEST:
            return _of(sorted(items, key=lambda item: -item.owed.minor)[:1], standing)
        case Share.BOTH:
            late = [item for item in items if item.days_late]
            return next((_of(two, standing) for two in (items, late) if len(two) == 2), None)
        case Share.OTHER:
            # "the other one" beside what is disputed; else it is asked which.
            return _of(items, standing) if len(items) == 1 and len(standing.items) > 1 else None


def _of(items: list[OpenInvoice], standing: Standing) -> Wanted | None:
    if not items:
        return None
    owed = total((item.owed for item in items), standing.currency)
    return Wanted(in_steps(owed), tuple(item.invoice.id for item in items))


def _part(whole: Money, fraction: Fraction) -> Money:
    return Money(round(whole.minor * fraction), whole.currency)
