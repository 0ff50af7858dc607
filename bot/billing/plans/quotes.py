"""Quotes: the exact terms of plans that a customer may choose from (K4, S7; design section 10, 3)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.plans.coverage import Coverage, coverage, rest
from bot.billing.plans.instalments import Terms, equal_parts
from bot.billing.plans.offers import offer
from bot.billing.plans.plan_states import current, in_force
from bot.billing.plans.schedules import Rhythm
from bot.db import lock
from bot.errors import Conflict, InvalidInput, Reason
from bot.models import Customer, Plan
from bot.money import Money

MONTHLY = Rhythm()


def quote(
    session: Session,
    customer: Customer,
    *,
    conversation_id: uuid.UUID | None,
    months: Sequence[int] | None = None,
    total: Money | None = None,
    invoice_ids: Sequence[uuid.UUID] | None = None,
    rhythm: Rhythm = MONTHLY,
    down: Money | None = None,
) -> list[Plan]:
    """Offers of equal instalments over what is overdue and undisputed, over `total` of it, or over the invoices that
    the customer named (C9), shortest first.

    `months` are the lengths wanted; by default the policy's. `down` of it is due today, as instalment number 0. The odd
    minor units are on the last instalment (S7). The same offer asked for again is the same plan. An offer with an
    instalment that Stripe would not charge is left out. Raises `InvalidInput` when nothing is overdue, `total`, `down`
    or the first day is out of bounds, the rhythm is none of the policy's or no length is possible; `NotFound` for an
    invoice that is not open; `Conflict` when a plan is in force already (`about` is that plan).
    """
    lock(session, Customer, customer.id)
    if (existing := current(session, customer)) is not None:
        raise Conflict("There is a plan for this balance already.", about=existing)
    over = coverage(session, customer, total=total, invoice_ids=invoice_ids)
    return _quotes(session, customer, over, conversation_id, months, rhythm, down)


def quote_rest(
    session: Session,
    customer: Customer,
    *,
    conversation_id: uuid.UUID | None,
    months: Sequence[int] | None = None,
    rhythm: Rhythm | None = None,
    down: Money | None = None,
) -> list[Plan]:
    """Offers over what is left of the plan in force, in its own rhythm unless another is given; agreed, one of them
    takes its place.

    As `quote` otherwise. Raises `NotFound` when there is no plan in force.
    """
    lock(session, Customer, customer.id)
    plan = in_force(session, customer)
    over = rest(session, customer, plan)
    return _quotes(session, customer, over, conversation_id, months, rhythm or rhythm_of(plan), down)


def rhythm_of(plan: Plan) -> Rhythm:
    """The rhythm in which `plan` goes on."""
    return Rhythm(plan.frequency, plan.pay_day)


def after_down(over: Coverage, down: Money | None) -> Money:
    """What is left for the instalments. Raises `InvalidInput` when `down` is not less than what is covered."""
    if down is None:
        return over.total
    if not Money.zero(over.currency) < down < over.total:
        raise InvalidInput("A part paid now is more than nothing and less than all of it.", about=over.total)
    return over.total - down


def with_down(
    over: Coverage, rhythm: Rhythm, parts: Sequence[tuple[dt.date, int]], down: Money | None, today: dt.date
) -> Terms:
    """The terms of `parts`, after `down` of it today."""
    paid_now = [(today, down.minor)] if down else []
    return Terms(over, rhythm, (*paid_now, *parts), has_down=down is not None)


def _quotes(
    session: Session,
    customer: Customer,
    over: Coverage,
    conversation_id: uuid.UUID | None,
    months: Sequence[int] | None,
    rhythm: Rhythm,
    down: Money | None,
) -> list[Plan]:
    today = clock.today(customer.time_zone)
    check_frequency(rhythm)
    rhythm = rhythm.beginning(today, after_down=down is not None)
    left = after_down(over, down)
    parts = [equal_parts(left, rhythm.within(length)) for length in _lengths(months)]
    wanted = [with_down(over, rhythm, part, down, today) for part in parts]
    quotes = [offer(session, customer, conversation_id, terms) for terms in wanted if terms.can_be_charged()]
    if not quotes:
        words = "That is too many instalments for this amount; fewer of them would work."
        raise InvalidInput(words, about=over.total, reason=Reason.TOO_MANY_PARTS)
    return quotes


def check_frequency(rhythm: Rhythm) -> None:
    """Raise `InvalidInput` for a rhythm that the policy does not have (`about` are those that it has)."""
    allowed = policies.plans().frequencies
    if rhythm.frequency not in allowed:
        raise InvalidInput(f"Instalments can be {' or '.join(allowed)}.", about=allowed)


def _lengths(months: Sequence[int] | None) -> list[int]:
    longest = policies.plans().longest_months
    wanted = sorted(set(months if months is not None else policies.plans().offered_months))
    if not wanted or wanted[0] < 1 or wanted[-1] > longest:
        raise InvalidInput(f"A plan runs for one to {longest} months.", about=longest)
    return wanted
