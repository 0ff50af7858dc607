"""What a change would make of a plan: done within a savepoint and undone, so that exact dates can be shown before the
yes (K8)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from actions import cards
from actions.balance import Account, account
from actions.plans.changes import Change
from actions.turn import Turn
from bot import policies
from bot.billing.plans.plan_changes import move, pause
from bot.billing.plans.plan_states import in_force
from bot.billing.plans.progress import unpaid
from bot.errors import InvalidInput
from bot.models import Customer, Instalment
from bot.money import Money


@dataclass(frozen=True, slots=True)
class Trial:
    """A change and what it comes to. `before` and `after` are the unpaid instalments with what is missing of each;
    `is_nearest` says that something else was wished for."""

    mine: Account
    change: Change
    before: list[tuple[Instalment, int]]
    after: list[tuple[Instalment, int]]
    card: dict[str, Any]
    is_nearest: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether everything would stay where it is."""
        return [part.due_on for part, _ in self.before] == [part.due_on for part, _ in self.after]

    @property
    def is_last(self) -> bool:
        """Whether nothing follows the instalment that is moved."""
        return self.change.number == self.after[-1][0].number

    @property
    def day(self) -> str:
        """The new day of the instalment that moves, or of the first after a pause."""
        number = self.change.number or self.after[0][0].number
        return self.mine.phrases.day(next(part.due_on for part, _ in self.after if part.number == number))

    def values(self) -> dict[str, Any]:
        """What the texts say of it."""
        phrases, number = self.mine.phrases, self.change.number or self.after[0][0].number
        was, minor = next((part.due_on, minor) for part, minor in self.before if part.number == number)
        currency = self.card["currency"]
        return {
            "card": self.card,
            "amount": phrases.money(Money(minor, currency)),
            "was": phrases.day(was),
            "day": self.day,
            "lines": phrases.instalments(self.after, currency),
        }


def ahead(session: Session, customer: Customer) -> dict[int, dt.date]:
    """The unpaid instalments of the plan in force, by number, with their days."""
    return {part.number: part.due_on for part, _ in unpaid(session, in_force(session, customer))}


def nearest(session: Session, turn: Turn, change: Change) -> Trial | None:
    """`change` as wished or, where the policy has less room, the nearest to it; None for a day too early.

    An instalment that would pass the next one takes those after it along. Raises `Conflict` when nothing of the kind
    can be changed alone any more.
    """
    try:
        return attempt(session, turn, change)
    except InvalidInput as refused:
        bounds = refused.about
    if change.pause:
        return replace(attempt(session, turn, replace(change, days=int(bounds))), is_nearest=True)
    first, last = bounds
    if change.to is None or change.to < first:
        return None
    if not change.following:
        try:
            return attempt(session, turn, replace(change, following=True))
        except InvalidInput as refused:
            further = refused.about[1]
        if further > last:
            return replace(attempt(session, turn, replace(change, to=further, following=True)), is_nearest=True)
    return replace(attempt(session, turn, replace(change, to=last)), is_nearest=True)


def attempt(session: Session, turn: Turn, change: Change) -> Trial:
    """What `change` would come to; nothing is kept of it. Raises as `make`."""
    with session.begin_nested() as savepoint:
        trial = make(session, turn, change)
        savepoint.rollback()
    return trial


def make(session: Session, turn: Turn, change: Change) -> Trial:
    """Do it. Raises `InvalidInput` out of the policy's bounds (`about` as in `plan_changes`), `Conflict`, `NotFound`
    without a plan in force."""
    mine = account(session, turn)
    plan = in_force(session, mine.customer)
    before = _copied(unpaid(session, plan))
    if change.pause:
        pause(session, plan.id, mine.customer, change.days or policies.plans().changes.pause_days)
    else:
        assert change.to is not None
        move(session, plan.id, mine.customer, change.number, change.to, following=change.following)
    left = unpaid(session, plan)
    return Trial(mine, change, before, _copied(left), cards.plan_schedule(plan, len(plan.instalments) - len(left)))


def _copied(parts: list[tuple[Instalment, int]]) -> list[tuple[Instalment, int]]:
    return [(Instalment(number=part.number, due_on=part.due_on, amount=part.amount), minor) for part, minor in parts]
