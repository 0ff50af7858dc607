"""Cadences pause by themselves: when the customer answers, pays, promises, asks for a person, talks of a plan, or waits
for us (a case). Nothing is written down for it: each is a fact of the books, looked at whenever something is due.

What a person paused is a row (`pauses`), and stops everything.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import (
    Case,
    CaseStatus,
    Handoff,
    Payment,
    PaymentStatus,
    Plan,
    PlanStatus,
    Proposal,
    ReminderKind,
)
from bot.outreach.accounts import Account
from bot.outreach.facts import Facts
from bot.policies import OutreachPolicy
from bot.policies.outreach import PauseCause


@dataclass(frozen=True, slots=True)
class Quiet:
    """A pause: why, and until when; `until` None for as long as something is open."""

    cause: PauseCause
    until: dt.datetime | None


def of(
    session: Session, facts: Mapping[uuid.UUID, Facts], accounts: Mapping[uuid.UUID, Account], policy: OutreachPolicy
) -> dict[uuid.UUID, list[Quiet]]:
    """The pauses of each customer, those that are over among them; by six queries, however many they are."""
    ids = list(facts)
    found: dict[uuid.UUID, list[Quiet]] = {id_: [] for id_ in ids}
    talks: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for id_, known in facts.items():
        for talk in known.talks:
            talks[talk.id].append(id_)

    def add(cause: PauseCause, owners: Iterable[uuid.UUID], at: dt.datetime) -> None:
        until = at + dt.timedelta(days=policy.quiet_days[cause])
        for owner in owners:
            found[owner].append(Quiet(cause, until))

    for id_, known in facts.items():
        for talk in known.talks:
            if talk.wrote_at is not None:
                add(PauseCause.ANSWERED, [id_], talk.wrote_at)
    settled = sa.select(Payment.customer_id, _newest(Payment.settled_at)).where(
        Payment.customer_id.in_(ids), Payment.status == PaymentStatus.SUCCEEDED, Payment.settled_at.is_not(None)
    )
    for customer_id, at in session.execute(settled.group_by(Payment.customer_id)):
        add(PauseCause.PAID, [customer_id], at)
    on_its_way = sa.select(Payment.customer_id).where(
        Payment.customer_id.in_(ids), Payment.status == PaymentStatus.PROCESSING
    )
    for customer_id in session.scalars(on_its_way.distinct()):
        found[customer_id].append(Quiet(PauseCause.PAID, None))
    for talk_id, at in session.execute(
        sa.select(Handoff.conversation_id, _newest(Handoff.created_at))
        .where(Handoff.conversation_id.in_(sorted(talks)))
        .group_by(Handoff.conversation_id)
    ):
        add(PauseCause.PERSON, talks[talk_id], at)
    for kind in (Plan, Proposal):
        asked = sa.select(kind.customer_id, _newest(kind.created_at)).where(kind.customer_id.in_(ids))
        if kind is Plan:
            asked = asked.where(Plan.status == PlanStatus.QUOTE)
        for customer_id, at in session.execute(asked.group_by(kind.customer_id)):
            add(PauseCause.PLAN_TALK, [customer_id], at)
    waiting = sa.or_(Case.customer_id.in_(ids), Case.conversation_id.in_(sorted(talks)))
    for owner_id, case_talk in session.execute(
        sa.select(Case.customer_id, Case.conversation_id)
        .where(Case.status == CaseStatus.OPEN, Case.kind.in_(sorted(policy.cases)), waiting)
        .distinct()
    ):
        talk_owners = talks.get(case_talk, []) if case_talk is not None else []
        owners = [owner_id] if owner_id is not None and owner_id in found else talk_owners
        for owner in owners:
            found[owner].append(Quiet(PauseCause.CASE, None))
    for id_, account in accounts.items():
        if account.promise is not None:
            # Its own question comes the day after, so the others wait for one day more.
            zone = ZoneInfo(account.customer.time_zone)
            day = account.promise.due_on + dt.timedelta(days=2)
            until = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
            found[id_].append(Quiet(PauseCause.PROMISED, until))
    return found


def binding(quiets: Iterable[Quiet], kind: ReminderKind, at: dt.datetime, policy: OutreachPolicy) -> Quiet | None:
    """The pause that holds a reminder of `kind` back at `at` for longest; None where there is none. Pure."""
    bound = [
        quiet for quiet in quiets if quiet.cause in policy.paused_by[kind] and (quiet.until is None or quiet.until > at)
    ]
    forever = dt.datetime.max.replace(tzinfo=dt.UTC)
    return max(bound, key=lambda quiet: (quiet.until or forever, quiet.cause), default=None)


def _newest(column: Any) -> sa.ColumnElement[dt.datetime]:
    return sa.func.max(column, type_=Payment.created_at.type)
