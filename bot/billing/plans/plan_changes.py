"""What a customer may change in a plan by themselves: move a date, or all that follow; pause (K4, K7, K8).

Another amount or frequency for the rest is a new agreement: `quotes.quote_rest`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import mandates
from bot.billing.plans.instalments import terms
from bot.billing.plans.plan_states import IN_FORCE, count, record, theirs
from bot.billing.plans.progress import unpaid
from bot.billing.plans.schedules import WEEKS, Rhythm, later, months_later
from bot.db import lock
from bot.errors import Conflict, InvalidInput, Reason
from bot.models import Customer, Frequency, Instalment, Plan, PlanEventKind, PlanKind


def move(
    session: Session,
    plan_id: uuid.UUID,
    customer: Customer,
    number: int,
    to: dt.date,
    *,
    following: bool = False,
    actor: str = "customer",
) -> Plan:
    """Let the unpaid instalment `number` be due on `to`; with `following` those after it keep the plan's rhythm from
    there.

    The same move again changes nothing. Raises `NotFound`; `InvalidInput` for a date that is past, further away than
    the policy allows or not between its neighbours (`about` are the first and the last day that would do); `Conflict`
    when the plan is not in force or goes with a discount (K16), the instalment is paid, or dates were moved as often
    as the policy allows.
    """
    plan = _in_force(session, plan_id, customer)
    open_ = _open(session, plan)
    place = next((place for place, part in enumerate(open_) if part.number == number), None)
    if place is None:
        raise Conflict("This instalment is paid already.", about=number)
    part = open_[place]
    if part.due_on == to:
        return plan
    _check_times(session, plan, PlanEventKind.MOVED, policies.plans().changes.times)
    first, last = _room(plan, part, customer, following=following)
    if not first <= to <= last:
        words = f"This instalment can be due from {first.isoformat()} to {last.isoformat()}."
        raise InvalidInput(words, about=(first, last), reason=Reason.DAY)
    dates = [to]
    if following:
        rhythm = Rhythm(plan.frequency, to.day if plan.frequency == Frequency.MONTHLY else to.weekday(), to)
        plan.pay_day = rhythm.pay_day
        dates = list(itertools.islice(rhythm.dates(), len(open_) - place))
    _set(session, open_[place : place + len(dates)], dates)
    return _changed(session, plan, PlanEventKind.MOVED, actor)


def pause(session: Session, plan_id: uuid.UUID, customer: Customer, days: int, *, actor: str = "customer") -> Plan:
    """Put off everything that is unpaid by `days` or a little more, in whole weeks, fortnights or months, so that it
    stays on the customer's pay days; at most by what the policy allows, counted from today for what is late.

    Raises `NotFound`; `InvalidInput` for less than a day or more than the policy's (`about` is the most); `Conflict`
    when the plan is not in force or goes with a discount (K16), was paused as often as the policy allows, or cannot
    be without leaving its pay day.
    """
    plan = _in_force(session, plan_id, customer)
    most = policies.plans().changes.pause_days
    if not 1 <= days <= most:
        raise InvalidInput(f"A pause is for {most} days at most.", about=most)
    _check_times(session, plan, PlanEventKind.PAUSED, policies.plans().changes.pauses)
    open_ = _open(session, plan)
    today = clock.today(customer.time_zone)
    begins = max(open_[0].due_on, today)
    choices = [_put_off(plan, open_, periods) for periods in range(1, most + 1)]
    end = begins + dt.timedelta(days=most)
    within = [dates for dates in choices if begins < dates[0] <= end and dates == sorted(set(dates))]
    if not within:
        raise Conflict("A pause of this plan has to be looked at by a person.", about=plan)
    wanted = begins + dt.timedelta(days=days)
    _set(session, open_, next((dates for dates in within if dates[0] >= wanted), within[-1]))
    return _changed(session, plan, PlanEventKind.PAUSED, actor)


def _in_force(session: Session, plan_id: uuid.UUID, customer: Customer) -> Plan:
    lock(session, Customer, customer.id)
    plan = theirs(session, plan_id, customer)
    if plan.status not in IN_FORCE:
        raise Conflict("This plan is not in force.", about=plan)
    if plan.kind == PlanKind.EARLY:
        raise Conflict("A discount goes with its day. For another day, a plan without it is quickly made.", about=plan)
    return plan


def _open(session: Session, plan: Plan) -> list[Instalment]:
    open_ = [part for part, _ in unpaid(session, plan)]
    if not open_:
        raise Conflict("This plan is paid already.", about=plan)
    return open_


def _check_times(session: Session, plan: Plan, kind: PlanEventKind, most: int) -> None:
    if count(session, plan, kind) >= most:
        raise Conflict("This plan was changed as often as I can by myself; a person can do more.", about=plan)


def _room(plan: Plan, part: Instalment, customer: Customer, *, following: bool) -> tuple[dt.date, dt.date]:
    """The first and the last day to which `part` may be moved."""
    day = dt.timedelta(days=1)
    reach = dt.timedelta(days=policies.plans().changes.days)
    today = clock.today(customer.time_zone)
    before = max((other.due_on for other in plan.instalments if other.number < part.number), default=today - day)
    after = min((other.due_on for other in plan.instalments if other.number > part.number), default=dt.date.max)
    last = max(part.due_on, today) + reach
    return max(today, before + day, part.due_on - reach), last if following else min(last, after - day)


def _put_off(plan: Plan, open_: Sequence[Instalment], periods: int) -> list[dt.date]:
    if plan.frequency in WEEKS:
        return [later(part.due_on, plan.frequency, periods) for part in open_]
    return [months_later(part.due_on, periods, _day_of(plan, part)) for part in open_]


def _day_of(plan: Plan, part: Instalment) -> int:
    """The day of the month of an instalment: the plan's, unless this one was moved away from it."""
    pay_day = plan.pay_day or max(other.due_on.day for other in plan.instalments)
    return pay_day if months_later(part.due_on, 0, pay_day) == part.due_on else part.due_on.day


def _set(session: Session, parts: Sequence[Instalment], dates: Sequence[dt.date]) -> None:
    for part, due_on in zip(parts, dates, strict=True):
        part.due_on, part.asked_at = due_on, None
    session.flush()


def _changed(session: Session, plan: Plan, kind: PlanEventKind, actor: str) -> Plan:
    record(session, plan, kind, actor, terms(plan))
    mandates.look_again(session, plan)
    return plan
