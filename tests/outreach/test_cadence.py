"""The cadence: each day has one step at most, late ones are made up for only until the next, nothing is moved ahead."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.models import ReminderKind
from bot.outreach import cadence

DUE = dt.date(2026, 3, 10)


def on(kind: ReminderKind, offset: int) -> int | None:
    """The step on the day so many days from the date."""
    window = cadence.due(kind, DUE, DUE + offset * cadence.DAY, policies.outreach())
    return window.step if window else None


def test_k10_an_invoice_is_spoken_of_before_on_and_after_its_day() -> None:
    found = {offset: step for offset in range(-10, 80) if (step := on(ReminderKind.INVOICE, offset)) is not None}
    exact = {offset: step for offset, step in found.items() if offset == step}
    assert list(exact) == [-3, -1, 0, 3, 7, 14, 30, 60]
    late = {offset: step for offset, step in found.items() if offset != step}
    assert late == {4: 3, 5: 3, 6: 3, 8: 7, 9: 7, 10: 7, 15: 14, 16: 14, 17: 14} | {
        31: 30, 32: 30, 33: 30, 61: 60, 62: 60, 63: 60,
    }  # fmt: skip


def test_what_has_happened_may_be_spoken_of_some_days_later() -> None:
    for kind in (ReminderKind.PLAN_COMPLETED, ReminderKind.PLAN_BEHIND, ReminderKind.ANNIVERSARY):
        assert [on(kind, offset) for offset in (-1, 0, 3, 4)] == [None, 0, 0, None]


@given(st.sampled_from(ReminderKind), st.integers(-40, 400))
def test_the_dates_by_which_a_day_is_found_are_those_that_are_due(kind: ReminderKind, offset: int) -> None:
    policy, today = policies.outreach(), DUE + offset * cadence.DAY
    window = cadence.due(kind, DUE, today, policy)
    spans = cadence.dates(kind, today, policy)
    found = [step for step, (first, last) in spans.items() if first <= DUE <= last]
    assert found == ([window.step] if window else [])


def test_what_is_ahead_is_named_with_its_day() -> None:
    ahead = cadence.upcoming(ReminderKind.PROMISE, DUE, DUE - 5 * cadence.DAY, policies.outreach())
    assert ahead == [(-1, DUE - cadence.DAY), (1, DUE + cadence.DAY)]
