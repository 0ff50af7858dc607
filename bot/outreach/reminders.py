"""Reminders: what is due goes out once, by the medium that suits, or waits, or is skipped; each with its rule (K10).

`sweep` finds customers of whom something is due without a lock, then looks again under theirs at what is so, some of
them in one transaction: their conversations are claimed first, then they themselves, so that any number of workers
share the work and none waits for another. What is decided, said and kept is one transaction: a crash loses nothing and
doubles nothing, and the same step of the same thing is one row.
"""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.db import Database, claim, new_id
from bot.models import Conversation, Customer, Delivery, DeliveryStatus, Reminder, ReminderKind, ReminderStatus
from bot.outreach import cadence, decisions, due, letters, planning, views
from bot.outreach.facts import Facts, addresses_of, talks_of
from bot.outreach.letters import Letter
from bot.outreach.planning import Fate, Verdict, View

TOGETHER = 50
CLOSED_AT_ONCE = 1_000
# A step has a few days at most.
REOPENED = dt.timedelta(days=16)
NOT_TAKEN = "not_taken"

log = structlog.get_logger()


def sweep(db: Database) -> list[uuid.UUID]:
    """Remind everybody of whom something is due at this hour of theirs; the conversations that were written to.

    Who is being talked with at this moment, or is looked into by another worker, waits for the next sweep.
    """
    told: list[uuid.UUID] = []
    days, after = due.days_now(), None
    while ids := _due(db, days, after):
        for start in range(0, len(ids), TOGETHER):
            told += _look_into(db, ids[start : start + TOGETHER])
        after = ids[-1]
    while db.in_transaction(_close):
        pass
    db.in_transaction(_reopen)
    return told


def _due(db: Database, days: due.Days, after: uuid.UUID | None) -> list[uuid.UUID]:
    return db.in_reading(lambda session: due.customers(session, days, after))


def _look_into(db: Database, ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those of `ids` together; where that fails, each alone, so that one whose account is in a bad way stops nobody.
    What fails for everybody is not theirs, and ends the sweep."""
    try:
        return db.in_transaction(lambda session: remind(session, ids))
    except Exception:
        if len(ids) == 1:
            raise
    told, failed = list[uuid.UUID](), list[Exception]()
    for id_ in ids:
        try:
            told += _look_into(db, [id_])
        except Exception as error:
            log.error("reminder_failed", customer=str(id_), error=type(error).__name__)
            failed.append(error)
    if len(failed) == len(ids):
        raise failed[-1]
    return told


def remind(session: Session, ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """What is due of the customers `ids`, within the caller's transaction; the conversations that were written to."""
    customers = _claimed(session, ids)
    at, policy = clock.now(), policies.outreach()
    seen, facts = views.read(session, customers, lambda _: at)
    found = _apart({id_: planning.verdicts(view, at, policy) for id_, view in seen.items()}, facts)
    settled = [
        (id_, verdict, seen[id_].rows.get(verdict.subject.key) or _new(session, id_, verdict))
        for id_, each in found.items()
        for verdict in each
    ]
    for _, verdict, row in settled:
        _settle(row, verdict, at)
    told = []
    for id_, each in itertools.groupby(settled, key=lambda one: one[0]):
        conversation = _send(session, seen[id_], facts[id_], [(verdict, row) for _, verdict, row in each])
        if conversation is not None:
            told.append(conversation.id)
    session.flush()
    before = decisions.known(session, [row for id_, verdict, row in settled if verdict.subject.key in seen[id_].rows])
    for id_, verdict, row in settled:
        is_new = verdict.subject.key not in seen[id_].rows
        decisions.keep(session, row, verdict.decisions, None if is_new else before)
    session.flush()
    return told


def _apart(
    found: Mapping[uuid.UUID, list[Verdict]], facts: Mapping[uuid.UUID, Facts]
) -> dict[uuid.UUID, list[Verdict]]:
    """Of customers who share an address only one is written to at once: what counts for the others (C2) is looked at
    again when that is written down."""
    reached: set[str] = set()
    apart = {}
    for id_, each in found.items():
        if any(verdict.fate is Fate.GOES for verdict in each):
            theirs = addresses_of(facts[id_].customer)
            if theirs & reached:
                continue
            reached |= theirs
        apart[id_] = each
    return apart


def _claimed(session: Session, ids: Sequence[uuid.UUID]) -> list[Customer]:
    """Those of `ids` that are ours for this transaction, with every conversation of theirs."""
    customers = list(session.scalars(sa.select(Customer).where(Customer.id.in_(ids))))
    talks = talks_of(customers).with_only_columns(Conversation.id)
    wanted = list(session.scalars(talks))
    held = claim(session, sa.select(Conversation).where(Conversation.id.in_(wanted)).order_by(Conversation.id))
    taken = set(wanted) - {talk.id for talk in held}
    if taken:
        busy = set(
            session.scalars(
                sa.select(Customer.id).where(
                    Customer.id.in_(ids),
                    sa.exists().where(
                        Conversation.id.in_(taken),
                        sa.or_(
                            Conversation.customer_id == Customer.id,
                            Conversation.address.in_((Customer.phone, Customer.email)),
                        ),
                    ),
                )
            )
        )
        ids = [id_ for id_ in ids if id_ not in busy]
    return claim(session, sa.select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id))


def _new(session: Session, customer_id: uuid.UUID, verdict: Verdict) -> Reminder:
    subject = verdict.subject
    made = Reminder(
        id=new_id(),
        customer_id=customer_id,
        kind=subject.kind,
        subject_id=subject.id,
        step=subject.step,
        due_on=subject.due_on,
        status=ReminderStatus.WAITING,
    )
    session.add(made)
    return made


def _settle(row: Reminder, verdict: Verdict, at: dt.datetime) -> None:
    row.rule, row.again_at = verdict.rule, verdict.again_at
    match verdict.fate:
        case Fate.GOES:
            row.status, row.settled_at, row.medium = ReminderStatus.SENT, at, verdict.medium
        case Fate.SKIPPED:
            row.status, row.settled_at = ReminderStatus.SKIPPED, at


def _send(
    session: Session, view: View, facts: Facts, decided: Sequence[tuple[Verdict, Reminder]]
) -> Conversation | None:
    """The one message about all that goes, in the words of the gentlest step; None where nothing goes."""
    going = [(verdict, row) for verdict, row in decided if verdict.fate is Fate.GOES]
    if not going:
        return None
    head = going[0][0]
    subject = head.subject
    amount = subject.amount
    for verdict, _ in going[1:]:
        amount += verdict.subject.amount
    day = min(verdict.subject.due_on for verdict, _ in going)
    situation = next(one for one in view.situations if one.medium == head.medium)
    years = letters.subject_years(view.customer, day) if subject.kind == ReminderKind.ANNIVERSARY else 0
    conversation = letters.conversation_of(session, facts, situation.medium)
    letter = Letter(subject.kind, subject.step, amount, day, years)
    message, rendered, tone = letters.write(session, letter, facts, situation, conversation)
    for _, row in going:
        letters.note(row, message, rendered, tone, conversation.locale)
    return conversation


def _close(session: Session) -> int:
    """What waited and whose last day is over is skipped, with the rule that it waited for; how many."""
    now = clock.now()
    waiting = (
        sa.select(Reminder, Customer.time_zone)
        .join(Customer, Customer.id == Reminder.customer_id)
        .where(Reminder.status == ReminderStatus.WAITING, Reminder.again_at <= now)
        .order_by(Reminder.again_at)
        .limit(CLOSED_AT_ONCE)
        .with_for_update(of=Reminder, skip_locked=True)
    )
    closed = 0
    for row, zone in session.execute(waiting):
        if now.astimezone(ZoneInfo(zone)).date() > _last_on(row):
            row.status, row.settled_at, row.again_at = ReminderStatus.SKIPPED, now, None
            closed += 1
    return closed


def _reopen(session: Session) -> None:
    """What no provider had taken when the hours of its day ended waits again, if its step still may go: nobody has
    read it."""
    now = clock.now()
    unsent = (
        sa.select(Reminder, Customer.time_zone)
        .join(Customer, Customer.id == Reminder.customer_id)
        .join(Delivery, Delivery.message_id == Reminder.message_id)
        .where(
            Reminder.status == ReminderStatus.SENT,
            Reminder.settled_at >= now - REOPENED,
            Delivery.status == DeliveryStatus.FAILED,
            Delivery.error == "expired",
        )
        .with_for_update(of=Reminder, skip_locked=True)
    )
    for row, zone in session.execute(unsent).unique():
        if now.astimezone(ZoneInfo(zone)).date() <= _last_on(row):
            row.status, row.settled_at, row.message_id, row.rule = ReminderStatus.WAITING, None, None, NOT_TAKEN
            row.again_at = now


def _last_on(row: Reminder) -> dt.date:
    last = {window.step: window.last for window in cadence.windows(ReminderKind(row.kind), policies.outreach())}
    return row.due_on + last.get(row.step, row.step) * cadence.DAY
