"""All that counts for customers of whom something is due, read for many at once: what `planning` looks at."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.models import Customer, Medium, Reminder, ReminderKind, ReminderStatus
from bot.outreach import accounts, media, quiet, situations
from bot.outreach.facts import Facts, facts_of
from bot.outreach.gate import Situation
from bot.outreach.planning import View

Key = tuple[ReminderKind, uuid.UUID, int]

ALL_DAY = dt.timedelta(days=2)


def read(
    session: Session,
    customers: Sequence[Customer],
    at: Callable[[Customer], dt.datetime],
    *,
    questions: bool = False,
) -> tuple[dict[uuid.UUID, View], dict[uuid.UUID, Facts]]:
    """The views of `customers` by their id, each as of `at` (aware), and what is known of them beside. With
    `questions` those after a day are among what is due."""
    policy = policies.outreach()
    today = {one.id: at(one).astimezone(ZoneInfo(one.time_zone)).date() for one in customers}
    owed = accounts.read(session, customers, today, policy)
    due = {id_: accounts.due(account, today[id_], policy, questions=questions) for id_, account in owed.items()}
    busy = [one for one in customers if due[one.id]]
    facts = facts_of(session, busy)
    quiets = quiet.of(session, facts, {one.id: owed[one.id] for one in busy}, policy)
    orders = media.orders(session, facts, policy)
    rows, last_sent = _rows(session, busy, min((at(one) for one in busy), default=None))
    views = {
        one.id: View(
            one,
            due[one.id],
            quiets[one.id],
            [_situation(facts[one.id], medium) for medium in orders[one.id]],
            rows[one.id],
            last_sent.get(one.id),
        )
        for one in busy
    }
    return views, facts


def _situation(facts: Facts, medium: Medium) -> Situation:
    # The template that tells of news carries whatever waits behind it (`channels.window`).
    return situations.of(facts, medium, has_template=medium is Medium.WHATSAPP)


def _rows(
    session: Session, customers: Sequence[Customer], at: dt.datetime | None
) -> tuple[dict[uuid.UUID, dict[Key, Reminder]], dict[uuid.UUID, dt.datetime]]:
    """The reminders that exist about what may be due, and when the last one of each customer went."""
    rows: dict[uuid.UUID, dict[Key, Reminder]] = defaultdict(dict)
    last: dict[uuid.UUID, dt.datetime] = {}
    if at is None:
        return rows, last
    ids = [one.id for one in customers]
    longest = max((abs(step) for steps in policies.outreach().steps.values() for step in steps), default=0)
    since = at.date() - dt.timedelta(days=longest + policies.outreach().late_days.after + 2)
    known = sa.select(Reminder).where(Reminder.customer_id.in_(ids), Reminder.due_on >= since)
    for row in session.scalars(known.execution_options(populate_existing=True)):
        rows[row.customer_id][ReminderKind(row.kind), row.subject_id, row.step] = row
    newest = sa.func.max(Reminder.settled_at, type_=Reminder.settled_at.type)
    sent = sa.select(Reminder.customer_id, newest).where(
        Reminder.customer_id.in_(ids), Reminder.status == ReminderStatus.SENT, Reminder.settled_at >= at - ALL_DAY
    )
    for customer_id, settled_at in session.execute(sent.group_by(Reminder.customer_id)):
        if settled_at is not None:
            last[customer_id] = settled_at
    return rows, last
