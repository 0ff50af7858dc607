"""Which step of the cadence is due on a day: by the days from the date that it is about (K10). Pure.

A step that could not go on its day may still go for a few days, never past the next step's day; then it is skipped, so
that what was missed never piles up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot.models import ReminderKind
from bot.policies import OutreachPolicy

DAY = dt.timedelta(days=1)
# They are about what has happened, so that even their first day may be made up for.
_HAPPENED = frozenset({ReminderKind.PLAN_COMPLETED, ReminderKind.PLAN_BEHIND, ReminderKind.ANNIVERSARY})


@dataclass(frozen=True, slots=True)
class Window:
    """The step `step`, and the last day on which it may still go, both in days from the date that it is about."""

    step: int
    last: int


def windows(kind: ReminderKind, policy: OutreachPolicy) -> list[Window]:
    """Each step of `kind` with its last day; no two share a day."""
    steps = policy.steps[kind]
    found = []
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        is_after = step > 0 or kind in _HAPPENED
        last = step + (policy.late_days.after if is_after else policy.late_days.ahead)
        found.append(Window(step, last if following is None else min(last, following - 1)))
    return found


def due(kind: ReminderKind, due_on: dt.date, today: dt.date, policy: OutreachPolicy) -> Window | None:
    """The step of `kind` about `due_on` that may go on `today`, both in the customer's zone; None on most days."""
    offset = (today - due_on).days
    return next((window for window in windows(kind, policy) if window.step <= offset <= window.last), None)


def upcoming(kind: ReminderKind, due_on: dt.date, today: dt.date, policy: OutreachPolicy) -> list[tuple[int, dt.date]]:
    """The steps of `kind` about `due_on` whose day is after `today`, each with its day: what is next, as things are."""
    days = [(step, due_on + step * DAY) for step in policy.steps[kind]]
    return [(step, day) for step, day in days if day > today]


def dates(kind: ReminderKind, today: dt.date, policy: OutreachPolicy) -> dict[int, tuple[dt.date, dt.date]]:
    """For each step of `kind` the dates, first and last, about which it may go on `today`: by which it is found."""
    return {window.step: (today - window.last * DAY, today - window.step * DAY) for window in windows(kind, policy)}
