"""How two wordings did: how many were sent, answered and followed by a payment, counted by person.

Who was sent several messages of one kind counts once, by the first: what is compared is people, not messages.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.models import Author, Message, Payment, Reminder, ReminderStatus
from bot.outreach.templates import STANDING, TRIED
from bot.outreach.variant_proportions import Share, adjusted, chance

OUTCOMES = ("answered", "paid")
SURE = 0.05


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of one wording of one kind."""

    kind: str
    variant: str
    answered: Share
    paid: Share


@dataclass(frozen=True, slots=True)
class Comparison:
    """b against a, for one kind and outcome. `chance` is adjusted for all that are compared here; None while there is
    too little to say."""

    kind: str
    outcome: str
    chance: float | None

    @property
    def is_sure(self) -> bool:
        """Whether they differ by more than chance explains."""
        return self.chance is not None and self.chance < SURE


def of(session: Session, since: dt.datetime | None = None) -> list[Figures]:
    """The figures of each kind and variant, of messages sent from `since` on (aware; None: ever). One whose days to be
    answered or paid in are not over is left out of that share, so that the newest do not look worse."""
    policy, now = policies.variants(), clock.now()
    found: dict[tuple[str, str], dict[str, list[bool]]] = {}
    for kind, variant, at, answered_at, paid_at in session.execute(_first_of_each(since)):
        counted = found.setdefault((kind, variant or STANDING), {outcome: [] for outcome in OUTCOMES})
        for outcome, came_at, days in (
            ("answered", answered_at, policy.answered_days),
            ("paid", paid_at, policy.paid_days),
        ):
            until = at + dt.timedelta(days=days)
            if until <= now:
                counted[outcome].append(came_at is not None and _aware(came_at) <= until)
    return [
        Figures(kind, variant, *(Share(sum(counted[outcome]), len(counted[outcome])) for outcome in OUTCOMES))
        for (kind, variant), counted in sorted(found.items())
    ]


def comparisons(figures: list[Figures]) -> list[Comparison]:
    """b against a, wherever there are `least` of each; the holdout is left out, as a yardstick that nobody chose."""
    by = {(one.kind, one.variant): one for one in figures}
    pairs = [
        (kind, outcome, getattr(by[kind, STANDING], outcome), getattr(by[kind, TRIED], outcome))
        for kind in sorted({one.kind for one in figures})
        if (kind, STANDING) in by and (kind, TRIED) in by
        for outcome in OUTCOMES
    ]
    enough = [pair for pair in pairs if min(pair[2].of, pair[3].of) >= policies.variants().least]
    chances = adjusted(chance(a, b) for _, _, a, b in enough)
    told = {(kind, outcome): found for (kind, outcome, _, _), found in zip(enough, chances, strict=True)}
    return [Comparison(kind, outcome, told.get((kind, outcome))) for kind, outcome, _, _ in pairs]


def _first_of_each(
    since: dt.datetime | None,
) -> sa.Select[Any]:
    """The first message of each kind to each customer, with when the customer wrote and paid next, if they did."""
    order = sa.func.row_number().over(
        partition_by=(Reminder.customer_id, Reminder.kind), order_by=(Reminder.settled_at, Reminder.id)
    )
    sent = sa.select(
        Reminder.customer_id, Reminder.conversation_id, Reminder.kind, Reminder.variant, Reminder.settled_at,
        order.label("place"),
    ).where(Reminder.status == ReminderStatus.SENT, Reminder.settled_at.is_not(None))  # fmt: skip
    if since is not None:
        sent = sent.where(Reminder.settled_at >= since)
    first = sent.subquery()
    answered = (
        sa.select(sa.func.min(Message.created_at))
        .where(
            Message.conversation_id == first.c.conversation_id,
            Message.author == Author.CUSTOMER,
            Message.created_at > first.c.settled_at,
        )
        .scalar_subquery()
    )
    paid = (
        sa.select(sa.func.min(Payment.settled_at))
        .where(Payment.customer_id == first.c.customer_id, Payment.settled_at > first.c.settled_at)
        .scalar_subquery()
    )
    return sa.select(first.c.kind, first.c.variant, first.c.settled_at, answered, paid).where(first.c.place == 1)


def _aware(at: dt.datetime) -> dt.datetime:
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
