"""What is next for one customer: the coming steps of their cadence, by which medium each would go, or what holds it.

As things stand, and by the same looks as the worker's: `accounts`, `quiet`, `media`, the gate.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import clock, policies
from bot.desk.identity import DESK_LOCALE
from bot.models import Customer, Medium, OutreachPause, ReminderKind
from bot.outreach import accounts, due, forecast, gate, media, pauses, quiet, situations, subjects
from bot.outreach.accounts import Account
from bot.outreach.facts import Facts, facts_of
from bot.outreach.forecast import Entry
from bot.outreach.gate import Situation
from bot.outreach.planning import NO_MEDIUM, ONE_A_DAY, TOGETHER, Fate
from bot.outreach.quiet import Quiet
from bot.outreach.subjects import Subject

MOST = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One step on its day, which is the customer's. `goes` by `medium` from `at` on, or `rule` holds it back; then `at`
    is when that ends, if anybody knows. `named` is what it is about."""

    on: dt.date
    kind: ReminderKind
    step: int
    named: str | None
    goes: bool
    rule: str
    medium: Medium | None = None
    at: dt.datetime | None = None


def steps(session: Session, customer: Customer) -> list[Step]:
    """What is due today and what becomes of it, then the next few steps. Call it only while identity is proven (P1)."""
    today, policy = clock.today(customer.time_zone), policies.outreach()
    account = accounts.read(session, [customer], {customer.id: today}, policy, whole=True)[customer.id]
    facts = facts_of(session, [customer])
    known = facts[customer.id]
    sight = Sight(
        account,
        known,
        tuple(quiet.of(session, facts, {customer.id: account}, policy)[customer.id]),
        media.orders(session, facts, policy)[customer.id],
        tuple(pauses.binding(session, customer)),
    )
    now = [_today(account, entry, today) for entry in forecast.today(session, customer)]
    coming = [_subject(account, *one) for one in accounts.ahead(account, today, policy)]
    days = itertools.groupby(coming, key=lambda one: _day(one))
    return [*now, *itertools.islice(_by_day(sight, days), MOST)]


def named(account: Account, kind: ReminderKind, due_on: dt.date) -> str | None:
    """What of the account a step about `due_on` is about: numbers of invoices, an amount."""
    match kind:
        case ReminderKind.INVOICE:
            owed = (item for item in account.owed if item.invoice.due_on == due_on and not item.is_disputed)
            return ", ".join(item.invoice.number for item in owed if item.beside) or None
        case ReminderKind.INSTALMENT:
            parts = [minor for _, day, minor in account.parts if day == due_on]
            return f"the instalment of {account.money(sum(parts)).format(DESK_LOCALE)}" if parts else None
        case ReminderKind.PROMISE if account.promise is not None and account.promise.due_on == due_on:
            return f"the promise of {account.money(account.promise.amount).format(DESK_LOCALE)}"
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Sight:
    """All that counts for one customer at any instant to come."""

    account: Account
    facts: Facts
    quiets: tuple[Quiet, ...]
    media: tuple[Medium, ...]
    pauses: tuple[OutreachPause, ...]

    def at(self, at: dt.datetime) -> list[Situation]:
        """The situations at `at`: pauses that are over by then bind no more, and who speaks with them now is done."""
        binding = [row for row in self.pauses if row.until is None or row.until > at]
        own = [row for row in binding if row.customer_id is not None]
        facts = dataclasses.replace(self.facts, pauses=own, is_all_paused=len(own) < len(binding))
        found = (situations.of(facts, medium, has_template=medium is Medium.WHATSAPP) for medium in self.media)
        return [dataclasses.replace(each, with_person=False) for each in found]


def _by_day(sight: Sight, days: Iterator[tuple[dt.date, Iterator[Subject]]]) -> Iterator[Step]:
    """One message a day, the gentlest first; all invoices are one message."""
    for day, due_then in days:
        head: Step | None = None
        for subject in sorted(due_then, key=subjects.gentlest_first):
            made = _step(sight, subject, day)
            if head is not None and made.goes:
                rides = head.kind == made.kind == ReminderKind.INVOICE
                rule = TOGETHER if rides else ONE_A_DAY
                made = dataclasses.replace(made, goes=rides, rule=rule, at=head.at if rides else None)
            elif made.goes:
                head = made
            yield made


def _step(sight: Sight, subject: Subject, day: dt.date) -> Step:
    zone = ZoneInfo(sight.account.customer.time_zone)
    at = dt.datetime.combine(day, dt.time(due.FIRST_HOUR), zone).astimezone(dt.UTC)
    made = Step(day, subject.kind, subject.step, named(sight.account, subject.kind, subject.due_on), False, "")
    held = quiet.binding(sight.quiets, subject.kind, at, policies.outreach())
    if held is not None and (held.until is None or held.until.astimezone(zone).date() > day):
        return dataclasses.replace(made, rule=held.cause, at=held.until)
    asked = sight.at(max(at, held.until) if held is not None and held.until is not None else at)
    for situation in asked:
        first = gate.next_at(situation, at)
        if first is not None and first.astimezone(zone).date() == day:
            return dataclasses.replace(made, goes=True, rule=gate.Rule.MAY_GO, medium=situation.medium, at=first)
    rule, until = _held(asked, at, sight.pauses)
    return dataclasses.replace(made, rule=rule, at=until)


def _held(
    asked: Sequence[Situation], at: dt.datetime, paused: Sequence[OutreachPause]
) -> tuple[str, dt.datetime | None]:
    """The rule of the medium that would be tried first, and until when it holds."""
    if not asked:
        return NO_MEDIUM, None
    rule = gate.decide(asked[0], at).rule
    if rule is not gate.Rule.PAUSED:
        return rule, gate.next_at(asked[0], at)
    ends = [row.until for row in paused if row.until is None or row.until > at]
    return rule, None if None in ends else max(filter(None, ends), default=None)


def _today(account: Account, entry: Entry, today: dt.date) -> Step:
    called = named(account, entry.kind, entry.due_on)
    return Step(today, entry.kind, entry.step, called, entry.fate is Fate.GOES, entry.rule, entry.medium, entry.at)


def _subject(account: Account, day: dt.date, kind: ReminderKind, step: int) -> Subject:
    due_on = day - dt.timedelta(days=step)
    return Subject(kind, account.customer.id, step, due_on, day, account.money(0))


def _day(subject: Subject) -> dt.date:
    return subject.last_on
