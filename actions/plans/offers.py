"""The offers of a dialogue about a plan: made over what was chosen, found again by their ids, shown as choices."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions import cards
from actions.balance import Account, account
from actions.phrases import Phrases
from actions.reading import amounts
from actions.reading.amounts import Share
from actions.turn import Button, Turn
from bot.billing import plans
from bot.billing.invoices import OpenInvoice
from bot.billing.plans import coverage, quotes
from bot.billing.plans.offers import has_ended
from bot.billing.plans.offers import offers as all_offers
from bot.billing.plans.schedules import Rhythm, last_first_day
from bot.models import Approval, Customer, Invoice, Plan, PlanStatus
from bot.money import Money

FORM = "plan_form"
# What a dialogue about a plan remembers.
SLOTS = ("quotes", "plan", "plan_agreed", "plan_question", "plan_over", "plan_wish")

_ONE_OF_THEM = re.compile(
    r"\b(?:invoice|bill)\b|\b(?:only|just) the (?:oldest|newest|latest|smallest|biggest|largest|earliest)\b"
)
_NOT_DUE = r"\b(?:not (?:yet )?due|isn'?t due|coming up|upcoming|future)\b"
_NOT_DUE_TOO = re.compile(
    rf"\b(?:all|everything|whole|both|too|also|including|include)\b.*{_NOT_DUE}"
    rf"|{_NOT_DUE}.*\b(?:too|also|as well|included)\b"
)


def begin() -> dict[str, Any]:
    """The slots of a dialogue about a plan, all empty."""
    return dict.fromkeys(SLOTS)


def usual(session: Session, turn: Turn, chosen: Sequence[uuid.UUID] | None) -> list[Plan]:
    """The lengths that are offered without being asked, over the `chosen` invoices, else what is overdue or, while a
    plan is in force, its rest.

    Raises `InvalidInput` when there is nothing to spread out or it is too little.
    """
    customer = turn.customer(session)
    mine = account(session, turn)
    if mine.plan is not None:
        rhythm = Rhythm(mine.plan.frequency, mine.plan.pay_day, next_day(mine))
        return quotes.quote_rest(session, customer, conversation_id=turn.conversation_id, rhythm=rhythm)
    return plans.quote(session, customer, conversation_id=turn.conversation_id, invoice_ids=chosen)


def next_day(mine: Account) -> dt.date | None:
    """The day of the next instalment of the plan in force, if new terms may begin on it."""
    due_on = mine.progress.next.due_on if mine.progress and mine.progress.next else mine.today
    return due_on if mine.today < due_on <= last_first_day(mine.today) else None


def over(turn: Turn) -> list[uuid.UUID] | None:
    """The invoices that were chosen before; None for what is overdue."""
    kept = [_uuid(id_) for id_ in turn.slot("plan_over") or []]
    return [id_ for id_ in kept if id_ is not None] or None


def named(turn: Turn, mine: Account) -> list[uuid.UUID] | None:
    """The invoices that the message chooses ("only INV-1002", "just the oldest bill"); None when it chooses none."""
    numbers = [item.invoice.number for item in mine.standing.items]
    said = amounts.read(turn.words, mine.standing.currency, mine.phrases.locale, numbers)
    if said is not None and said.invoices:
        return [item.invoice.id for item in mine.standing.items if item.invoice.number in said.invoices]
    words = turn.words.lower().replace("’", "'")
    items = [item for item in mine.standing.items if not item.disputed]
    if _NOT_DUE_TOO.search(words):
        return [item.invoice.id for item in items] or None
    if said is not None and said.share and _ONE_OF_THEM.search(words):
        return [item.invoice.id for item in _one(said.share, items)] or None
    return None


def whole(session: Session, mine: Account, chosen: Sequence[uuid.UUID] | None) -> Money:
    """What a plan would be over. Raises `InvalidInput` when there is nothing."""
    if mine.plan is not None:
        return coverage.rest(session, mine.customer, mine.plan).total
    return coverage.coverage(session, mine.customer, invoice_ids=chosen).total


def open_ones(session: Session, turn: Turn, ids: Sequence[str]) -> list[Plan]:
    """The offers of `ids` that are this customer's and hold still. An id may come from anywhere, so none is trusted."""
    customer = turn.customer(session)
    found = [session.get(Plan, id_) for id_ in map(_uuid, ids) if id_ is not None]
    return [plan for plan in found if plan is not None and plan.customer_id == customer.id and _holds(plan)]


def approved(session: Session, customer: Customer) -> Plan | None:
    """Longer terms that a person has allowed and the customer has not answered yet."""
    allowed = [plan for plan in all_offers(session, customer) if plan.approval == Approval.GIVEN]
    return next((plan for plan in allowed if _holds(plan)), None)


def at_a_person(session: Session, customer: Customer) -> Plan | None:
    """Longer terms that a person is still looking at."""
    made = [plan for plan in all_offers(session, customer) if plan.approval == Approval.ASKED]
    return next((plan for plan in made if not has_ended(plan)), None)


def numbers(session: Session, plan: Plan) -> list[str]:
    """The numbers of the invoices that `plan` covers."""
    ids = [part.invoice_id for part in plan.invoices]
    rows = session.execute(sa.select(Invoice.id, Invoice.number).where(Invoice.id.in_(ids)))
    found: dict[uuid.UUID, str] = {row.id: row.number for row in rows}
    return [found[id_] for id_ in ids]


def ids(offered: Sequence[Plan]) -> list[str]:
    """The ids of `offered`, as they are remembered."""
    return [str(plan.id) for plan in offered]


def buttons(offered: Sequence[Plan], phrases: Phrases) -> list[Button]:
    """A button for each offer."""
    return [{"title": phrases.title(plan), "payload": cards.choose(plan)} for plan in offered]


def lines(offered: Sequence[Plan], phrases: Phrases) -> str:
    """A line for each offer, numbered so that "the second one" is understood."""
    return "\n".join(phrases.option(place, plan) for place, plan in enumerate(offered, start=1))


def _one(share: Share, items: Sequence[OpenInvoice]) -> list[OpenInvoice]:
    by_sum = sorted(items, key=lambda item: item.owed.minor)
    match share:
        case Share.OLDEST:
            return list(items[:1])
        case Share.NEWEST:
            return list(items[-1:])
        case Share.SMALLEST:
            return by_sum[:1]
        case Share.LARGEST:
            return by_sum[-1:]
        case _:
            return []


def _holds(plan: Plan) -> bool:
    return plan.status == PlanStatus.QUOTE and not has_ended(plan) and plan.approval != Approval.ASKED


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
