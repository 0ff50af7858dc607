"""What customers owe, and what of it a step of the cadence is about today: for many of them by the same few queries.

Read again under the lock before anything is sent: what was paid, disputed or agreed meanwhile counts (C9, S5).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import ledger
from bot.billing.invoices import IS_DISPUTED
from bot.billing.plans.progress import unpaid
from bot.models import (
    Customer,
    Invoice,
    Mandate,
    MandateStatus,
    Plan,
    PlanEvent,
    PlanEventKind,
    PlanStatus,
    Promise,
    PromiseStatus,
    ReminderKind,
)
from bot.money import Money
from bot.outreach import cadence, subjects
from bot.outreach.subjects import Stopped, Subject
from bot.policies import OutreachPolicy

# After their day one kind question is asked, by a course of its own.
ASKED_AFTER = (ReminderKind.INSTALMENT, ReminderKind.PROMISE)
_ENDED = {PlanEventKind.COMPLETED: ReminderKind.PLAN_COMPLETED, PlanEventKind.BROKEN: ReminderKind.PLAN_BEHIND}
_BECAME = {PlanEventKind.COMPLETED: PlanStatus.COMPLETED, PlanEventKind.BROKEN: PlanStatus.BROKEN}
# The broadest that a day is, seen from UTC, and a day to spare.
_AROUND = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice on which `minor` units are open, of which a plan in force has `planned`."""

    invoice: Invoice
    minor: int
    planned: int
    is_disputed: bool

    @property
    def beside(self) -> int:
        """What is open outside a plan."""
        return self.minor - self.planned


@dataclass(slots=True)
class Account:
    """What a customer owes and has agreed. `ended` are plans that were completed or broken of late, and when."""

    customer: Customer
    owed: list[Owed] = field(default_factory=list)
    plan: Plan | None = None
    promise: Promise | None = None
    has_autopay: bool = False
    ended: list[tuple[Plan, PlanEventKind, dt.datetime]] = field(default_factory=list)
    parts: list[tuple[int, dt.date, int]] = field(default_factory=list)

    def money(self, minor: int) -> Money:
        """`minor` units of their currency."""
        return Money(minor, self.customer.currency)


def read(
    session: Session,
    customers: Sequence[Customer],
    today: Mapping[uuid.UUID, dt.date],
    policy: OutreachPolicy,
    *,
    whole: bool = False,
) -> dict[uuid.UUID, Account]:
    """The accounts of `customers` by their id, each as it stands on their own day, `today`: by nine queries, and
    one or two for each plan of which a part is due (with `whole`, for every plan)."""
    found = {customer.id: Account(customer) for customer in customers}
    if not found:
        return {}
    ids = list(found)
    in_force = sa.select(Plan).where(Plan.customer_id.in_(ids), Plan.status.in_((PlanStatus.AGREED, PlanStatus.ACTIVE)))
    for agreed in session.scalars(in_force):
        found[agreed.customer_id].plan = agreed
    _invoices(session, found)
    for promise in session.scalars(
        sa.select(Promise).where(Promise.customer_id.in_(ids), Promise.status == PromiseStatus.OPEN)
    ):
        found[promise.customer_id].promise = promise
    charged = sa.select(Mandate.customer_id).where(Mandate.customer_id.in_(ids), Mandate.status == MandateStatus.ACTIVE)
    for customer_id in session.scalars(charged):
        found[customer_id].has_autopay = True
    _ended(session, found, min(today.values()), policy)
    for account in found.values():
        plan = account.plan
        if plan is not None and (whole or _has_part_due(plan, today[plan.customer_id], policy)):
            account.parts = [(part.number, part.due_on, minor) for part, minor in unpaid(session, plan)]
    return found


def _has_part_due(plan: Plan, day: dt.date, policy: OutreachPolicy) -> bool:
    return any(cadence.due(ReminderKind.INSTALMENT, part.due_on, day, policy) for part in plan.instalments)


def _invoices(session: Session, found: dict[uuid.UUID, Account]) -> None:
    rows = session.execute(
        sa.select(Invoice, IS_DISPUTED).where(Invoice.customer_id.in_(list(found))).order_by(Invoice.due_on, Invoice.id)
    ).all()
    sums = ledger.balances(session, [ledger.invoice_account(invoice.id) for invoice, _ in rows])
    for invoice, is_disputed in rows:
        owed = sums[ledger.invoice_account(invoice.id)]
        if owed > 0:
            account = found[invoice.customer_id]
            parts = account.plan.invoices if account.plan else []
            planned = sum(
                min(max(owed - part.beside, 0), part.amount) for part in parts if part.invoice_id == invoice.id
            )
            account.owed.append(Owed(invoice, owed, planned, bool(is_disputed)))


def _ended(session: Session, found: dict[uuid.UUID, Account], today: dt.date, policy: OutreachPolicy) -> None:
    since = dt.datetime.combine(today, dt.time(), dt.UTC) - _AROUND - policy.late_days.after * cadence.DAY
    rows = session.execute(
        sa.select(Plan, PlanEvent.kind, PlanEvent.at)
        .join(PlanEvent, PlanEvent.plan_id == Plan.id)
        .where(Plan.customer_id.in_(list(found)), PlanEvent.kind.in_(sorted(_ENDED)), PlanEvent.at >= since)
        .order_by(PlanEvent.at)
    )
    for plan, kind, at in rows:
        found[plan.customer_id].ended.append((plan, PlanEventKind(kind), at))


def due(account: Account, today: dt.date, policy: OutreachPolicy, *, questions: bool = False) -> list[Subject]:
    """What of the account a step of the cadence is about on `today`, the customer's day; in no order. Pure.

    The question after an instalment's or a promise's day has its own course (`outreach.missed`, `outreach.promised`),
    and is among them only with `questions`.
    """
    found = [*_of_invoices(account), *_of_instalments(account), *_of_promise(account), *_of_ended(account)]
    found += _of_anniversary(account, today)
    subjects_: list[Subject] = []
    for kind, id_, due_on, amount, stopped in found:
        window = cadence.due(kind, due_on, today, policy)
        if window is None or (window.step > 0 and kind in ASKED_AFTER and not questions):
            continue
        last_on = due_on + window.last * cadence.DAY
        subjects_.append(Subject(kind, id_, window.step, due_on, last_on, amount, stopped))
    return subjects_


def ahead(account: Account, today: dt.date, policy: OutreachPolicy) -> list[tuple[dt.date, ReminderKind, int]]:
    """The steps whose day is after `today`, the first one first: each with its day and kind, as things stand. Pure."""
    things = [
        *_of_invoices(account),
        *_of_instalments(account),
        *_of_promise(account),
        *_of_anniversary(account, today),
    ]
    found = {
        (day, kind, step)
        for kind, _, due_on, _, stopped in things
        if stopped is None
        for step, day in cadence.upcoming(kind, due_on, today, policy)
    }
    return sorted(found)


_Found = tuple[ReminderKind, uuid.UUID, dt.date, Money, Stopped | None]


def _of_invoices(account: Account) -> Iterator[_Found]:
    for item in account.owed:
        stopped = Stopped.DISPUTED if item.is_disputed else None if item.beside else Stopped.IN_PLAN
        amount = account.money(item.beside)
        yield ReminderKind.INVOICE, item.invoice.id, item.invoice.due_on, amount, stopped


def _of_instalments(account: Account) -> Iterator[_Found]:
    """Those of the plan in force that are not paid: not what autopay will take, nor what is disputed (C9)."""
    plan = account.plan
    if plan is None or plan.status != PlanStatus.ACTIVE:
        return
    disputed = {item.invoice.id for item in account.owed if item.is_disputed}
    named = {part.invoice_id for part in plan.invoices if part.named}
    payable = sum(item.planned for item in account.owed if item.invoice.id not in disputed - named)
    for number, due_on, minor in account.parts:
        stopped = Stopped.AUTOPAY if account.has_autopay else None if payable else Stopped.DISPUTED
        id_ = subjects.of_instalment(plan.id, number, due_on)
        yield ReminderKind.INSTALMENT, id_, due_on, account.money(min(minor, payable)), stopped


def _of_promise(account: Account) -> Iterator[_Found]:
    promise = account.promise
    if promise is not None:
        payable = sum(item.minor for item in account.owed if not item.is_disputed)
        stopped = None if payable else Stopped.NOTHING_DUE
        amount = account.money(min(promise.amount, payable))
        yield ReminderKind.PROMISE, promise.id, promise.due_on, amount, stopped


def _of_ended(account: Account) -> Iterator[_Found]:
    """Plans that were completed or broken of late and are so still; a broken one only while something is open and no
    other plan has taken its place."""
    newest: dict[uuid.UUID, tuple[Plan, PlanEventKind, dt.datetime]] = {
        plan.id: (plan, kind, at) for plan, kind, at in account.ended
    }
    payable = sum(item.beside for item in account.owed if not item.is_disputed)
    for plan, kind, at in newest.values():
        is_behind = kind == PlanEventKind.BROKEN
        stopped = None
        if plan.status != _BECAME[kind] or (is_behind and (account.plan is not None or not payable)):
            stopped = Stopped.NOTHING_DUE
        amount = account.money(payable if is_behind else plan.total)
        yield _ENDED[kind], plan.id, _local(at, account.customer), amount, stopped


def _of_anniversary(account: Account, today: dt.date) -> Iterator[_Found]:
    """A whole number of years as a customer, in good standing: nothing is overdue."""
    since = account.customer.customer_since
    if since is None:
        return
    for year in {today.year, (today - dt.timedelta(days=30)).year}:
        day = subjects.anniversary(since, year)
        if year > since.year:
            late = any(item.invoice.due_on < today for item in account.owed)
            stopped = Stopped.NOTHING_DUE if late else None
            id_ = subjects.of_anniversary(account.customer.id, day)
            yield ReminderKind.ANNIVERSARY, id_, day, account.money(0), stopped


def _local(at: dt.datetime, customer: Customer) -> dt.date:
    return at.astimezone(ZoneInfo(customer.time_zone)).date()
