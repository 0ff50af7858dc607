"""The terms of a plan: which sums are due on which days, and what they pay off (S7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.billing.plans.coverage import Coverage, Covered, step
from bot.billing.plans.schedules import Rhythm, months_later
from bot.billing.stripe.stripe_amounts import check_amount
from bot.errors import InvalidInput
from bot.models import Approval, Instalment, Plan, PlanKind
from bot.money import Money


def due_dates(first: dt.date, count: int) -> list[dt.date]:
    """`count` dates, monthly from `first` on its day of the month; the last day where a month is too short for it."""
    return [months_later(first, months) for months in range(count)]


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that a plan says. `parts` are due dates with minor units, the first of them paid down when `has_down`.

    They and `discount` sum to what is covered (S7). `rhythm` is that of the parts after the down payment.
    """

    coverage: Coverage
    rhythm: Rhythm
    parts: tuple[tuple[dt.date, int], ...]
    has_down: bool = False
    discount: int = 0
    kind: PlanKind = PlanKind.STANDARD
    approval: Approval | None = None

    @property
    def total(self) -> Money:
        """What is to be paid."""
        return Money(sum(minor for _, minor in self.parts), self.coverage.currency)

    def can_be_charged(self) -> bool:
        """Whether Stripe would charge each instalment (S4)."""
        return all(can_be_charged(Money(minor, self.coverage.currency)) for _, minor in self.parts)

    def are_those_of(self, plan: Plan) -> bool:
        """Whether `plan` says exactly this."""
        replaces = self.coverage.replaces.id if self.coverage.replaces else None
        covered = tuple(Covered(part.invoice_id, part.amount, part.beside, part.named) for part in plan.invoices)
        return (
            (self.kind, self.discount, replaces, self.rhythm.frequency, self.rhythm.pay_day)
            == (plan.kind, plan.discount, plan.replaces_id, plan.frequency, plan.pay_day)
            and self.coverage.parts == covered
            and [(part.number, part.due_on, part.amount) for part in self.instalments()]
            == [(part.number, part.due_on, part.amount) for part in plan.instalments]
        )

    def instalments(self) -> list[Instalment]:
        """The rows of a plan's instalments. What is paid down is number 0."""
        return [
            Instalment(number=number, due_on=due_on, amount=minor)
            for number, (due_on, minor) in enumerate(self.parts, start=0 if self.has_down else 1)
        ]


SMALL_REST = 20  # a rest of less than one such part of an instalment is no instalment of its own


def equal_parts(amount: Money, dates: Sequence[dt.date]) -> list[tuple[dt.date, int]]:
    """Equal parts of `amount` on `dates`, in sums that can be paid; the odd minor units are on the last (S7)."""
    unit = step(amount.currency)
    each = amount.minor // len(dates) // unit * unit
    last = amount.minor - each * (len(dates) - 1)
    return [*((day, each) for day in dates[:-1]), (dates[-1], last)]


def parts_of(amount: Money, each: Money, dates: Sequence[dt.date]) -> list[tuple[dt.date, int]] | None:
    """Parts of `each` on as many of `dates` as are needed, the smaller rest last; None when they are too few.

    A rest too small to be charged, or less than a twentieth of a part, is paid with the part before it.
    """
    count, left = divmod(amount.minor, each.minor)
    sums = [each.minor] * count
    stands_alone = left * SMALL_REST >= each.minor and can_be_charged(Money(left, amount.currency))
    if left and (not sums or stands_alone):
        sums.append(left)
    elif left:
        sums[-1] += left
    return list(zip(dates, sums, strict=False)) if len(sums) <= len(dates) else None


def can_be_charged(amount: Money) -> bool:
    """Whether Stripe would charge `amount` (S4)."""
    try:
        check_amount(amount)
    except InvalidInput:
        return False
    return True


def terms(plan: Plan) -> dict[str, Any]:
    """The exact terms of `plan`: what is kept with its events and repeated in writing (K8). Amounts in minor units."""
    return {
        "kind": plan.kind,
        "total": plan.total,
        "discount": plan.discount,
        "currency": plan.currency,
        "frequency": plan.frequency,
        "pay_day": plan.pay_day,
        "down_payment": sum(part.amount for part in plan.instalments if part.number == 0),
        "instalments": [{"due_on": part.due_on.isoformat(), "amount": part.amount} for part in plan.instalments],
        "invoices": [{"id": str(part.invoice_id), "amount": part.amount} for part in plan.invoices],
    }
