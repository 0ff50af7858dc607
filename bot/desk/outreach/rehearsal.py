"""The dry run of a day on a page: the same look as `goodterms outreach plan`. Nothing is sent or written down."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot import clock, policies
from bot.db import Database
from bot.desk.insights import numbers
from bot.desk.outreach.words import rule, sentence, what, when
from bot.errors import InvalidInput, NotFound
from bot.models import Customer
from bot.models.customer import account_key
from bot.outreach import forecast
from bot.outreach.forecast import Entry
from bot.outreach.planning import Fate

MOST = 200
DAYS_MOST = 366
FATES = {Fate.GOES: "Would go", Fate.WAITS: "Would wait", Fate.SKIPPED: "Would be skipped"}


@dataclass(frozen=True, slots=True)
class Line:
    """What would become of one thing of one customer, in words; `at` by their own clock."""

    account: str
    about: str
    due_on: str
    fate: Fate
    at: str
    channel: str
    language: str
    because: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The first lines of `day`; `is_cut` says that there are more. `counts` are of what is shown, by fate."""

    day: dt.date
    name: str
    lines: list[Line]
    is_cut: bool
    counts: list[tuple[str, int]]


def day_of(given: str | None) -> dt.date:
    """The day asked for; tomorrow at the desk, without one. Raises `InvalidInput`."""
    today = clock.today(policies.desk().time_zone)
    if not given:
        return today + dt.timedelta(days=1)
    try:
        day = dt.date.fromisoformat(given)
    except ValueError as error:
        raise InvalidInput("A day like 2026-12-01 is expected.") from error
    if day > today + dt.timedelta(days=DAYS_MOST):
        raise InvalidInput("That is too far ahead to say anything of it. Choose a day within a year.")
    return day


def rehearse(db: Database, day: dt.date, account: str = "") -> Rehearsal:
    """What would become of reminders on `day`; of one `account` alone, if it is given. Raises `InvalidInput` for a day
    that is over, `NotFound` for an account that is not there."""
    keys = [_known(db, account)] if account else []
    found = list(itertools.islice(forecast.on(db, day, keys), MOST + 1))
    shown = found[:MOST]
    counts = [(word, sum(entry.fate is fate for entry in shown)) for fate, word in FATES.items()]
    return Rehearsal(day, numbers.day(day), [_line(entry) for entry in shown], len(found) > MOST, counts)


def _known(db: Database, account: str) -> str:
    key = account_key(account)
    with db.reading() as session:
        if session.scalar(sa.select(Customer.id).where(Customer.account_key == key)) is None:
            raise NotFound("There is no such account.")
    return key


def _line(entry: Entry) -> Line:
    at = entry.at.astimezone(ZoneInfo(entry.zone)) if entry.at else None
    return Line(
        entry.account,
        f"{what(entry.kind, entry.step)}, {when(entry.step)}",
        numbers.day(entry.due_on),
        entry.fate,
        f"{numbers.day(at.date(), year=False)}, {at:%H:%M %Z}" if at else numbers.NONE,
        numbers.channel(entry.medium or ""),
        numbers.tongue(entry.language),
        sentence(rule(entry.rule)),
    )
