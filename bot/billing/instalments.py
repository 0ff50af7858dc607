"""The terms of a plan: which sums are due on which days, and what they pay off (S7)."""

from __future__ import annotations

import calendar
import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from bot.billing.invoices import Standing
from bot.billing.stripe import check_amount
from bot.errors import InvalidInput
from bot.models import Instalment, Plan, PlanInvoice
from bot.money import Money


def due_dates(first: dt.date, count: int) -> list[dt.date]:
    """`count` dates, monthly from `first` on its day of the month; the last day where a month is too short for it."""
    return [_months_later(first, months) for months in range(count)]


@dataclass(frozen=True, slots=True)
class Terms:
    """`parts` are due dates with minor units, `covered` invoices with minor units; both sum to `total` (S7)."""

    total: Money
    parts: tuple[tuple[dt.date, int], ...]
    covered: tuple[tuple[uuid.UUID, int], ...]

    @classmethod
    def of(cls, total: Money, dates: list[dt.date], standing: Standing) -> Terms:
        """Equal parts of `total` on `dates`, the odd minor units on the last, over what is overdue and undisputed (C9),
        oldest first."""
        parts = tuple(zip(dates, (part.minor for part in total.split(len(dates))), strict=True))
        left, covered = total.minor, []
        for item in standing.items:
            share = min(left, item.owed.minor) if item.days_late and not item.disputed else 0
            if share:
                covered.append((item.invoice.id, share))
                left -= share
        return cls(total, parts, tuple(covered))

    def can_be_charged(self) -> bool:
        """Whether Stripe would charge each instalment (S4)."""
        try:
            for _, minor in self.parts:
                check_amount(Money(minor, self.total.currency))
        except InvalidInput:
            return False
        return True

    def are_those_of(self, plan: Plan) -> bool:
        """Whether `plan` says exactly this."""
        parts = tuple((part.due_on, part.amount) for part in plan.instalments)
        covered = tuple((part.invoice_id, part.amount) for part in plan.invoices)
        return (self.total, self.parts, self.covered) == (Money(plan.total, plan.currency), parts, covered)

    def instalments(self) -> list[Instalment]:
        """The rows of a plan's instalments."""
        return [
            Instalment(number=number, due_on=due_on, amount=minor)
            for number, (due_on, minor) in enumerate(self.parts, start=1)
        ]

    def invoices(self) -> list[PlanInvoice]:
        """The rows of the invoices that a plan covers."""
        return [
            PlanInvoice(position=position, invoice_id=invoice_id, amount=minor)
            for position, (invoice_id, minor) in enumerate(self.covered)
        ]


def terms(plan: Plan) -> dict[str, Any]:
    """The exact terms of `plan`: what is kept with its events and repeated in writing (K8). Amounts in minor units."""
    return {
        "total": plan.total,
        "currency": plan.currency,
        "frequency": plan.frequency,
        "instalments": [{"due_on": part.due_on.isoformat(), "amount": part.amount} for part in plan.instalments],
        "invoices": [{"id": str(part.invoice_id), "amount": part.amount} for part in plan.invoices],
    }


def _months_later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
