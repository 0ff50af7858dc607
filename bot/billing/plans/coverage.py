"""What a plan pays off: invoices, and how much of each."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from bot.billing import invoices
from bot.billing.invoices import OpenInvoice, Standing
from bot.billing.plans.plan_states import current
from bot.billing.plans.progress import left_of
from bot.errors import InvalidInput, NotFound, Reason
from bot.models import Customer, Plan, PlanInvoice
from bot.money import Money, precision


@dataclass(frozen=True, slots=True)
class Covered:
    """`amount` minor units of an invoice; `beside` are owed on it besides. `named`: the customer chose it (C9)."""

    invoice_id: uuid.UUID
    amount: int
    beside: int
    named: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is covered, in the order in which it is paid, and the plan in force whose rest this is, if it is one."""

    currency: str
    parts: tuple[Covered, ...]
    replaces: Plan | None = None

    @property
    def total(self) -> Money:
        """The sum of it."""
        return Money(sum(part.amount for part in self.parts), self.currency)

    def rows(self) -> list[PlanInvoice]:
        """The rows of the invoices that a plan covers."""
        return [
            PlanInvoice(
                position=position,
                invoice_id=part.invoice_id,
                amount=part.amount,
                beside=part.beside,
                named=part.named,
            )
            for position, part in enumerate(self.parts)
        ]


def coverage(
    session: Session,
    customer: Customer,
    *,
    total: Money | None = None,
    invoice_ids: Sequence[uuid.UUID] | None = None,
) -> Coverage:
    """What is overdue and undisputed, oldest first, or `total` of it (C9; design section 10, 3).

    With `invoice_ids` these alone, whether due or not, disputed or not: the customer named them. Raises `InvalidInput`
    when nothing is overdue or `total` is out of bounds (`about` is the most); `NotFound` for one that is not open.
    """
    standing = invoices.standing(session, customer)
    items = _named(standing, invoice_ids) if invoice_ids else _overdue(standing)
    most = Money(sum(item.owed.minor for item in items), standing.currency)
    if not most:
        words = "Nothing is overdue on this account, so there is nothing to spread out."
        raise InvalidInput(words, about=most, reason=Reason.NOTHING_OVERDUE)
    if total is None:
        total = in_steps(most)
    if not Money.zero(most.currency) < total <= most:
        words = f"A plan can spread out what is overdue, up to {most.format(customer.language)}."
        raise InvalidInput(words, about=most, reason=Reason.MORE_THAN_OPEN)
    parts = [Covered(item.invoice.id, item.owed.minor, 0, bool(invoice_ids)) for item in items]
    return Coverage(standing.currency, _up_to(total, parts))


def rest(session: Session, customer: Customer, plan: Plan) -> Coverage:
    """What is left of `plan`, by the ledger, without what came into dispute since unless the customer named it (C9).

    Raises `InvalidInput` when nothing of it can be spread out.
    """
    disputed = {item.invoice.id for item in invoices.standing(session, customer).items if item.disputed}
    parts = tuple(
        Covered(part.invoice_id, left, part.beside, part.named)
        for part, left in left_of(session, plan)
        if left and (part.named or part.invoice_id not in disputed)
    )
    total = in_steps(Money(sum(part.amount for part in parts), plan.currency))
    if not total:
        raise InvalidInput("Nothing is left of this plan to spread out.", about=plan.id)
    return Coverage(plan.currency, _up_to(total, parts), replaces=plan)


def put_beside(session: Session, customer: Customer, invoice_id: uuid.UUID, more: int) -> None:
    """By so many minor units more is owed on the invoice for another reason than that money of the plan in force went
    back: they are beside the plan, so that no instalment that was paid becomes unpaid. When they are `more` < 0, what
    is beside it goes first. The caller holds the customer."""
    plan = current(session, customer)
    for part in plan.invoices if plan else ():
        if part.invoice_id == invoice_id:
            part.beside = max(part.beside + more, 0)
    session.flush()


def is_still_owed(plan: Plan, standing: Standing) -> bool:
    """Whether what `plan` was quoted over is owed still, to the unit, and not disputed unless named (C9, C11)."""
    owed = {item.invoice.id: item for item in standing.items}
    return all(
        (item := owed.get(part.invoice_id)) is not None
        and item.owed.minor == part.amount + part.beside
        and (part.named or not item.disputed)
        for part in plan.invoices
    )


def in_steps(amount: Money) -> Money:
    """`amount` without what no card can pay: Stripe takes a thousandth of a dinar in tens (S4)."""
    return Money(amount.minor - amount.minor % step(amount.currency), amount.currency)


def step(currency: str) -> int:
    """The minor units by which what can be paid differs."""
    return int(10 ** max(precision(currency) - 2, 0))


def _up_to(total: Money, parts: Iterable[Covered]) -> tuple[Covered, ...]:
    left, found = total.minor, []
    for part in parts:
        amount = min(left, part.amount)
        if amount:
            found.append(replace(part, amount=amount, beside=part.beside + part.amount - amount))
            left -= amount
    return tuple(found)


def _overdue(standing: Standing) -> list[OpenInvoice]:
    return [item for item in standing.items if item.days_late and not item.disputed]


def _named(standing: Standing, invoice_ids: Iterable[uuid.UUID]) -> list[OpenInvoice]:
    wanted = set(invoice_ids)
    found = [item for item in standing.items if item.invoice.id in wanted]
    if len(found) < len(wanted):
        raise NotFound("That invoice is not open on this account.")
    return found
