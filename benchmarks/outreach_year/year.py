"""The year itself: from one event to the next, on a clock that only we move."""

from __future__ import annotations

import contextlib
import datetime as dt
import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from benchmarks.outreach_year import places, world
from benchmarks.outreach_year.life import Life
from benchmarks.outreach_year.provider import Carriers
from benchmarks.outreach_year.settling import settle_in
from benchmarks.outreach_year.story import Doing, Person, Year
from benchmarks.outreach_year.workers import Frail, Workers
from benchmarks.outreach_year.world import BEGIN, DAY, DAYS, Plan
from bot import clock, policies
from bot.channels import delivery_news, senders
from bot.db import Database
from bot.help_lines import help_lines
from bot.models import GateDecision, Reminder
from bot.policies import OutreachPolicy

# What waits is tried every minute; while nothing gets through, less often, so that the year ends.
RETRY, OUTAGE_RETRY = dt.timedelta(minutes=1), dt.timedelta(minutes=15)
ACT, SWEEP, SEND = range(3)
# When workers look: where people live, as soon as their day opens; for everybody at these hours in UTC; and where it
# should not matter, a little before the hours of the day or at their end.
OPENING = dt.time(8, 4)
TEMPTING = (dt.time(7, 56), dt.time(20, 50), dt.time(21, 3))
HOURS = (dt.time(3, 3), dt.time(10, 12), dt.time(16, 20), dt.time(22, 40))
MANY = 1_000  # from so many people on they look at each opening of a day, otherwise once or twice


@dataclass(slots=True)
class Ran:
    """A year that was run: what the judge may know, and figures about it."""

    year: Year
    seconds: float
    done: int
    sweeps: int
    pairs: int
    deaths: int
    faults: Counter[str]
    decided: dict[str, int]
    settled: dict[tuple[str, str | None], int]


class _Clock:
    def __init__(self) -> None:
        self.instant = BEGIN

    def now(self) -> dt.datetime:
        return self.instant


def run(url: str, customers: int, seed: int, *, odds: int = 4, days: int = DAYS, say: Any = None) -> Ran:
    """Run the year, or `days` of it, on the migrated, empty database at `url`. Of a thousand commits of a worker `odds`
    kill it."""
    people, plans = world.people(customers, seed)
    carriers = Carriers(seed, world.outages(seed))
    sound, frail = Database(url), Frail(url, seed, odds)
    began = time.perf_counter()
    try:
        with _ours(carriers) as now:
            for each in (sound, frail):
                if each.sqlite:  # it is workers that die here, not the machine
                    sa.event.listen(each.engine, "connect", _quick)
            settle_in(sound, people)
            workers, life = Workers(sound, frail), Life(people, carriers, seed)
            swept = _Run(sound, workers, life, carriers, now, plans, seed, people).through(days, say)
            decided, settled = _figures(sound)
    finally:
        sound.dispose()
        frail.dispose()
    year = Year(people, swept, carriers.outages, carriers.arrivals)
    seconds = time.perf_counter() - began
    return Ran(
        year, seconds, life.done, workers.sweeps, workers.pairs, workers.deaths, carriers.met, decided, settled
    )  # fmt: skip


@contextlib.contextmanager
def _ours(carriers: Carriers) -> Iterator[_Clock]:
    """Our clock, our providers, and an agency's accounts beside a creditor's."""
    now = _Clock()
    help_lines()  # the operator's, before the agency's accounts are beside theirs
    ours = policies.outreach().model_copy(update={"jurisdictions": places.PACKS})

    def theirs() -> OutreachPolicy:
        return ours

    clock.use(now.now)
    try:
        with mock.patch.object(senders, "of", carriers.of), mock.patch.object(policies, "outreach", theirs):
            policies.jurisdiction.cache_clear()
            yield now
    finally:
        clock.use(None)
        policies.jurisdiction.cache_clear()


def _quick(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _figures(db: Database) -> tuple[dict[str, int], dict[tuple[str, str | None], int]]:
    with db.reading() as session:
        decided = session.execute(
            sa.select(GateDecision.rule, sa.func.count().label("number")).group_by(GateDecision.rule)
        )
        settled = session.execute(
            sa.select(Reminder.status, Reminder.rule, sa.func.count()).group_by(Reminder.status, Reminder.rule)
        )
        by_rule = {row.rule: row.number for row in decided}
        return by_rule, {(status, rule): count for status, rule, count in settled}


class _Run:
    """The events that are ahead, and what is done about each."""

    def __init__(
        self, db: Database, workers: Workers, life: Life, carriers: Carriers, now: _Clock, plans: list[Plan], seed: int,
        people: list[Person],
    ) -> None:  # fmt: skip
        self._db, self._workers, self._life, self._carriers, self._now = db, workers, life, carriers, now
        self._chance = random.Random(seed + 4)
        self._order = itertools.count()
        self._events: list[tuple[dt.datetime, int, int, Plan | None]] = []
        for plan in plans:
            self._ahead(plan.at, ACT, plan)
        zones = sorted({one.place.zone for one in people})
        for number in range(DAYS):
            for at in _looks(BEGIN + number * DAY, zones, len(people) >= MANY, self._chance):
                if at >= BEGIN:
                    self._ahead(at, SWEEP)
        self._swept: list[dt.datetime] = []

    def through(self, days: int, say: Any) -> list[dt.datetime]:
        """Everything, in order; when the workers looked."""
        month = 0
        while self._events and self._events[0][0] < BEGIN + days * DAY:
            at, kind, _, plan = heapq.heappop(self._events)
            self._now.instant = max(at, self._now.instant)
            if say and at.month != month:
                month = at.month
                say(f"{at:%B}: {len(self._carriers.arrivals):,} messages so far")
            if kind == ACT:
                assert plan is not None
                self._act(plan)
            elif kind == SWEEP:
                self._sweep()
            else:
                self._send()
        return self._swept

    def _ahead(self, at: dt.datetime, kind: int, plan: Plan | None = None) -> None:
        heapq.heappush(self._events, (at, kind, next(self._order), plan))

    def _act(self, plan: Plan) -> None:
        """All that is done before the workers look again is one transaction; after a word like STOP they send at
        once."""
        follows = []
        with self._db.transaction() as session:
            while True:
                follows += self._life.do(session, plan)
                ahead = self._events[0] if self._events else None
                if plan.doing in (Doing.STOP, Doing.START, Doing.WRITE, Doing.PROVE) or ahead is None:
                    break
                if ahead[1] != ACT or any(one.at <= ahead[0] for one in follows):
                    break
                at, _, _, following = heapq.heappop(self._events)
                assert following is not None
                plan, self._now.instant = following, max(at, self._now.instant)
        for one in follows:
            self._ahead(max(one.at, self._now.instant), ACT, one)
        if plan.doing in (Doing.STOP, Doing.START, Doing.WRITE, Doing.PROVE):
            self._send(held=True)

    def _sweep(self) -> None:
        self._report()
        self._swept.append(self._now.instant)
        self._workers.sweep(pair=self._chance.random() < 0.03)
        with self._db.reading() as session:
            self._life.broken(session)
        self._send()

    def _send(self, *, held: bool = False) -> None:
        """What waits goes out; with `held` what waited for somebody's word, too."""
        following = self._workers.next_delivery()
        if held or (following is not None and following <= self._now.instant):
            self._workers.deliver()
            following = self._workers.next_delivery()
        if following is not None:
            is_out = any(start <= self._now.instant < end for start, end in self._carriers.outages)
            self._ahead(max(following, self._now.instant + (OUTAGE_RETRY if is_out else RETRY)), SEND)

    def _report(self) -> None:
        """What the providers have to say by now, the latest first at times."""
        due = [one for one in self._carriers.reports if one[0] <= self._now.instant]
        if not due:
            return
        self._carriers.reports = [one for one in self._carriers.reports if one[0] > self._now.instant]
        self._chance.shuffle(due)
        for _, news in due:
            with self._db.transaction() as session:
                delivery_news.take(session, news)


def _looks(day: dt.datetime, zones: list[str], is_often: bool, chance: random.Random) -> list[dt.datetime]:
    """When the workers look on this day."""
    local = [(OPENING, zone) for zone in zones] if is_often else []
    if is_often or chance.random() < 0.25:
        local.append((chance.choice(TEMPTING), chance.choice(zones)))
    found = {dt.datetime.combine(day.date(), time, ZoneInfo(zone)).astimezone(dt.UTC) for time, zone in local}
    hours = HOURS if is_often else HOURS[2:] if chance.random() < 0.33 else HOURS[2:3]
    return sorted(found | {dt.datetime.combine(day.date(), time, dt.UTC) for time in hours})
