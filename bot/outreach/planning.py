"""What is to become of all that is due of one customer now: one thing goes at most, the others wait or are skipped.

Pure: the same look serves the worker that sends, the dry run, and `goodterms gate explain`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.models import Customer, Medium, Reminder, ReminderKind, ReminderStatus
from bot.outreach import gate, quiet, subjects
from bot.outreach.gate import Decision, Rule, Situation
from bot.outreach.quiet import Quiet
from bot.outreach.subjects import Subject
from bot.policies import OutreachPolicy

# Another reminder went, or goes, on this day: one message to one customer a day.
ONE_A_DAY = "one_a_day"
# It rides along in the message about another invoice.
TOGETHER = "together"
NO_MEDIUM = "no_medium"
# Waiting does not help within the days that a step has.
_FOR_GOOD = frozenset({Rule.NO_ADDRESS, Rule.HELD, Rule.REFUSED, Rule.NO_OPT_IN, Rule.UNWANTED, Rule.NO_TEMPLATE})

_UNTIL_SOMEBODY_ENDS_IT = (Rule.LIVE, Rule.PAUSED)


class Fate(StrEnum):
    """What becomes of one thing that is due."""

    GOES = "goes"
    WAITS = "waits"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class View:
    """All that counts for one customer. `situations` are by medium, in the order in which they are to be tried;
    `rows` are the reminders that exist, by their key; `last_sent` is when the last one went."""

    customer: Customer
    due: Sequence[Subject]
    quiets: Sequence[Quiet] = ()
    situations: Sequence[Situation] = ()
    rows: Mapping[tuple[ReminderKind, uuid.UUID, int], Reminder] = field(default_factory=dict)
    last_sent: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of `subject`: `rule` says why; `again_at` is when it is looked at again. `decisions` are the gate's,
    by the media in the order in which they were asked; the last one is that of `medium`, by which it goes."""

    subject: Subject
    fate: Fate
    rule: str
    again_at: dt.datetime | None = None
    medium: Medium | None = None
    decisions: tuple[tuple[Medium, Decision], ...] = ()


def verdicts(view: View, at: dt.datetime, policy: OutreachPolicy, *, is_now: bool = True) -> list[Verdict]:
    """What becomes at `at` of each thing that is due and not settled, the gentlest first (K2). Of those that wait, only
    what is to be looked at again by then; all of them when it is not to be done now, but to be known (`is_now`)."""
    open_ = sorted((one for one in view.due if _is_open(view, one, at, is_now=is_now)), key=subjects.gentlest_first)
    found: list[Verdict] = []
    went = _went_today(view, at)
    for group in _groups(open_, view, at, policy):
        if isinstance(group, Verdict):
            found.append(group)
            continue
        made = _later(group[0], ONE_A_DAY, _midnight(view, at), view) if went else _asked(group[0], view, at, policy)
        went = went or made.fate is Fate.GOES
        found.append(made)
        found += [_along(made, other, view) for other in group[1:]]
    return found


def _is_open(view: View, subject: Subject, at: dt.datetime, *, is_now: bool) -> bool:
    row = view.rows.get(subject.key)
    if row is None:
        return True
    return row.status == ReminderStatus.WAITING and (not is_now or row.again_at is None or row.again_at <= at)


def _groups(
    open_: Iterable[Subject], view: View, at: dt.datetime, policy: OutreachPolicy
) -> list[Verdict | list[Subject]]:
    """What needs no gate has its verdict; the rest in the order in which the gate is asked. All invoices of a customer
    are one message, in the words of the gentlest."""
    found: list[Verdict | list[Subject]] = []
    invoices: list[Subject] = []
    for subject in open_:
        if subject.stopped is not None:
            found.append(Verdict(subject, Fate.SKIPPED, subject.stopped))
        elif (paused := quiet.binding(view.quiets, subject.kind, at, policy)) is not None:
            again = paused.until or at + dt.timedelta(days=1)
            found.append(_later(subject, paused.cause, again, view))
        elif subject.kind != ReminderKind.INVOICE:
            found.append([subject])
        elif invoices:
            invoices.append(subject)
        else:
            invoices = [subject]
            found.append(invoices)
    return found


def _asked(subject: Subject, view: View, at: dt.datetime, policy: OutreachPolicy) -> Verdict:
    """The gate's word on each medium, until one says yes."""
    decisions: list[tuple[Medium, Decision]] = []
    for situation in view.situations:
        decision = gate.decide(situation, at)
        if decision.may_go and _is_silence_promised(subject) and not situation.opted_in:
            decision = Decision(at, Rule.NO_OPT_IN)
        decisions.append((situation.medium, decision))
        if decision.may_go:
            return Verdict(subject, Fate.GOES, decision.rule, None, situation.medium, tuple(decisions))
    if not decisions:
        return Verdict(subject, Fate.SKIPPED, NO_MEDIUM)
    hopeful = [
        (gate.next_at(situation, at), decision.rule)
        for situation, (_, decision) in zip(view.situations, decisions, strict=True)
        if decision.rule not in _FOR_GOOD
    ]
    if not hopeful:
        return Verdict(subject, Fate.SKIPPED, decisions[0][1].rule, decisions=tuple(decisions))
    look_again = at + dt.timedelta(minutes=policy.look_again_minutes)
    again, rule = min(
        ((first or (look_again if rule in _UNTIL_SOMEBODY_ENDS_IT else None), rule) for first, rule in hopeful),
        key=lambda each: (each[0] is None, each[0] or at),
    )
    if again is None:
        return Verdict(subject, Fate.SKIPPED, rule, decisions=tuple(decisions))
    later = _later(subject, rule, again, view)
    return Verdict(later.subject, later.fate, later.rule, later.again_at, decisions=tuple(decisions))


def _is_silence_promised(subject: Subject) -> bool:
    """Ahead of a promise's day there is silence, save for who asked for a note (design section 10, 4)."""
    return subject.kind == ReminderKind.PROMISE and subject.step < 0


def _later(subject: Subject, rule: str, again: dt.datetime, view: View) -> Verdict:
    """It waits, unless its last day is over by then: skipped, not piled up."""
    if _day(view, again) > subject.last_on:
        return Verdict(subject, Fate.SKIPPED, rule)
    return Verdict(subject, Fate.WAITS, rule, again)


def _along(made: Verdict, other: Subject, view: View) -> Verdict:
    """The fate of an invoice that would have been in the same message."""
    match made.fate:
        case Fate.GOES:
            return Verdict(other, Fate.GOES, TOGETHER, None, made.medium)
        case Fate.WAITS if made.again_at is not None:
            return _later(other, made.rule, made.again_at, view)
        case _:
            return Verdict(other, made.fate, made.rule)


def _went_today(view: View, at: dt.datetime) -> bool:
    return view.last_sent is not None and _day(view, view.last_sent) >= _day(view, at)


def _day(view: View, at: dt.datetime) -> dt.date:
    return at.astimezone(ZoneInfo(view.customer.time_zone)).date()


def _midnight(view: View, at: dt.datetime) -> dt.datetime:
    """When the customer's next day begins."""
    tomorrow = _day(view, at) + dt.timedelta(days=1)
    return dt.datetime.combine(tomorrow, dt.time(), ZoneInfo(view.customer.time_zone)).astimezone(dt.UTC)
