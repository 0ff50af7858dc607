"""Reminders as one query: counted by the database, listed a page at a time, with what came of each."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.desk.insights.instants import DAY, day, seconds
from bot.desk.outreach.choice import Choice
from bot.models import (
    Author,
    Customer,
    Delivery,
    DeliveryStatus,
    GateDecision,
    Medium,
    Message,
    Payment,
    Plan,
    PlanEvent,
    PlanEventKind,
    Promise,
    Reminder,
    ReminderStatus,
)

_AT: sa.ColumnElement[dt.datetime] = sa.func.coalesce(
    Reminder.settled_at, Reminder.again_at, type_=Reminder.created_at.type
)
_NEWEST = (_AT.desc(), Reminder.id.desc())


class State(StrEnum):
    """`along` went out in the message of another row, which is the one that is counted as the message."""

    SENT = "sent"
    ALONG = "along"
    WAITING = "waiting"
    SKIPPED = "skipped"


class Came(StrEnum):
    """What can come of a message. An e-mail that its server took counts as delivered until it comes back, and so does
    what waits on the website."""

    DELIVERED = "delivered"
    ANSWERED = "answered"
    PAID = "paid"
    PROMISED = "promised"


class Row(NamedTuple):
    """One reminder. `at` is when it was settled, or will be looked at again; what came of it is 1 or 0."""

    id: uuid.UUID
    at: dt.datetime
    customer_id: uuid.UUID
    account: str
    conversation_id: uuid.UUID | None
    kind: str
    step: int
    due_on: dt.date
    state: str
    rule: str
    channel: str
    language: str
    wording: str
    delivered: int
    answered: int
    paid: int
    promised: int


@dataclass(frozen=True, slots=True)
class Group:
    """`count` rows that share `key`; of them so many `came` to each `Came`, in its order."""

    key: tuple[Any, ...]
    count: int
    came: tuple[int, ...]


def groups(session: Session, choice: Choice, *by: str) -> list[Group]:
    """All that was settled, or is to be looked at again, in the period: counts by the columns named."""
    rows = _rows(choice).subquery()
    keys = [rows.c[name] for name in by]
    sums = [sa.func.sum(rows.c[came]) for came in Came]
    found = session.execute(sa.select(*keys, sa.func.count(), *sums).group_by(*keys))
    width = len(by)
    return [Group(tuple(row[:width]), row[width], tuple(map(int, row[width + 1 :]))) for row in found]


def days(session: Session, choice: Choice) -> dict[tuple[int, str], int]:
    """How many rows by the day of the period, from 0, and their state."""
    columns: list[sa.ColumnElement[Any]] = [day(_AT, choice.period).label("day"), _state().label("state")]
    rows = _narrowed(sa.select(*columns), choice).subquery()
    found = session.execute(sa.select(rows.c.day, rows.c.state, sa.func.count()).group_by(rows.c.day, rows.c.state))
    return {(number, name): count for number, name, count in found}


@dataclass(frozen=True, slots=True)
class Part:
    """The rows behind a number: of these `states` (all without any), decided by `rule`, that `came` to something."""

    choice: Choice
    states: tuple[State, ...] = ()
    rule: str | None = None
    came: Came | None = None

    def page(self, session: Session, first: int, most: int) -> tuple[list[Row], int]:
        """At most `most` rows after the `first` newest ones, and how many there are in all."""
        # What came of them is asked of those that are shown alone.
        ids = list(session.scalars(self._found(Reminder.id).order_by(*_NEWEST).offset(first).limit(most)))
        found = session.execute(_rows(self.choice, ids).order_by(*_NEWEST))
        return [Row(*row) for row in found], self.count(session)

    def count(self, session: Session) -> int:
        """How many rows there are."""
        return session.scalar(self._found(sa.func.count())) or 0

    def all(self, session: Session) -> Iterator[Row]:
        """Every row, the newest first, a thousand held at a time."""
        query = self._part_of(_rows(self.choice)).order_by(*_NEWEST)
        for row in session.execute(query.execution_options(yield_per=1_000)):
            yield Row(*row)

    def _found(self, column: Any) -> sa.Select[Any]:
        return self._part_of(_narrowed(sa.select(column), self.choice))

    def _part_of(self, query: sa.Select[Any]) -> sa.Select[Any]:
        if self.states:
            query = query.where(_state().in_(self.states))
        if self.rule is not None:
            query = query.where(Reminder.rule == self.rule)
        if self.came is not None:
            query = query.where(_state() == State.SENT, Reminder.id.in_(_came(self.choice)[self.came]))
        return query


def _rows(choice: Choice, ids: Sequence[uuid.UUID] | None = None) -> sa.Select[Any]:
    """All columns of a `Row`; of the reminders `ids` alone, where they are given."""
    came = {each: found.subquery(each) for each, found in _came(choice, ids).items()}
    columns: Sequence[sa.ColumnElement[Any]] = (
        Reminder.id.label("id"),
        _AT.label("at"),
        Reminder.customer_id.label("customer_id"),
        Customer.account_number.label("account"),
        Reminder.conversation_id.label("conversation_id"),
        Reminder.kind.label("kind"),
        Reminder.step.label("step"),
        Reminder.due_on.label("due_on"),
        _state().label("state"),
        sa.func.coalesce(Reminder.rule, "").label("rule"),
        sa.func.coalesce(Reminder.medium, "").label("channel"),
        _language().label("language"),
        sa.func.coalesce(Reminder.variant, "").label("wording"),
        *(sa.case((found.c.id.is_not(None), 1), else_=0).label(each) for each, found in came.items()),
    )
    query = _narrowed(sa.select(*columns), choice)
    for found in came.values():
        query = query.outerjoin(found, found.c.id == Reminder.id)
    return query if ids is None else query.where(Reminder.id.in_(ids))


def _narrowed(query: sa.Select[Any], choice: Choice) -> sa.Select[Any]:
    since, until = choice.period.since, choice.period.until
    # The status is written out, so that the index of those that wait is used.
    waits = sa.and_(sa.text("reminders.status = 'waiting'"), Reminder.again_at >= since, Reminder.again_at < until)
    settled = sa.and_(Reminder.settled_at >= since, Reminder.settled_at < until)
    query = query.select_from(Reminder).join(Customer, Customer.id == Reminder.customer_id)
    query = query.where(sa.or_(settled, waits))
    if choice.filters.channel:
        query = query.where(_by(choice.filters.channel))
    if choice.filters.language:
        query = query.where(_language() == choice.filters.language)
    if choice.kind:
        query = query.where(Reminder.kind == choice.kind)
    return query.where(Reminder.variant == choice.wording) if choice.wording else query


def _by(channel: str) -> sa.ColumnElement[bool]:
    """Gone by it, or asked about it and held back."""
    asked = sa.exists().where(GateDecision.reminder_id == Reminder.id, GateDecision.medium == channel)
    return sa.or_(Reminder.medium == channel, sa.and_(Reminder.medium.is_(None), asked))


def _state() -> sa.ColumnElement[str]:
    other = aliased(Reminder)
    along = sa.exists().where(other.message_id == Reminder.message_id, other.id < Reminder.id)
    sent = sa.case((along, State.ALONG), else_=State.SENT)
    return sa.case((Reminder.status != ReminderStatus.SENT, Reminder.status), else_=sent)


def _language() -> sa.ColumnElement[str]:
    """The language that it was written in, or of the customer on file, up to the first mark."""
    locale = sa.func.coalesce(Reminder.language, Customer.language)
    letters = sa.case((sa.func.substr(locale, 3, 1).in_(("", "-", "_")), 2), else_=3)
    return sa.func.lower(sa.func.substr(locale, 1, letters))


def _came(choice: Choice, ids: Sequence[uuid.UUID] | None = None) -> dict[Came, sa.Select[Any]]:
    """The ids of those that came to it, each once; what rides along came to what its message came to.

    Sets to be joined, not questions to be asked of every row: databases answer those one by one.
    """
    went = sa.select(Reminder.id).where(
        Reminder.message_id.is_not(None),
        Reminder.settled_at >= choice.period.since,
        Reminder.settled_at < choice.period.until,
    )
    if ids is not None:
        went = went.where(Reminder.id.in_(ids))
    answered = went.join(Message, Message.conversation_id == Reminder.conversation_id).where(
        Message.author == Author.CUSTOMER, *_soon(Message.created_at, choice.after)
    )
    paid = went.join(Payment, Payment.customer_id == Reminder.customer_id).where(
        *_soon(Payment.settled_at, choice.after)
    )
    promised = went.join(Promise, Promise.customer_id == Reminder.customer_id).where(
        *_soon(Promise.created_at, choice.after)
    )
    agreed = (
        went.join(Plan, Plan.customer_id == Reminder.customer_id)
        .join(PlanEvent, PlanEvent.plan_id == Plan.id)
        .where(PlanEvent.kind == PlanEventKind.AGREED, *_soon(PlanEvent.at, choice.after))
    )
    either = sa.union(promised, agreed).subquery()
    return {
        Came.DELIVERED: _delivered(went),
        Came.ANSWERED: answered.distinct(),
        Came.PAID: paid.distinct(),
        Came.PROMISED: sa.select(either.c.id),
    }


def _delivered(went: sa.Select[Any]) -> sa.Select[Any]:
    """Each of its pieces, as far as the provider says; on the website there are none."""
    by_mail = sa.and_(Reminder.medium == Medium.EMAIL, Delivery.status == DeliveryStatus.SENT)
    arrived = sa.or_(Delivery.status.in_((DeliveryStatus.DELIVERED, DeliveryStatus.READ)), by_mail)
    on_web = sa.and_(Delivery.id.is_(None), Reminder.medium == Medium.WEB)
    return (
        went.outerjoin(Delivery, Delivery.message_id == Reminder.message_id)
        .group_by(Reminder.id)
        .having(sa.func.min(sa.case((sa.or_(arrived, on_web), 1), else_=0)) == 1)
    )


def _soon(at: Any, after: int) -> Sequence[sa.ColumnElement[bool]]:
    """`at` is after the message, by so many days at most."""
    return at > Reminder.settled_at, seconds(at) <= seconds(Reminder.settled_at) + after * DAY
