"""A dry run: who would get what on a day, when, by which medium and in which language, and what is held back by which
rule. Reads only. It is true as things stand now: what is paid, said or sent until then changes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.db import Database
from bot.errors import InvalidInput
from bot.models import Customer, Medium, ReminderKind
from bot.outreach import accounts, due, letters, planning, views
from bot.outreach.facts import Facts
from bot.outreach.planning import Fate, Verdict, View
from bot.policies import OutreachPolicy

TOGETHER = 200
LOOKS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """What would become of one thing of one customer. `at` is when it would go, or when it would be looked at again."""

    account: str
    kind: ReminderKind
    step: int
    due_on: dt.date
    fate: Fate
    rule: str
    at: dt.datetime | None
    zone: str
    medium: Medium | None
    language: str


def on(db: Database, day: dt.date, accounts_: Sequence[str] = ()) -> Iterator[Entry]:
    """All that would become of reminders on `day`, each customer's own; of the account keys `accounts_` alone, where
    some are given. Raises `InvalidInput` for a day that is over everywhere."""
    if day < clock.today("Pacific/Pago_Pago"):
        raise InvalidInput("That day is over. What was sent then stands in the conversations.", about=day)
    days, after = due.on_day(day), None
    while ids := db.in_reading(lambda session, after=after: due.customers(session, days, after, is_dry=True)):  # type: ignore[misc]
        for start in range(0, len(ids), TOGETHER):
            with db.reading() as session:
                some = sa.select(Customer).where(Customer.id.in_(ids[start : start + TOGETHER])).order_by(Customer.id)
                if accounts_:
                    some = some.where(Customer.account_key.in_(accounts_))
                yield from _entries(session, list(session.scalars(some)), day)
        after = ids[-1]


def ahead(session: Session, customer: Customer) -> list[tuple[dt.date, ReminderKind, int]]:
    """What is next in the cadence of `customer` after today, the first one first, as things stand."""
    today, policy = clock.today(customer.time_zone), policies.outreach()
    account = accounts.read(session, [customer], {customer.id: today}, policy, whole=True)[customer.id]
    return accounts.ahead(account, today, policy)


def today(session: Session, customer: Customer) -> list[Entry]:
    """What is due of `customer` on their own day, and what becomes of it from now on."""
    return list(_entries(session, [customer], clock.today(customer.time_zone)))


def _entries(session: Session, customers: Sequence[Customer], day: dt.date) -> Iterator[Entry]:
    seen, facts = views.read(session, customers, lambda customer: _from(customer, day), questions=True)
    policy = policies.outreach()
    for id_, view in seen.items():
        for verdict, at in _course(view, _from(view.customer, day), day, policy):
            yield _entry(view, facts[id_], verdict, at)


def _from(customer: Customer, day: dt.date) -> dt.datetime:
    """The first instant of the customer's day that may be one of theirs, and not before now."""
    morning = dt.datetime.combine(day, dt.time(due.FIRST_HOUR), ZoneInfo(customer.time_zone)).astimezone(dt.UTC)
    return max(morning, clock.now())


def _course(view: View, at: dt.datetime, day: dt.date, policy: OutreachPolicy) -> list[tuple[Verdict, dt.datetime]]:
    """The verdicts at the instant of the day at which something goes, else at its first."""
    first = found = planning.verdicts(view, at, policy, is_now=False)
    moment = at
    for _ in range(LOOKS):
        if any(verdict.fate is Fate.GOES for verdict in found):
            return [(verdict, moment) for verdict in found]
        later = [verdict.again_at for verdict in found if verdict.again_at is not None and verdict.again_at > moment]
        zone = ZoneInfo(view.customer.time_zone)
        later = [again for again in later if again.astimezone(zone).date() == day]
        if not later:
            break
        moment = min(later)
        found = planning.verdicts(view, moment, policy, is_now=False)
    return [(verdict, at) for verdict in first]


def _entry(view: View, facts: Facts, verdict: Verdict, at: dt.datetime) -> Entry:
    subject = verdict.subject
    when = at if verdict.fate is Fate.GOES else verdict.again_at
    language = letters.locale_of(facts)
    zone = view.customer.time_zone
    return Entry(
        view.customer.account_number,
        subject.kind,
        subject.step,
        subject.due_on,
        verdict.fate,
        verdict.rule,
        when,
        zone,
        verdict.medium,
        language,
    )
